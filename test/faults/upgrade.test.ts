/**
 * An update under a running session: the daemon of an older build meets the files of the new one.
 * Its threads are loaded by name when they are first needed, so what they and the daemon say to each
 * other has to be understood both ways, and so have the control interface and the files of a session.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { BIN, type Ccr, throwawayCcr } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { buildOf, historyOf } from './older-build.ts'

/** The build whose daemons this one still works with: the last one before its files were renamed. */
const BEFORE = '60db8ddb898fcbc9f9b8290fb917106f5ad4579e'

/** The program of the older build, whose files are replaced by a test. */
let program: string
let folder: string

let ccr: Ccr
let upstream: Upstream

/** Puts the files of this build in place of the older ones, as an update of the package does. */
function update(): void {
  const dist = dirname(program)
  rmSync(dist, { recursive: true })
  cpSync(dirname(BIN), dist, { recursive: true })
}

const TRANSFORMER = `module.exports = { name: 'shout', async transformRequestIn(request) {
  if (JSON.stringify(request.messages).includes('end the thread')) process.exit(1)
  return request
}, async transformResponseOut(response) {
  return new Response((await response.text()).replaceAll('hello', 'HELLO'), response)
} }`

describe('an update while a session runs', historyOf(BEFORE), () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ccr-before-'))
    buildOf(BEFORE, join(folder, 'sources'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    await ccr.remove()
    await upstream.close()
  })

  it('the older daemon goes on, with the new files of its threads, until ccr restart replaces it', async () => {
    program = join(folder, 'installed', 'dist', 'ccr.js')
    cpSync(join(folder, 'sources', 'dist'), dirname(program), { recursive: true })
    upstream = await startUpstream(() => text('hello', { pieces: 1 }))
    ccr = await throwawayCcr(
      {
        Providers: [
          {
            name: 'p',
            api_base_url: upstream.chatUrl,
            models: ['m'],
            transformer: { use: ['shout'] },
          },
        ],
        Router: { default: 'p,m' },
        transformers: [{ path: 'shout.js' }],
      },
      {},
      program,
    )
    writeFileSync(join(ccr.ccrHome, 'shout.js'), TRANSFORMER)
    const session = await ccr.start()
    const client = messagesClient(session, 'ccr-default')
    const ask = async (content: string): Promise<string> => {
      const { body } = await client.post({ messages: [{ role: 'user', content }] })
      return JSON.stringify(body['content'] ?? body['error'])
    }
    expect(await ask('hi')).toContain('HELLO')

    update()
    // The daemon's thread of user code ends, and the next one comes from the new file.
    await ask('end the thread')
    await vi.waitFor(async () => expect(await ask('hi')).toContain('HELLO'), 20_000)
    // So does the thread that counts tokens, which was not needed before.
    const counted = await client.fetch('/v1/messages/count_tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        model: 'ccr-default',
        messages: [{ role: 'user', content: 'hello '.repeat(1000) }],
      }),
    })
    const { input_tokens: tokens } = (await counted.json()) as { input_tokens: number }
    // An estimate by the size would be over 1,400.
    expect(tokens).toBeGreaterThan(1000)
    expect(tokens).toBeLessThan(1050)

    const status = async (): Promise<{ state: string; pid: number }> => {
      const { stdout } = await ccr.run(['status', '--json'])
      return JSON.parse(stdout) as { state: string; pid: number }
    }
    expect(await status()).toMatchObject({ state: 'running', pid: session.pid })
    const { code, stdout, stderr } = await ccr.run(['restart'])
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining(String(session.port))])
    const { state, pid } = await status()
    expect(state).toBe('running')
    expect(pid).not.toBe(session.pid)
    expect(await ask('hi')).toContain('HELLO')
  })

  it('ccr stop of the new build ends the older daemon', async () => {
    program = join(folder, 'stopped', 'dist', 'ccr.js')
    cpSync(join(folder, 'sources', 'dist'), dirname(program), { recursive: true })
    upstream = await startUpstream(() => text('hello', { pieces: 1 }))
    ccr = await throwawayCcr(
      {
        Providers: [{ name: 'p', api_base_url: upstream.chatUrl, models: ['m'] }],
        Router: { default: 'p,m' },
      },
      {},
      program,
    )
    const { pid } = await ccr.start()
    update()
    expect((await ccr.run(['sessions'])).stdout).toContain(String(pid))
    expect((await ccr.run(['stop'])).code).toBe(0)
    const { stdout } = await ccr.run(['status', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ state: 'stopped' })
  })
})
