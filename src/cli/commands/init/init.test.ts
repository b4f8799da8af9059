import { createServer, type Server } from 'node:http'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { loadConfig } from '../../../config/load.ts'
import { modelDetails } from '../../../providers/catalogue/catalogue.ts'
import { providerOf } from '../../../providers/configured/provider.ts'
import { command } from './init.ts'
import { candidateOf, localProviders, localServers, providersInEnvironment } from './detect.ts'
import { HOSTED_PROVIDERS } from './known-providers.ts'
import { configText } from './template.ts'

let home: Home
beforeEach(async () => {
  home = await emptyHome()
})
afterEach(() => home.remove())

/** Servers that happen to run on this machine are none of the test's business. */
const NO_OLLAMA = { OLLAMA_HOST: 'https://nowhere.invalid' }
const KEY = 'sk-or-0123456789abcdef'
const run = (argv: string[] = [], env = {}) =>
  runCommand(command, argv, { ...home.env, ...NO_OLLAMA, ...env })

describe('ccr init', () => {
  it('writes a config that works, names variables and never the key, for its owner alone', async () => {
    const { code, out } = await run([], { OPENROUTER_API_KEY: KEY, DEEPSEEK_API_KEY: KEY })
    expect(code).toBe(0)
    const text = readFileSync(home.configFile, 'utf8')
    expect(text + out).not.toContain(KEY)
    expect(text).toContain('"api_key": "${OPENROUTER_API_KEY}"')
    expect(statSync(home.configFile).mode & 0o777).toBe(0o600)
    const config = loadConfig(home.configFile, { OPENROUTER_API_KEY: KEY, DEEPSEEK_API_KEY: KEY })
    expect(config.warnings).toEqual([])
    expect(config.providers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['openrouter', 'deepseek']),
    )
    expect(config.router.default).toMatch(/^openrouter,/)
    expect(out).toContain(`Wrote ${home.configFile}`)
    expect(out).toMatch(/ccr doctor --live/)
    expect(out).toMatch(/npm install -g @anthropic-ai\/claude-code/)
  })

  it('writes the schema that the config names beside it', async () => {
    await run([], { OPENROUTER_API_KEY: KEY })
    const { $schema } = JSON.parse(
      readFileSync(join(home.ccrHome, 'config.schema.json'), 'utf8'),
    ) as { $schema: string }
    expect($schema).toContain('draft-07')
    expect(readFileSync(home.configFile, 'utf8')).toContain('"$schema": "./config.schema.json"')
  })

  it('leaves a config that is there as it is', async () => {
    mkdirSync(home.ccrHome)
    writeFileSync(home.configFile, '{}')
    const { code, err } = await run(['--yes'], { OPENROUTER_API_KEY: KEY })
    expect(code).toBe(1)
    expect(err).toContain('ccr init --force')
    expect(readFileSync(home.configFile, 'utf8')).toBe('{}')
  })

  it('keeps every former config when it is told to replace it', async () => {
    mkdirSync(home.ccrHome)
    writeFileSync(home.configFile, '{ "PORT": 1 }')
    await run(['--force'], { OPENROUTER_API_KEY: KEY })
    const second = await run(['--force'], { GROQ_API_KEY: KEY })
    expect(second.out).toContain(`${home.configFile}.bak2`)
    expect(readFileSync(`${home.configFile}.bak`, 'utf8')).toBe('{ "PORT": 1 }')
    expect(readFileSync(`${home.configFile}.bak2`, 'utf8')).toContain('OPENROUTER_API_KEY')
    expect(readFileSync(home.configFile, 'utf8')).toContain('"api_key": "${GROQ_API_KEY}"')
  })

  it('leaves nothing but the config in a folder of somebody else', async () => {
    const folder = join(home.path, 'project')
    const file = join(folder, 'ccr.json')
    const { code, out } = await run(['--config', file], { OPENROUTER_API_KEY: KEY })
    expect(code).toBe(0)
    expect(readdirSync(folder)).toEqual(['ccr.json'])
    expect(out).toContain(`ccr --config ${file} code`)
  })
})

