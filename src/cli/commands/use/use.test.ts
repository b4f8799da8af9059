import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { BASH, BASH_FILE, POSIX } from '../../../../test/support/requires.ts'
import { runCli } from '../../run.ts'
import { command } from './use.ts'

/** Names that would do something in a shell that reads them as code. */
const HARD = [
  '$(touch PWNED)',
  '`touch PWNED`',
  `it's "so"`,
  'a b',
  'x\ny',
  '; touch PWNED',
  '${HOME}',
  '\\',
  '-n',
]

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  const config = {
    Providers: [
      { name: 'a', api_base_url: 'http://127.0.0.1:1/v1', models: ['one', 'openai/two', ...HARD] },
    ],
    Router: { default: 'a,one' },
    Preferences: { fast: 'a,openai/two', broken: 'a,gone', "o'k": 'a,one' },
  }
  writeFileSync(
    home.configFile,
    JSON.stringify(config).replaceAll('${', () => '$${'),
  )
})
afterEach(() => home.remove())

const run = (argv: readonly string[], env = {}) =>
  runCommand(command, argv, { ...home.env, SHELL: '/bin/bash', ...env })

describe('ccr use', () => {
  it.each(['fast', 'FAST', 'a,one', 'a/one', 'one', 'a,openai/two'])(
    'prints the line for %s and stores nothing',
    async (preference) => {
      const before = readdirSync(home.ccrHome)
      const line = `export CCR_MODEL_PREFERENCE='${preference}'\n`
      expect(await run([preference])).toEqual({ code: 0, out: line, err: '' })
      expect(readdirSync(home.ccrHome)).toEqual(before)
    },
  )

  it('takes it back with --none, also without a config', async () => {
    rmSync(home.configFile)
    const out = 'unset CCR_MODEL_PREFERENCE\n'
    expect(await run(['--none'])).toEqual({ code: 0, out, err: '' })
  })

  it('knows the demo without a config', async () => {
    rmSync(home.configFile)
    expect((await run(['demo,demo-b'])).out).toBe("export CCR_MODEL_PREFERENCE='demo,demo-b'\n")
  })

  it('says when another model is meant than is written', async () => {
    const { out, err } = await run(['two'])
    expect(out).toBe("export CCR_MODEL_PREFERENCE='two'\n")
    expect(err).toBe('ccr: two taken as a,openai/two\n')
  })

  it.each([
    ['fish', "set -gx CCR_MODEL_PREFERENCE 'fast'", 'set -e CCR_MODEL_PREFERENCE'],
    ['powershell', "$env:CCR_MODEL_PREFERENCE = 'fast'", 'Remove-Item Env:CCR_MODEL_PREFERENCE'],
    ['cmd', 'set "CCR_MODEL_PREFERENCE=fast"', 'set "CCR_MODEL_PREFERENCE="'],
  ])('speaks the language of %s', async (shell, set, unset) => {
    expect((await run(['fast', '--shell', shell])).out).toBe(`${set}\n`)
    expect((await run(['--none', '--shell', shell])).out).toContain(unset)
    if (shell !== 'fish') return
    expect((await run(['fast'], { SHELL: '/usr/bin/fish' })).out).toBe(`${set}\n`)
  })

  it.each(HARD)('gives any name to the shell as data: %j', POSIX, async (name) => {
    const preference = `a,${name}`
    const { code, out } = await run([preference])
    expect(code).toBe(0)
    const script = `eval "$OUT"; printf %s "$CCR_MODEL_PREFERENCE"`
    const options = { env: { OUT: out, PATH: process.env['PATH'] }, cwd: home.path } as const
    expect(execFileSync('sh', ['-c', script], { ...options, encoding: 'utf8' })).toBe(preference)
    expect(readdirSync(home.path)).not.toContain('PWNED')
  })

  it.each([`it's "so"`, '100%', 'wow!', 'x\ny'])('refuses %j for cmd', async (name) => {
    const { code, out, err } = await run([`a,${name}`, '--shell', 'cmd'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/matches no model|cannot quote/)
  })

  it.each([
    ['nope', 'nope matches no model', 'ccr models'],
    ['a,onne', 'did you mean "a,one"', 'ccr models'],
    ['broken', '"broken" stands for "a,gone"', 'ccr pref list'],
    ['default', 'default matches no model', 'ccr use --none'],
  ])('refuses %s in words, with nothing on stdout', async (preference, ...message) => {
    const { code, out, err } = await run([preference])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    for (const words of message) expect(err).toContain(words)
  })

  it('changes nothing in a shell when it refuses', BASH, async () => {
    const { out } = await run(['nope'])
    const script = 'CCR_MODEL_PREFERENCE=before; eval "$OUT"; printf %s "$CCR_MODEL_PREFERENCE"'
    const options = { env: { OUT: out }, encoding: 'utf8' } as const
    expect(execFileSync(BASH_FILE ?? '', ['--norc', '-c', script], options)).toBe('before')
  })

  it.each([
    [[], 'no preference is given'],
    [[''], 'no preference is given'],
    [['a,one', 'b'], "unexpected argument 'b'"],
    [['--none', 'fast'], "unexpected argument 'fast'"],
    [['fast', '--shell', 'tcsh'], "unknown shell 'tcsh'"],
    [['fast', '--config', 'x'], "unknown option '--config'"],
  ])('%j is a wrong command line: exit 2', async (argv, message) => {
    const { code, out, err } = await run(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  it.each([
    [['fast'], 'eval "$(ccr use fast)"'],
    [["o'k"], `eval "$(ccr use 'o'\\''k')"`],
    [['--none'], 'eval "$(ccr use --none)"'],
    [['fast', '--shell', 'fish'], 'ccr use fast | source'],
  ])('tells on a terminal how %j is used', async (argv, use) => {
    let err = ''
    const code = await runCli(
      ['use', ...argv],
      { use: () => Promise.resolve({ command }) },
      {
        env: { ...home.env, SHELL: '/bin/bash' },
        stdout: { write: () => undefined, isTTY: true },
        stderr: { write: (text) => (err += text) },
      },
    )
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`${use}\n`) as string })
  })
})
