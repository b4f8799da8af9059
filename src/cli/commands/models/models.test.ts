import { mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { ollama, startLocalServer } from '../../../../test/support/local-servers.ts'
import { blankRecord } from '../../../session/record.ts'
import type { SessionView } from '../../../session/probe.ts'
import { sessionRef } from '../../../session/identity.ts'
import type { Config } from '../../../config/config.ts'
import { emptyConfig } from '../../../config/defaults.ts'
import { command } from './models.ts'
import { configuredModels } from './configured.ts'
import { tokens } from './text.ts'

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
})
afterEach(() => home.remove())

const CONFIG = {
  Providers: [
    {
      name: 'anthropic',
      api_base_url: 'https://api.anthropic.com/v1/messages',
      api_key: '${MY_KEY}',
      models: ['claude-sonnet-4-5', 'claude-of-my-own'],
    },
    { name: 'local', api_base_url: 'http://127.0.0.1:1/v1' },
  ],
  Router: { default: 'anthropic,claude-sonnet-4-5', think: 'claude-sonnet-4-5' },
}

describe('ccr models', () => {
  it('lists every model with what the catalogue knows and who uses it', async () => {
    writeFileSync(home.configFile, JSON.stringify(CONFIG))
    const { code, out } = await runCommand(command, [], { ...home.env, MY_KEY: 'x' })
    expect(code).toBe(0)
    const [head, sonnet, unknown, any] = out.split('\n')
    expect(head).toMatch(/^MODEL +WINDOW +USD IN\/OUT +USED BY$/)
    expect(sonnet).toMatch(/^anthropic,claude-sonnet-4-5 +200K +3 \/ 15 +default, think$/)
    expect(unknown).toBe('anthropic,claude-of-my-own')
    expect(any).toBe('local,(any model)')
  })

  it('gives scripts an array, null for what is unknown', async () => {
    writeFileSync(home.configFile, JSON.stringify(CONFIG))
    const { out } = await runCommand(command, ['--json'], home.env)
    expect(JSON.parse(out)).toMatchObject([
      { model: 'claude-sonnet-4-5', contextWindow: 200_000, missing: ['MY_KEY'] },
      { model: 'claude-of-my-own', contextWindow: null, price: null, routes: [], sessions: [] },
      { provider: 'local', model: null },
    ])
  })

  it('names the local server that reports a window, and whose model is not loaded', async () => {
    const server = await startLocalServer(
      ollama(
        { name: 'small', made: 40_960, running: 4_096 },
        { name: 'waiting', made: 40_960 },
        { name: 'written', made: 40_960 },
      ),
    )
    const models = ['small', 'waiting', { id: 'written', contextWindow: 9_000 }, 'unknown']
    const url = `${server.origin}/v1/chat/completions`
    const provider = { name: 'ollama', api_base_url: url, models }
    writeFileSync(home.configFile, JSON.stringify({ Providers: [provider] }))
    const { out } = await runCommand(command, [], home.env)
    const { out: json } = await runCommand(command, ['--json'], home.env)
    await server.close()
    expect(out.split('\n').slice(1, 5)).toEqual([
      expect.stringMatching(/^ollama,small +4K, Ollama +0 \/ 0$/),
      expect.stringMatching(/^ollama,waiting +41K, Ollama \(not loaded\) +0 \/ 0$/),
      expect.stringMatching(/^ollama,written +9K +0 \/ 0$/),
      expect.stringMatching(/^ollama,unknown +0 \/ 0$/),
    ])
    expect(JSON.parse(json)).toMatchObject([
      { contextWindow: 4_096, windowSource: 'ollama', isUnloaded: false },
      { contextWindow: 40_960, windowSource: 'ollama', isUnloaded: true },
      { contextWindow: 9_000, windowSource: 'config', isUnloaded: false },
      { contextWindow: null, windowSource: null, isUnloaded: false },
    ])
  })

  it('shows what the config says of a model, its price before that of the catalogue', async () => {
    const models = [
      {
        id: 'gpt-4o',
        name: 'Our\nmodel',
        contextWindow: 64_000,
        tools: false,
        price: { input: 1, output: 2 },
      },
      'o3',
      'gpt-4.1',
    ]
    const url = 'https://api.openai.com/v1/chat/completions'
    const provider = { name: 'openai', api_base_url: url, api_key: 'k', models }
    const Prices = { 'openai,o3': { input: 7, output: 8 } }
    writeFileSync(home.configFile, JSON.stringify({ Providers: [provider], Prices }))
    const { out } = await runCommand(command, [], home.env)
    expect(out.split('\n').slice(0, 4)).toEqual([
      expect.stringMatching(/^MODEL +NAME +WINDOW +USD IN\/OUT$/),
      expect.stringMatching(/^openai,gpt-4o +Our model +64K +1 \/ 2$/),
      expect.stringMatching(/^openai,o3 +200K +7 \/ 8$/),
      expect.stringMatching(/^openai,gpt-4.1 +1\.\d+M +2 \/ 8$/),
    ])
    const { out: json } = await runCommand(command, ['--json'], home.env)
    expect(JSON.parse(json)).toMatchObject([
      { name: 'Our\nmodel', contextWindow: 64_000, tools: false, priceSource: 'config' },
      { name: null, tools: null, price: { input: 7, output: 8 }, priceSource: 'config' },
      { priceSource: expect.stringContaining('pi-ai') as string },
    ])
  })

  it('says what is missing when there is no config', async () => {
    const { code, err } = await runCommand(command, [], home.env)
    expect(code).toBe(1)
    expect(err).toContain('there is no config')
  })

  it('names the sessions that run a model', () => {
    const ref = sessionRef({ ...home.env, CCR_MODEL_PREFERENCE: 'p,m' })
    const view = (state: SessionView['state']): SessionView =>
      ({
        id: ref.id,
        state,
        record: { ...blankRecord(ref), provider: 'p', model: 'm' },
      }) as SessionView
    const provider = {
      name: 'p',
      url: 'http://127.0.0.1:1/v1',
      apiKey: '',
      models: ['m', 'n'],
      missing: [],
    }
    const config: Config = { ...emptyConfig(), providers: [provider] }
    const sessions = (views: SessionView[]) =>
      configuredModels(config, views).map((model) => model.sessions)
    expect(sessions([view('running')])).toEqual([[ref.id], []])
    expect(sessions([view('stopped')])).toEqual([[], []])
  })
})

describe('a number of tokens', () => {
  it.each([
    [512, '512'],
    [8192, '8K'],
    [200_000, '200K'],
    [1_048_576, '1.05M'],
    [2_000_000, '2M'],
  ])('%d is %s', (count, text) => {
    expect(tokens(count)).toBe(text)
  })
})