describe('the config of a plan', () => {
  it.each(HOSTED_PROVIDERS.map((known) => [known.name, known] as const))(
    'with %s is valid and can be called',
    (name, known) => {
      const variable = known.variables[0] ?? ''
      const provider = candidateOf(known, variable, `${variable} is set`)
      const others = HOSTED_PROVIDERS.filter((other) => other !== known)
      const defaultModel = `${name},${known.models[0] ?? ''}`
      const text = configText({ providers: [provider], defaultModel, schema: true, others })
      mkdirSync(home.ccrHome)
      writeFileSync(home.configFile, text)
      const config = loadConfig(home.configFile, { [variable]: 'key' })
      expect(config.warnings).toEqual([])
      expect(config.providers).toMatchObject([{ name, apiKey: 'key', models: known.models }])
      expect(providerOf(config.providers[0]!).definition.id).toBe(name)
    },
  )

  it.each(HOSTED_PROVIDERS.flatMap(({ name, models }) => models.map((model) => [name, model])))(
    'names a model that %s has: %s',
    (name, model) => {
      expect(modelDetails(name, model)?.contextWindow).toBeGreaterThan(0)
    },
  )
})

describe('detection', () => {
  it('finds keys by their variables, blank ones not', () => {
    const env = { OPENAI_API_KEY: 'x', GROQ_API_KEY: '  ', GOOGLE_API_KEY: 'y' }
    const found = providersInEnvironment(env).map(({ name, variable }) => [name, variable])
    expect(found).toEqual([
      ['openai', 'OPENAI_API_KEY'],
      ['gemini', 'GOOGLE_API_KEY'],
    ])
  })

  it.each([
    ['', 'http://127.0.0.1:11434'],
    ['10.0.0.5', 'http://10.0.0.5:11434'],
    ['0.0.0.0:9999', 'http://127.0.0.1:9999'],
    [':9999', 'http://127.0.0.1:9999'],
    ['http://box:80', 'http://box'],
  ])('asks Ollama where OLLAMA_HOST=%s says', (host, origin) => {
    const ollama = localServers({ OLLAMA_HOST: host }).find(({ name }) => name === 'ollama')
    expect(ollama?.origin).toBe(origin)
  })

  it('takes the models of a local server that lists them, and no others', async () => {
    const list = await serving({ data: [{ id: 'qwen3' }, { id: 'nomic-embed-text' }, {}] })
    const page = await serving('<html>')
    const silent = await serving(undefined)
    const servers = [list, page, silent].map(({ origin }) => {
      return { name: 'ollama', title: 'Ollama', origin }
    })
    const found = await localProviders([
      ...servers,
      { name: 'vllm', title: 'vLLM', origin: 'http://127.0.0.1:1' },
    ])
    expect(found).toMatchObject([
      { name: 'ollama', url: `${list.origin}/v1/chat/completions`, models: ['qwen3'] },
    ])
    expect(found[0]).not.toHaveProperty('variable')
    for (const { server } of [list, page, silent]) server.close().closeAllConnections()
  })
})

interface Serving {
  readonly server: Server
  readonly origin: string
}

/** A server that answers everything so; never, when there is no body. */
async function serving(body: unknown): Promise<Serving> {
  const server = createServer((_, res) => {
    if (body !== undefined) res.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { server, origin: `http://127.0.0.1:${port}` }
}

describe('what a local server says', () => {
  it('puts no variable into the config: ids with a $ or with control characters are left out', async () => {
    const ids = [
      '${OPENROUTER_API_KEY}',
      '$HOME',
      'a\u001b[2Jb',
      'x\u202ey',
      'z'.repeat(300),
      'qwen3:32b',
    ]
    const server = createServer((_, res) => {
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify({ data: ids.map((id) => ({ id })) }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const env = { OLLAMA_HOST: `127.0.0.1:${String(port)}`, OPENROUTER_API_KEY: KEY }
    const { out } = await run(['--yes'], env)
    await new Promise((resolve) => server.close(resolve))
    const text = readFileSync(home.configFile, 'utf8')
    const config = loadConfig(home.configFile, env)
    const ollama = config.providers.find(({ name }) => name === 'ollama')
    expect(ollama?.models).toEqual(['qwen3:32b'])
    expect(text).toContain('5 left out')
    expect(JSON.stringify(config.providers.map(({ models }) => models)) + out).not.toContain(KEY)
  })
})
