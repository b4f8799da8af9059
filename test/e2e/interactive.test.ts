/** The real client in a terminal. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest'
import { calls, text } from '../support/replies.ts'
import type { Seen } from '../support/upstream.ts'
import { PATIENCE, messagesText, startHarness, type Harness } from './harness.ts'
import { inTerminal, type TerminalProgram } from './terminal.ts'

let on: Harness
let terminal: TerminalProgram

beforeAll(async () => {
  on = await startHarness()
})
afterEach(async () => {
  terminal.kill()
  await terminal.ended
})
afterAll(() => on.close())

function open(args: readonly string[] = []): void {
  const bin = process.env['CCR_BIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'ccr.js')
  terminal = inTerminal([process.execPath, bin, 'code', ...args], {
    cwd: on.ccr.work,
    env: on.ccr.environment({ preference: 'fake,model-a' }),
  })
  const opened = terminal
  onTestFailed(() => {
    process.stderr.write(`The screen at the end:\n${opened.screen()}\n`)
  })
}

/** In auto mode the client asks a model whether a call is dangerous, without tools of its own. */
const isClassifier = (request: Seen): boolean => request.body.tools === undefined

describe('ccr code in a terminal', () => {
  it('a prompt is typed, a checked call runs without a notice, the answer is seen', async () => {
    on.upstream.script((request) => {
      if (isClassifier(request)) return text('<severity>10</severity>')
      return messagesText(request).includes('written by node')
        ? text('The answer from the fake.')
        : calls([{ name: 'Bash', input: { command: WRITES } }])
    })
    open()
    await terminal.until(/❯/)
    terminal.type('say hello')
    await terminal.until(/❯ say hello/)
    terminal.type('\r')
    const answered = await terminal.until(/The answer from the fake\.|eligible/)
    expect(answered).toContain('The answer from the fake.')
    expect(answered).not.toMatch(/eligible/)
    expect(answered).not.toMatch(/isn't recognized/)
    expect(existsSync(join(on.ccr.work, 'by-node.txt'))).toBe(true)
    expect(on.upstream.requests.filter(isClassifier).map((r) => r.body.model)).toEqual(['model-a'])

    terminal.type('/exit')
    await terminal.until(/❯ \/exit/)
    terminal.type('\r')
    expect(await terminal.ended).toBe(0)
  })

  it('Esc in mid-answer ends the request at the provider', async () => {
    const first = on.upstream.requests.length
    on.upstream.script(text('The start of a long, long answer', { frames: 3, ending: 'hold' }))
    open(['tell me a story'])
    const seen = await on.upstream.request(first)
    await terminal.until(/esc to interrupt/i)
    terminal.type('\u001b')
    expect(await seen.ended).toBe('client-left')
    await terminal.until(/Interrupted/)
  })

  it('Ctrl-C belongs to the client: once it asks, twice it ends and releases its reference', async () => {
    open()
    await terminal.until(/❯/)
    expect((await on.ccr.run(['sessions'])).stdout).toContain('Reference Count: 1')
    terminal.type('\u0003')
    await terminal.until(/Press Ctrl-C again/i)
    terminal.type('\u0003')
    expect(await terminal.ended).toBe(0)
    await vi.waitFor(async () => {
      expect((await on.ccr.run(['sessions'])).stdout).toContain('Reference Count: 0')
    }, PATIENCE)
  })

  it('a session that is stopped and started again has its client back, and answers it', async () => {
    on.upstream.script(text('Answered after the start.'))
    open()
    await terminal.until(/❯/)
    const at = { preference: 'fake,model-a' }
    expect((await on.ccr.run(['stop'], at)).stdout).toContain('1 terminal was attached')
    expect((await on.ccr.run(['start'], at)).code).toBe(0)
    await vi.waitFor(async () => {
      expect((await on.ccr.run(['sessions'])).stdout).toContain('Reference Count: 1')
    }, PATIENCE)
    terminal.type('are you there?')
    await terminal.until(/❯ are you there/)
    terminal.type('\r')
    await terminal.until(/Answered after the start\./)
  })

  it('a prompt on the command line is asked at once', async () => {
    on.upstream.script(text('Answered without typing.'))
    open(['say hello at once'])
    const answered = await terminal.until(/Answered without typing\./)
    expect(answered).toContain('say hello at once')
  })
})

/** Not a command that the client takes for harmless: it has it checked. */
const WRITES = `node -e "require('fs').writeFileSync('by-node.txt', 'x'); console.log('written by ' + 'node')"`
