/** `ccr top` and `ccr sessions --watch` on a real terminal (util-linux's `script`). */
import { mkdtempSync, rmSync } from 'node:fs'
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

const start = (args: readonly string[], columns = 80) =>
  inPty([process.execPath, CCR, ...args], {
    cwd: home,
    columns,
    env: { PATH: process.env['PATH'], HOME: home, CCR_HOME: home, TERM: 'xterm-256color' },
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
