/** `ccr top` and `ccr sessions --watch` on a real terminal (util-linux's `script`). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inPty } from '../support/pty.ts'
import { PTY } from '../support/requires.ts'

const CCR = resolve('dist/ccr.js')
const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?1049l'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-live-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const start = (args: readonly string[], columns = 80, term = 'xterm-256color') =>
  inPty([process.execPath, CCR, ...args], {
    cwd: home,
    columns,
    env: { PATH: process.env['PATH'], HOME: home, CCR_HOME: home, TERM: term },
  })

describe('a live screen', PTY, () => {
  it.each([
    ['top', ['top'], /No active sessions/],
    ['sessions --watch', ['sessions', '--watch'], /Active Sessions:/],
  ])('%s draws on the second screen, and q gives the first one back', async (_, args, shown) => {
    const program = start(args)
    const drawn = await program.until(shown)
    expect(drawn).toContain(ENTER)
    program.type('q')
    await program.until(new RegExp(LEAVE.replaceAll(/[[?]/g, '\\$&')))
    expect(await program.ended).toBe(0)
  })

  it.each([
    ['top', ['top', '--sort', 'requests'], /by requests/, /by tokens/],
    ['sessions --watch', ['sessions', '--watch', '--sort', 'port'], /by port/, /by clients/],
  ])('%s ended by SIGTERM gives the first screen back', async (_, args, first, second) => {
    const program = start(args)
    await program.until(first)
    program.type('s')
    const drawn = await program.until(second)
    expect(drawn).not.toContain(LEAVE)
    program.signal('SIGTERM')
    await program.until(new RegExp(LEAVE.replaceAll(/[[?]/g, '\\$&')))
    await program.ended
  })

  it('top sorts by the next column with s, and Ctrl-C ends it too', async () => {
    const program = start(['top', '--sort', 'requests'], 40)
    await program.until(/by requests/)
    program.type('s')
    await program.until(/by tokens/)
    program.type('\u0003')
    await program.until(new RegExp(LEAVE.replaceAll(/[[?]/g, '\\$&')))
    expect(await program.ended).toBe(0)
  })
})

describe('a terminal that cannot place its cursor', PTY, () => {
  it.each([
    ['top', ['top'], /No active sessions/, 0],
    ['sessions --watch', ['sessions', '--watch'], /TERM is "dumb"/, 1],
  ])('gets no screen of %s', async (_, args, shown, code) => {
    const program = start(args, 80, 'dumb')
    const printed = await program.until(shown)
    expect(await program.ended).toBe(code)
    expect(printed).not.toContain('\u001b')
  })

  it('gets the lists of ccr model with numbers', async () => {
    const url = 'http://127.0.0.1:1/v1/chat/completions'
    const provider = { name: 'p', api_base_url: url, models: ['one', '二'] }
    const file = join(home, 'config.json')
    writeFileSync(file, JSON.stringify({ Providers: [provider], Router: { default: 'p,one' } }))
    const program = start(['model'], 80, 'dumb')
    await program.until(/default .*[^]*think[^]*Number \(Enter: 1, q: cancel\): $/)
    program.type('\r')
    await program.until(/1\) p,one\r?\n2\) p,二[^]*Number .*: $/)
    program.type('9\r2\r')
    const printed = await program.until(/Router.default is p,二[^]*Number .*: $/)
    program.type('q\r')
    expect(await program.ended).toBe(0)
    expect(printed).not.toContain('\u001b')
    expect(readFileSync(file, 'utf8')).toContain('p,二')
  })
})
