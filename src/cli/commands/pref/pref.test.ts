import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { POSIX } from '../../../../test/support/requires.ts'
import { command } from './pref.ts'

const CONFIG = `// my models
{
  Providers: [
    { name: 'a', api_base_url: 'http://127.0.0.1:1/v1', api_key: '\${MY_KEY}',
      models: ['openai/one', 'two', 'x,$(id)'] }, // the good ones
  ],
  Router: { default: 'a,two' },
  Preferences: {
    fast: 'a,two', // the quick one
    ' Slow ': "a,openai/one",
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

describe('ccr pref set', () => {
  it.each(['one', 'a,one', 'a/openai/one', 'A,OPENAI/ONE', 'a,openai/one'])(
    'adds a name for %s, in the way of the file, and all else stays',
    async (model) => {
      const { code, out } = await run('set', 'review', model)
      expect(code).toBe(0)
      expect(out).toContain('review stands for a,openai/one in ')
      expect(out).toContain('ccr code --pref review')
      expect(text()).toBe(
        CONFIG.replace(
          `"a,openai/one",\n  },`,
          `"a,openai/one",\n    'review': 'a,openai/one',\n  },`,
        ),
      )
    },
  )

  it.each(['fast', 'FAST'])('changes a name that is there, written %s', async (name) => {
    const { out, err } = await run('set', name, 'one')
    expect(out).toContain('fast stands for a,openai/one (was a,two)')
    expect(err).toBe('')
    expect(text()).toBe(CONFIG.replace("fast: 'a,two'", "fast: 'a,openai/one'"))
  })

  it('finds a name with blanks around it, and lets one name stand for another', async () => {
    expect((await run('set', 'slow', 'fast')).out).toContain('Slow stands for fast (was a,openai')
    expect(text()).toBe(CONFIG.replace('"a,openai/one"', '"fast"'))
  })

  it('adds Preferences where there are none', async () => {
    const bare = CONFIG.replace(/ {2}Preferences[^]*?\n {2}\},\n/, '')
    writeFileSync(home.configFile, bare)
    expect((await run('set', 'x y', 'two')).code).toBe(0)
    const added = '  Preferences: { "x y": "a,two" },\n}\n'
    expect(text()).toBe(bare.replace(/\}\n$/, added))
  })

  it('warns of what the check would say of it', async () => {
    const { code, err } = await run('set', 'two', 'one')
    expect(code).toBe(0)
    expect(err).toContain('Preferences["two"] is also a model of a')
  })

  it.each([
    [['nope', 'gone'], 1, 'gone matches no model'],
    [['fast', 'fast'], 1, 'leads back to itself'],
    [['demo', 'two'], 1, 'is a name that ccr itself uses'],
    [['Default', 'two'], 1, 'is a name that ccr itself uses'],
    [['hard', 'x,$(id)'], 1, 'contains a $'],
    [['', 'two'], 2, 'the name is empty'],
    [['fast'], 2, 'ccr pref set NAME MODEL'],
  ])('refuses %j and changes nothing', async (words, exit, message) => {
    const { code, out, err } = await run('set', ...words)
    expect({ code, out }).toEqual({ code: exit, out: '' })
    expect(err).toContain(message)
    expect(text()).toBe(CONFIG)
  })

  it('takes a model that is not configured with --force, and says where it leads', async () => {
    const { code, err } = await run('set', 'later', 'b,new', '--force')
    expect(code).toBe(0)
    expect(err).toContain('there is no provider "b" in the config')
    expect(text()).toContain(`'later': 'b,new'`)
  })

  it.each(['{ Providers: [', '{ "Preferences": { "a": "a" } }', ''])(
    'leaves a config that is broken as it is: %j',
    async (broken) => {
      writeFileSync(home.configFile, broken)
      expect((await run('set', 'x', 'two')).code).toBe(1)
      expect(text()).toBe(broken)
    },
  )

  it('says what comes first where there is no config', async () => {
    const none = join(home.path, 'none.json')
    const { code, err } = await run('set', 'x', 'two', '--config', none)
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('ccr init') as string })
  })

  it('keeps the permissions of the file, and changes what a link points to', POSIX, async () => {
    chmodSync(home.configFile, 0o640)
    const link = join(home.path, 'link.json')
    symlinkSync(home.configFile, link)
    expect((await run('set', 'x', 'two', '--config', link)).code).toBe(0)
    expect(text()).toContain(`'x': 'a,two'`)
    expect(statSync(home.configFile).mode & 0o777).toBe(0o640)
  })

  it('loses nothing when many write at once', async () => {
    const names = [...Array(12).keys()].map((n) => `n${n}`)
    const runs = await Promise.all(names.map((name) => run('set', name, 'two')))
    expect(runs.map(({ code }) => code)).toEqual(names.map(() => 0))
    for (const name of names) expect(text()).toContain(`'${name}': 'a,two'`)
  })
})

describe('ccr pref list', () => {
  it('prints what each name stands for, and why one matches no model', async () => {
    await run('set', 'later', 'b,new', '--force')
    await run('set', 'again', 'slow')
    const { code, out } = await run('list')
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([
      'fast   a,two',
      'Slow   a,openai/one',
      expect.stringMatching(/^later {2}b,new matches no model: .*no provider "b"/) as string,
      'again  Slow (a,openai/one)',
      '',
    ])
  })

  it('is there for scripts', async () => {
    expect(JSON.parse((await run('list', '--json')).out)).toEqual([
      { name: 'fast', standsFor: 'a,two', provider: 'a', model: 'two', problem: null },
      {
        name: 'Slow',
        standsFor: 'a,openai/one',
        provider: 'a',
        model: 'openai/one',
        problem: null,
      },
    ])
  })

  it('puts models in line behind names of wide characters', async () => {
    const names = `Preferences: { '\u5feb\u901f': 'a,two', fast: 'a,two' }`
    writeFileSync(home.configFile, CONFIG.replace(/Preferences: \{[^}]*\}/, names))
    expect((await run('list')).out).toBe('\u5feb\u901f  a,two\nfast  a,two\n')
  })

  it('says when there is none', async () => {
    writeFileSync(home.configFile, '{ "Providers": [] }')
    expect(await run('list')).toMatchObject({
      code: 0,
      out: expect.stringContaining('pref set') as string,
    })
    expect((await run('list', '--json')).out).toBe('[]\n')
  })
})

describe('ccr pref rm', () => {
  it('takes the name out with its line, and nothing else', async () => {
    const { code, out } = await run('rm', 'FAST')
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('fast (was a,two)') as string,
    })
    expect(text()).toBe(CONFIG.replace("    fast: 'a,two', // the quick one\n", ''))
  })

  it('warns of another name that stood for it', async () => {
    await run('set', 'again', 'fast')
    expect((await run('rm', 'fast')).err).toContain('Preferences.again: no provider lists')
  })

  it.each([
    [['fsat'], 1, 'Did you mean fast?'],
    [[], 2, 'ccr pref rm NAME'],
    [['fast', 'slow'], 2, "unexpected argument 'slow'"],
  ])('of %j changes nothing', async (words, exit, message) => {
    const { code, err } = await run('rm', ...words)
    expect({ code, err }).toEqual({ code: exit, err: expect.stringContaining(message) as string })
    expect(text()).toBe(CONFIG)
  })
})
