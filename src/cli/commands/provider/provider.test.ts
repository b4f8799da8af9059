import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import JSON5 from 'json5'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { command } from './provider.ts'

const CONFIG = `// my providers
{
  "Providers": [
    // SOME_KEY is set
    {
      "name": "a",
      "api_base_url": "https://user:pw-secret@a.example.com/v1/chat/completions?key=q-secret",
      "api_key": "\${SOME_KEY}",
      "models": ["one"],
    },
    // the one that I pay for
    { "name": "b", "api_base_url": "https://b.example.com/v1", "api_key": "sk-written", "models": ["two"] },
    // Others
  ],
  "Router": { "default": "a,one" }, // as ever
}
`

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, CONFIG, { mode: 0o600 })
})
afterEach(() => home.remove())

const run = (argv: readonly string[], env: Record<string, string> = {}) =>
  runCommand(command, argv, { ...home.env, ...env })
const text = (): string => readFileSync(home.configFile, 'utf8')

interface Written {
  readonly Providers: readonly Readonly<Record<string, unknown>>[]
  readonly Router: Readonly<Record<string, string>>
}
const written = (): Written => JSON5.parse<Written>(text())

describe('ccr provider add', () => {
  it('leaves model objects of others, and comments in them, as they are', async () => {
    const objects = `[
        { "id": "one", "contextWindow": 32768, /* mine */ "price": { "input": 1, "output": 2 } },
        "*",
      ]`
    writeFileSync(home.configFile, CONFIG.replace('["one"]', objects))
    expect((await run(['add', 'openrouter'])).code).toBe(0)
    expect((await run(['rm', 'b'])).code).toBe(0)
    expect(text()).toContain(objects)
    expect(written().Providers).toHaveLength(2)
  })

  it('knows a provider by its name, and adds it behind the others', async () => {
    const { code, out, err } = await run(['add', 'openrouter'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('export OPENROUTER_API_KEY=…')
    expect(out).toContain('ccr key set openrouter')
    expect(out).toContain('ccr code --pref openrouter,')
    const added = written().Providers[2]
    expect(added).toMatchObject({
      name: 'openrouter',
      api_base_url: 'https://openrouter.ai/api/v1/chat/completions',
      api_key: '${OPENROUTER_API_KEY}',
    })
    const [before, after] = CONFIG.split('    // Others')
    expect(text().startsWith(before ?? '')).toBe(true)
    expect(text().endsWith(`    // Others${after ?? ''}`)).toBe(true)
    expect(text()).toContain('    {\n      "name": "openrouter",\n      "api_base_url": "https')
  })

  it('takes of its variables the one that is set, never what it holds', async () => {
    const { out } = await run(['add', 'gemini'], { GOOGLE_API_KEY: 'AIza-secret' })
    expect(written().Providers[2]).toMatchObject({ api_key: '${GOOGLE_API_KEY}' })
    expect(text() + out).not.toContain('AIza-secret')
    expect(out).not.toContain('export')
  })

  it('takes endpoint, variable and models from options', async () => {
    const url = 'https://relay.example.com/v1/chat/completions'
    const models = ['--models', 'x, y/z:8b', '--models', 'w']
    await run(['add', 'relay', '--url', url, '--key-variable', 'RELAY_KEY', ...models])
    expect(written().Providers[2]).toEqual({
      name: 'relay',
      api_base_url: url,
      api_key: '${RELAY_KEY}',
      models: ['x', 'y/z:8b', 'w'],
    })
    const { out } = await run(['add', 'open', '--url', url])
    expect(written().Providers[3]).toEqual({ name: 'open', api_base_url: url })
    expect(out).toContain('ccr key set open     if it needs a key')
  })

  it('writes the first config where there is none, private and with a default', async () => {
    await home.remove()
    const { code, out } = await run(['add', 'deepseek', '--models', 'deepseek-v4-pro'])
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('Wrote') as string })
    expect(written().Router['default']).toBe('deepseek,deepseek-v4-pro')
    expect(statSync(home.configFile).mode & 0o777).toBe(0o600)
  })

  it.each([
    [['add', 'A', '--url', 'https://x.example.com/v1'], 1, 'there is already a provider a'],
    [['add', 'demo'], 1, 'demo is built in'],
    [['add', 'opnrouter'], 2, 'Did you mean openrouter?'],
    [['add', 'relay'], 2, '--url https://'],
    [['add', 'relay', '--url', 'nonsense'], 1, 'the change would break'],
    [['add', 'relay', '--url', 'https://x/${HOME}'], 1, 'contains a $'],
    [
      ['add', 'relay', '--url', 'https://x.example.com', '--key-variable', 'sk-1'],
      2,
      'never a key',
    ],
    [['add'], 2, 'needs a provider'],
    [['add', 'ollama'], 1, 'Ollama at http://127.0.0.1:1 offers no models'],
  ])('refuses %j and changes nothing', async (argv, exit, message) => {
    const { code, out, err } = await run(argv, { OLLAMA_HOST: '127.0.0.1:1' })
    expect({ code, out }).toEqual({ code: exit, out: '' })
    expect(err).toContain(message)
    expect(text()).toBe(CONFIG)
  })

  it('never repeats a key that was typed behind an option it does not have', async () => {
    const { code, err } = await run(['add', 'openrouter', '--api-key', 'sk-typed'])
    expect(code).toBe(2)
    expect(err).not.toContain('sk-typed')
  })

  it('leaves a broken config as it is', async () => {
    writeFileSync(home.configFile, '{ "Providers": [')
    expect((await run(['add', 'openrouter'])).code).toBe(1)
    expect(text()).toBe('{ "Providers": [')
  })

  it.each([
    ['{}', '{ "Providers": [{'],
    ['{ "providers": [] }', '{ "providers": [{'],
    [
      '{ "Providers": { "x": { "api_base_url": "https://x.example.com/v1" } } }',
      '{ "Providers": { "x": { "api_base_url": "https://x.example.com/v1" }, "groq": {',
    ],
  ])('finds the list of %j', async (source, beginning) => {
    writeFileSync(home.configFile, source)
    expect((await run(['add', 'groq'])).code).toBe(0)
    expect(text().slice(0, beginning.length)).toBe(beginning)
    expect((await run(['list', '--json'])).out).toContain('"name": "groq"')
  })

  describe('of a server on this machine', () => {
    let server: Server
    let host: string
    beforeEach(async () => {
      server = createServer((_, response) => {
        response.end(JSON.stringify({ data: [{ id: 'qwen3:8b' }, { id: 'bad$(id)' }] }))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    })
    afterEach(() => new Promise((resolve) => server.close(resolve)))

    it('asks it for its models and takes those that are plain text', async () => {
      const { code, out } = await run(['add', 'ollama'], { OLLAMA_HOST: host })
      expect(code).toBe(0)
      expect(out).not.toContain('key set')
      expect(written().Providers[2]).toEqual({
        name: 'ollama',
        api_base_url: `http://${host}/v1/chat/completions`,
        models: ['qwen3:8b'],
      })
    })
  })
})

describe('ccr provider list', () => {
  it('shows where each key comes from, and no secret', async () => {
    const { out } = await run(['list'])
    expect(out.split('\n')).toEqual([
      'PROVIDER  MODELS  KEY                 ENDPOINT',
      'a              1  missing (SOME_KEY)  https://a.example.com/v1/chat/completions',
      'b              1  in the config       https://b.example.com/v1',
      '',
    ])
    const asJson = (await run(['list', '--json'], { SOME_KEY: 'sk-1' })).out
    expect(JSON.parse(asJson)).toMatchObject([
      { name: 'a', key: 'set', keyVariable: 'SOME_KEY', models: ['one'], format: 'openai-chat' },
      { name: 'b', key: 'written', keyVariable: null },
    ])
    expect(out + asJson).not.toMatch(/secret|sk-/)
  })
})

describe('ccr provider rm', () => {
  it('takes it out with what ccr wrote above it; all else stays', async () => {
    const { code, out } = await run(['rm', 'B'])
    expect({ code, out }).toEqual({ code: 0, out: `b is no longer in ${home.configFile}.\n` })
    const line = CONFIG.split('\n').find((one) => one.includes('"b"')) ?? ''
    expect(text()).toBe(CONFIG.replace(`${line}\n`, ''))
  })

  it('refuses one that is used, unless forced', async () => {
    const { code, err } = await run(['rm', 'a'])
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('a is used by Router.default') as string,
    })
    expect(text()).toBe(CONFIG)
    const forced = await run(['rm', 'a', '--force'])
    expect(forced.code).toBe(0)
    expect(forced.err).toContain('Router.default: there is no provider "a"')
    expect(text()).not.toContain('SOME_KEY')
    expect(text()).toContain('// the one that I pay for')
  })

  it('says what may be meant', async () => {
    const { code, err } = await run(['rm', 'bb'])
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining('no provider') as string,
    })
  })
})

it('ccr provider never makes a home for what it refuses', async () => {
  await home.remove()
  await run(['rm', 'a'])
  expect(existsSync(home.configFile)).toBe(false)
})
