/** What a session knows of its local servers, from its start to hour ten. */
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Answers,
  HANG,
  llamacpp,
  type LocalServer,
  ollama,
  type OllamaModel,
  startLocalServer,
} from '../../test/support/local-servers.ts'
import type { Config, ProviderConfig } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { silent } from '../lib/log.ts'
import { knownCapabilities } from '../providers/catalogue/context-window.ts'
import { createModelReports, type ModelReports } from './model-reports.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

const MODEL = 'qwen3:8b'
const ok = { provider: 'ollama', model: MODEL, outcome: 'ok' } as const
const failed = { ...ok, outcome: 'error' } as const

async function serverWith(answers: Answers, port = 0): Promise<LocalServer> {
  const server = await startLocalServer(answers, port)
  opened.push(server)
  return server
}

const qwen = (more: Partial<OllamaModel> = {}): Answers =>
  ollama({ name: MODEL, made: 40_960, ...more })

function configFor(server: LocalServer, more: Partial<ProviderConfig> = {}): Config {
  const provider: ProviderConfig = {
    name: 'ollama',
    url: `${server.origin}/v1/chat/completions`,
    apiKey: '',
    models: [MODEL],
    missing: [],
    ...more,
  }
  return { ...emptyConfig(), providers: [provider] }
}

interface Kept {
  readonly reports: ModelReports
  readonly clock: { now: number }
  /** The window that the gateway would use now. */
  readonly window: () => number | undefined
  /** Resolves when all queries have ended. */
  readonly settled: () => Promise<void>
}

function keep(config: Config, env: Record<string, string> = {}): Kept {
  const clock = { now: 0 }
  const reports = createModelReports(config, { env, log: silent, now: () => clock.now })
  opened.push(reports)
  const [provider] = reports.inForce(config).providers
  return {
    reports,
    clock,
    window: () => knownCapabilities(provider, MODEL).contextWindow,
    // A query that runs is joined; one that has just ended is fresh.
    settled: () => reports.refresh(),
  }
}

