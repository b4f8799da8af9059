import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { clientVersion, isAtLeast } from './client-version.ts'
import { POSIX } from '../../../test/support/requires.ts'

let home: string
let file: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-version-'))
  file = join(home, 'claude')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** A claude that notes each call and then does this. */
function install(script: string): void {
  writeFileSync(file, `#!/bin/sh\necho call >> "${home}/calls"\n${script}\n`)
  chmodSync(file, 0o755)
}
const calls = (): number => readFileSync(join(home, 'calls'), 'utf8').split('\n').length - 1
const memory = (): string => join(home, 'claude-versions.json')
const ask = (more: object = {}) =>
  clientVersion({ file, args: [] }, { home, env: process.env, ...more })

describe('the version of claude', POSIX, () => {
  it('is asked once, and again when the program has changed', async () => {
    install("echo '2.1.330 (Claude Code)'")
    expect([await ask(), await ask()]).toEqual(['2.1.330', '2.1.330'])
    expect(calls()).toBe(1)
    install("echo '2.1.332 (Claude Code)'")
    utimesSync(file, new Date(), new Date(2_000_000_000_000))
    expect(await ask()).toBe('2.1.332')
    expect(calls()).toBe(2)
    expect(await ask({ anew: true })).toBe('2.1.332')
    expect(calls()).toBe(3)
  })

  it('is asked again when another program of the same time is in its place', async () => {
    const time = new Date(1_900_000_000_000)
    install("echo '2.1.330 (Claude Code)'")
    utimesSync(file, time, time)
    expect(await ask()).toBe('2.1.330')
    install("echo '2.1.1000 (Claude Code)'")
    utimesSync(file, time, time)
    expect(await ask()).toBe('2.1.1000')
  })

  it.each([
    ['is no version', "echo 'hello'"],
    ['is of another program', "echo '2.1.330 (something else)'"],
    ['is empty', ':'],
    ['comes with a failure', "echo '2.1.330 (Claude Code)'; exit 1"],
    ['has no end', 'yes'],
  ])('is unknown where the output %s; claude is asked again an hour later', async (_, script) => {
    install(script)
    const now = 1_800_000_000_000
    expect(await ask({ now })).toBeUndefined()
    expect(await ask({ now: now + 60_000 })).toBeUndefined()
    expect(calls()).toBe(1)
    install("echo '2.1.330 (Claude Code)'")
    expect(await ask({ now: now + 3_600_001 })).toBe('2.1.330')
  })

  it('is unknown where claude hangs, also with a process that keeps its output open', async () => {
    install('sleep 60 &\necho $$ $! > "$0.pid"\nwait')
    expect(await ask({ limitMs: 2_000 })).toBeUndefined()
    const [shell, child] = readFileSync(`${file}.pid`, 'utf8').split(' ').map(Number)
    await vi.waitFor(() => expect(() => process.kill(shell!, 0)).toThrow(), 10_000)
    process.kill(child!)
  })

  it('is unknown where there is no such program', async () => {
    expect(await ask()).toBeUndefined()
  })

  it.each([
    ['empty', ''],
    ['cut off', '{"versions": {"'],
    ['no object', '[1, 2]'],
    ['of another form', '{"versions": {"PATH": {"size": "1", "changed": {}, "version": 7}}}'],
    ['forged', '{"versions": {"PATH": {"size": 1, "changed": 1, "asked": 1, "version": "9; rm"}}}'],
  ])('is asked where the memory is %s', async (_, text) => {
    install("echo '2.1.330 (Claude Code)'")
    writeFileSync(memory(), text.replace('PATH', file))
    expect(await ask()).toBe('2.1.330')
    expect(calls()).toBe(1)
    expect(await ask()).toBe('2.1.330')
    expect(calls()).toBe(1)
  })

  it('is known where nothing can be remembered', async () => {
    install("echo '2.1.330 (Claude Code)'")
    writeFileSync(join(home, 'no folder'), '')
    expect(await ask({ home: join(home, 'no folder') })).toBe('2.1.330')
  })

  it('is remembered for the last twenty programs', async () => {
    install("echo '2.1.330 (Claude Code)'")
    const entry = (asked: number) => ({ size: 1, changed: 1, version: '2.0.0', asked })
    const others = Array.from({ length: 30 }, (_, n) => [`/claude-${String(n)}`, entry(n)] as const)
    writeFileSync(memory(), JSON.stringify({ versions: Object.fromEntries(others) }))
    await ask()
    const { versions } = JSON.parse(readFileSync(memory(), 'utf8')) as { versions: object }
    expect(Object.keys(versions)).toHaveLength(20)
    expect(Object.keys(versions)).toEqual(expect.arrayContaining(['/claude-29', '/claude-11']))
  })

  it('belongs to the script that Node runs', async () => {
    const script = join(home, 'cli.cjs')
    writeFileSync(script, "console.log('2.1.330 (Claude Code)')")
    const claude = { file: process.execPath, args: [script] }
    expect(await clientVersion(claude, { home, env: process.env })).toBe('2.1.330')
    expect(readFileSync(memory(), 'utf8')).toContain('cli.cjs')
  })
})

describe('a version', () => {
  it.each([
    ['2.1.243', true],
    ['2.1.1000', true],
    ['2.2.0', true],
    ['10.0.0', true],
    ['2.1.242', false],
    ['2.0.999', false],
    ['1.9.999', false],
    ['2.1', false],
    ['', false],
    [undefined, false],
  ])('%s is at least 2.1.243: %s', (version, expected) => {
    expect(isAtLeast(version, '2.1.243')).toBe(expected)
  })
})
