import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { command } from './model.ts'
import { POSIX } from '../../../../test/support/requires.ts'

const CONFIG = `// my models
{
  Providers: [
    { name: 'openrouter', api_base_url: 'http://127.0.0.1:1/v1', api_key: '\${MY_KEY}',
      models: ['openai/gpt-5', 'anthropic/claude'] }, // the good ones
  ],
  Router: {
    default: 'openrouter,openai/gpt-5', // as ever
  },
}
`

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, CONFIG, { mode: 0o600 })
})
afterEach(() => home.remove())

const run = (...argv: string[]) => runCommand(command, argv, { ...home.env, MY_KEY: 'sk-secret' })
const text = (): string => readFileSync(home.configFile, 'utf8')

describe('ccr model set', () => {
  it('changes the one value; comments, variables and permissions stay', async () => {
    const { code, out } = await run('set', 'default', 'openrouter,anthropic/claude')
    expect(code).toBe(0)
    expect(out).toContain('Router.default is openrouter,anthropic/claude (was openrouter,openai')
    expect(text()).toBe(
      CONFIG.replace("'openrouter,openai/gpt-5'", "'openrouter,anthropic/claude'"),
    )
    expect(statSync(home.configFile).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a byte order mark', 'utf8'],
    ['UTF-16 as PowerShell writes it', 'utf16le'],
  ] as const)('keeps how the file is encoded: %s', async (_, encoding) => {
    writeFileSync(home.configFile, `\uFEFF${CONFIG}// Größe\r\n`, encoding)
    expect((await run('set', 'default', 'openrouter,anthropic/claude')).code).toBe(0)
    const wanted = CONFIG.replace("'openrouter,openai/gpt-5'", "'openrouter,anthropic/claude'")
    expect(readFileSync(home.configFile, encoding)).toBe(`\uFEFF${wanted}// Größe\r\n`)
  })

  it('changes the Router of the file, however it is written', async () => {
    const written = (value: string) =>
      CONFIG.replace('Router:', 'router:')
        .replace('default:', 'Default:')
        .replace("'openrouter,openai/gpt-5'", value)
    writeFileSync(home.configFile, written("{ provider: 'openrouter', model: 'openai/gpt-5' }"))
    const { code, out } = await run('set', 'default', 'openrouter,anthropic/claude')
    expect(code).toBe(0)
    expect(out).toContain('(was openrouter,openai/gpt-5)')
    expect(text()).toBe(written('"openrouter,anthropic/claude"'))
  })

  it('changes nothing where bytes of the file would be lost', async () => {
    const bytes = Buffer.from(`// Größe\n${CONFIG}`, 'latin1')
    writeFileSync(home.configFile, bytes)
    const { code, err } = await run('set', 'default', 'openrouter,anthropic/claude')
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('UTF-8') as string })
    expect(readFileSync(home.configFile)).toEqual(bytes)
  })

  it('adds a scenario, in the way of the file', async () => {
    expect((await run('set', 'THINK', 'claude')).code).toBe(0)
    expect(text()).toContain("// as ever\n    think: 'openrouter,anthropic/claude',\n  },\n}\n")
    expect((await run('get', 'think')).out).toBe('openrouter,anthropic/claude\n')
  })

  it('refuses a model that is not configured, says what may be meant, and changes nothing', async () => {
    const { code, err } = await run('set', 'default', 'openrouter,openai/gtp-5')
    expect(code).toBe(1)
    expect(err).toContain('did you mean "openrouter,openai/gpt-5"?')
    expect(text()).toBe(CONFIG)
  })

  it('takes anything with --force', async () => {
    expect((await run('set', 'mine', 'nobody,nothing', '--force')).code).toBe(0)
    expect(text()).toContain("mine: 'nobody,nothing'")
  })

  it.each([
    [['set', 'defualt', 'openrouter,openai/gpt-5'], 'Did you mean default?'],
    [['set', 'default'], 'ccr model set SCENARIO PROVIDER,MODEL'],
    [['sett'], 'Did you mean: ccr model set?'],
  ])('%j is a wrong command line: exit 2', async (argv, message) => {
    const { code, err } = await run(...argv)
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) as string })
  })

  it('leaves a broken config as it is', async () => {
    writeFileSync(home.configFile, '{ Router: { default: }')
    expect((await run('set', 'default', 'openrouter,openai/gpt-5')).code).toBe(1)
    expect(text()).toBe('{ Router: { default: }')
  })

  it('changes the file that a link points to', POSIX, async () => {
    const link = join(home.path, 'link.json')
    symlinkSync(home.configFile, link)
    const set = ['set', 'default', 'openrouter,anthropic/claude', '--config', link]
    expect((await run(...set)).code).toBe(0)
    expect(text()).toContain("default: 'openrouter,anthropic/claude'")
  })
})

describe('a scenario', () => {
  it('takes the model that a name of Preferences stands for', async () => {
    const named = CONFIG.replace(
      'Router:',
      "Preferences: { good: 'openrouter,claude' },\n  Router:",
    )
    writeFileSync(home.configFile, named)
    expect((await run('set', 'think', 'GOOD')).code).toBe(0)
    expect((await run('get', 'think')).out).toBe('openrouter,anthropic/claude\n')
  })

  it('is unset with its line, and nothing else', async () => {
    await run('set', 'think', 'claude')
    const { code, out } = await run('unset', 'Think')
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining(
        'Router.think is no longer set (was openrouter,anthropic/claude',
      ) as string,
    })
    expect(text()).toBe(CONFIG)
  })

  it.each([
    [['think'], 1, 'Router.think is not set'],
    [['default'], 1, 'ccr model set default'],
    [['thikn'], 2, 'Did you mean think?'],
    [[], 2, 'needs a scenario'],
  ])('%j is not unset', async (words, exit, message) => {
    const { code, err } = await run('unset', ...words)
    expect({ code, err }).toEqual({ code: exit, err: expect.stringContaining(message) as string })
    expect(text()).toBe(CONFIG)
  })

  it('default is unset with --force', async () => {
    expect((await run('unset', 'default', '--force')).code).toBe(0)
    expect(text()).not.toContain('default:')
  })
})

describe('ccr model get', () => {
  it('prints all that are set, or one', async () => {
    expect((await run('get')).out).toBe('default  openrouter,openai/gpt-5\n')
    expect((await run('get', 'default')).out).toBe('openrouter,openai/gpt-5\n')
    expect(JSON.parse((await run('get', '--json')).out)).toEqual({
      default: 'openrouter,openai/gpt-5',
    })
  })

  it('exits 1 for a scenario without a model', async () => {
    expect(await run('get', 'think')).toEqual({ code: 1, out: '', err: '' })
  })
})

describe('ccr model', () => {
  it('refuses without a terminal and says what to type instead', async () => {
    const { code, err } = await run()
    expect(code).toBe(1)
    expect(err).toContain('ccr model set SCENARIO PROVIDER,MODEL')
  })
})