describe('the reports of local servers', () => {
  it('are in the config that is in force as soon as the server has answered', async () => {
    const { reports, window } = keep(configFor(await serverWith(qwen({ running: 8_192 }))))
    expect(window()).toBeUndefined()
    await reports.refresh()
    expect(window()).toBe(8_192)
  })

  it('give way to what the config says', async () => {
    const config = configFor(await serverWith(qwen({ running: 8_192 })), { contextWindow: 32_000 })
    const { reports, window } = keep(config)
    await reports.refresh()
    expect(window()).toBe(32_000)
  })

  it('are fetched for a first request where the session has not queried the server', async () => {
    const server = await serverWith(qwen({ running: 8_192 }))
    const { reports, window } = keep(configFor(server))
    await reports.first('elsewhere')
    expect(server.queries).toEqual([])
    await reports.first('ollama')
    expect(window()).toBe(8_192)
    const { length } = server.queries
    await reports.first('ollama')
    expect(server.queries).toHaveLength(length)
  })

  it('are fetched once for first requests at the same time, which all wait for them', async () => {
    const server = await serverWith(qwen({ running: 8_192 }))
    const { reports, window } = keep(configFor(server))
    const seen = async () => {
      await reports.first('ollama')
      return window()
    }
    expect(await Promise.all([seen(), seen(), seen()])).toEqual([8_192, 8_192, 8_192])
    expect(server.queries).toHaveLength(2)
  })

  it('are waited for by a first request while a client fetches them', async () => {
    const { reports, window } = keep(configFor(await serverWith(qwen({ running: 8_192 }))))
    const refreshed = reports.refresh()
    await reports.first('ollama')
    expect(window()).toBe(8_192)
    await refreshed
  })

  it('are not fetched twice at once, nor again while they are fresh', async () => {
    const server = await serverWith(qwen())
    const { reports, clock } = keep(configFor(server))
    await Promise.all([reports.refresh(), reports.refresh()])
    await reports.refresh()
    expect(server.queries).toHaveLength(2)
    clock.now += 1_000
    await reports.refresh()
    expect(server.queries).toHaveLength(4)
  })

  it('come when a server that was down has answered its first request', async () => {
    const down = await serverWith({})
    await down.close()
    const { reports, clock, window, settled } = keep(configFor(down))
    await reports.refresh()
    expect(window()).toBeUndefined()
    clock.now += 600_000
    reports.ended(failed)
    await serverWith(qwen({ running: 16_384 }), down.port)
    reports.ended(ok)
    await settled()
    expect(window()).toBe(16_384)
  })

  it('are renewed once a minute by requests, so that a model loaded with another context is known', async () => {
    const server = await serverWith(qwen({ running: 4_096 }))
    const { reports, clock, window, settled } = keep(configFor(server))
    reports.ended(ok)
    await settled()
    server.answer(qwen({ running: 32_768 }))
    clock.now += 30_000
    reports.ended(ok)
    expect(server.queries).toHaveLength(2)
    clock.now += 30_000
    reports.ended(ok)
    await settled()
    expect(window()).toBe(32_768)
  })

  it('are renewed at once by the first answer, which loads the model, and soon after a failure', async () => {
    const server = await serverWith(qwen())
    const { reports, clock, window, settled } = keep(configFor(server))
    await reports.refresh()
    expect(window()).toBe(40_960)
    server.answer(qwen({ running: 4_096 }))
    reports.ended(ok)
    await settled()
    expect(window()).toBe(4_096)
    server.answer(qwen({ running: 16_384 }))
    clock.now += 3_000
    reports.ended(ok)
    expect(server.queries).toHaveLength(4)
    reports.ended(failed)
    reports.ended(ok)
    await settled()
    expect(window()).toBe(16_384)
  })

  it('are not renewed by each answer of a server in trouble that reports nothing', async () => {
    const server = await serverWith({})
    const { reports, settled } = keep(configFor(server, { name: 'p' }))
    const request = { ...ok, provider: 'p' }
    await reports.refresh()
    for (let n = 0; n < 100; n += 1) {
      reports.ended({ ...request, outcome: 'error' })
      reports.ended(request)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await settled()
    expect(server.queries.length).toBeLessThan(5)
  })

  it('are renewed every few seconds while the server does not say that the model runs', async () => {
    const server = await serverWith(qwen())
    const { reports, clock, settled } = keep(configFor(server))
    reports.ended(ok)
    await settled()
    for (let n = 0; n < 10; n += 1) reports.ended(ok)
    await settled()
    expect(server.queries).toHaveLength(2)
    clock.now += 3_000
    reports.ended(ok)
    await settled()
    expect(server.queries).toHaveLength(4)
  })

  it('keep the context of a model that was unloaded meanwhile', async () => {
    const server = await serverWith(qwen({ running: 8_192 }))
    const { reports, clock, window } = keep(configFor(server))
    await reports.refresh()
    server.answer(qwen())
    clock.now += 600_000
    await reports.refresh()
    expect(window()).toBe(8_192)
    expect(reports.json()).toMatchObject({ ollama: { [MODEL]: { basis: 'seen' } } })
  })

  it('stay as they are while the server does not answer', async () => {
    const server = await serverWith(qwen({ running: 8_192 }))
    const { reports, clock, window } = keep(configFor(server))
    await reports.refresh()
    await server.close()
    clock.now += 600_000
    await reports.refresh()
    expect(window()).toBe(8_192)
  })

  it('stay as they are while a busy server answers, but not about its models', async () => {
    const server = await serverWith(qwen({ running: 8_192 }))
    const { reports, clock, window } = keep(configFor(server))
    await reports.refresh()
    for (const silence of [HANG, undefined]) {
      server.answer({ ...qwen({ running: 8_192 }), 'POST /api/show': silence })
      clock.now += 600_000
      await reports.refresh()
      expect(window()).toBe(8_192)
    }
  })

  it('hold for a model that the config does not list, once it was used', async () => {
    const server = await serverWith(ollama({ name: 'other:1b', made: 2_048 }))
    const { reports, clock, settled } = keep(configFor(server))
    await reports.refresh()
    clock.now += 3_000
    reports.ended({ ...ok, model: 'other:1b' })
    await settled()
    expect(reports.json()).toMatchObject({ ollama: { 'other:1b': { contextWindow: 2_048 } } })
  })

  it('of a model that is not loaded are lowered by the variable of Ollama, never raised', async () => {
    const server = await serverWith(qwen())
    for (const [variable, expected] of [
      ['16384', 16_384],
      ['1000000', 40_960],
      ['-1', 40_960],
      ['many', 40_960],
    ] as const) {
      const { reports, window } = keep(configFor(server), { OLLAMA_CONTEXT_LENGTH: variable })
      await reports.refresh()
      expect(window()).toBe(expected)
    }
  })

  it('survive an edit of the config, and follow it to another server', async () => {
    const first = await serverWith(qwen({ running: 8_192 }))
    const second = await serverWith(qwen({ running: 16_384 }))
    const { reports } = keep(configFor(first))
    await reports.refresh()
    const window = (config: Config) =>
      knownCapabilities(reports.inForce(config).providers[0], MODEL).contextWindow
    const same = configFor(first, { models: [MODEL, 'more'] })
    reports.follow(same)
    expect(window(same)).toBe(8_192)
    const moved = configFor(second)
    reports.follow(moved)
    expect(window(moved)).toBeUndefined()
    await reports.refresh()
    expect(window(moved)).toBe(16_384)
  })

  it('are never asked of a host that is not local', async () => {
    const server = await serverWith(llamacpp())
    const url = `http://relay.example:${String(server.port)}/v1/chat/completions`
    const config = configFor(server, { name: 'relay', url })
    const { reports } = keep(config, { HTTP_PROXY: server.origin })
    await reports.refresh()
    reports.ended({ ...ok, provider: 'relay' })
    await reports.refresh()
    expect(server.queries).toEqual([])
    expect(reports.inForce(config)).toBe(config)
  })

  it('do not wait for ever for a server that says nothing', async () => {
    const server = await serverWith({ 'GET /v1/models': HANG })
    const { reports, window } = keep(configFor(server, { name: 'p' }))
    await reports.refresh()
    expect(window()).toBeUndefined()
  })
})
