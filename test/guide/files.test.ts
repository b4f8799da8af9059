/** The guide, sentence by sentence: the files of a session. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveSession } from '../support/ccr.ts'
import { GPT4, startHarness, OPUS, type Harness } from './harness.ts'

/** For a machine that is busy; what is waited for comes in milliseconds. */
const PATIENCE = { timeout: 20_000, interval: 20 }

let harness: Harness
let session: LiveSession

beforeEach(async () => {
  harness = await startHarness()
  session = await harness.ccr.start(GPT4)
})
afterEach(() => harness.remove())

const folder = (): string =>
  join(harness.ccr.home, '.claude-code-router', 'sessions', session.sessionId)
const file = (name: string): string => readFileSync(join(folder(), name), 'utf8')
const access = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('Session Files', () => {
  it('"Each session maintains its own files in `~/.claude-code-router/sessions/<session-id>/`", for its user alone', async () => {
    const opus = await harness.ccr.start(OPUS)
    expect(readdirSync(join(folder(), '..')).sort()).toEqual(
      [session.sessionId, opus.sessionId].sort(),
    )
    expect(access(folder())).toBe('700')
    for (const name of readdirSync(folder())) {
      expect(`${name} ${access(join(folder(), name))}`).toBe(`${name} 600`)
    }
  })

  it('"`session.json` - Session configuration"', () => {
    expect(JSON.parse(file('session.json'))).toMatchObject({
      id: session.sessionId,
      preference: GPT4,
      provider: 'openrouter',
      model: 'gpt-4',
      port: session.port,
      pid: session.pid,
      configFile: join(harness.ccr.home, '.claude-code-router', 'config.json'),
    })
  })

  it('"`router.pid` - Process ID file"', async () => {
    expect(Number(file('router.pid'))).toBe(session.pid)
    const { stdout } = await harness.bash(`ps -o args= -p $(cat '${folder()}/router.pid')`)
    expect(stdout).toContain('ccr daemon')
  })

  it('"`reference-count.txt` - Active connection count"', async () => {
    const count = (): number => Number(file('reference-count.txt'))
    expect(count()).toBe(0)
    const clients = [await harness.client(GPT4), await harness.client(GPT4)]
    await vi.waitFor(() => expect(count()).toBe(2), PATIENCE)
    for (const client of clients) await client.leave()
    await vi.waitFor(() => expect(count()).toBe(0), PATIENCE)
  })

  it('"`router.log` - Session-specific logs"', async () => {
    await harness.ccr.run(['code', 'Hello'], { preference: GPT4 })
    await harness.ccr.run(['code', 'Hello'], { preference: OPUS })
    expect((await harness.session(GPT4)).logFile).toBe(join(folder(), 'router.log'))
    expect(file('router.log')).toContain('"target":"openrouter,gpt-4"')
    expect(file('router.log')).not.toContain('opus')
    expect(file('router.log')).not.toContain('sk-fake')
  })
})
