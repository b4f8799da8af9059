/** Prompts that Ollama would cut without an error. */
import { afterEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../../test/support/gateway.ts'
import {
  chatAnswer,
  type LocalServer,
  ollama,
  type OllamaModel,
  startLocalServer,
} from '../../../test/support/local-servers.ts'
import { text } from '../../../test/support/replies.ts'
import { startUpstream } from '../../../test/support/upstream.ts'
import type { Config } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { silent } from '../../lib/log.ts'
import { createModelReports } from '../model-reports.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

const qwen = (more: Partial<OllamaModel>) => ollama({ name: 'qwen3:8b', made: 131_072, ...more })

interface Served extends GatewayServer {
  readonly ollama: LocalServer
  /** Moves the clock by which reports age. */
  readonly pass: (ms: number) => void
  readonly refresh: () => Promise<void>
  /** Prompts that Ollama was sent. */
  readonly sent: () => number
}

async function served(
  model: Partial<OllamaModel>,
  fallbackUrl?: string,
  unqueried = false,
): Promise<Served> {
  const server = await startLocalServer(qwen(model))
  const provider = { apiKey: '', missing: [] }
  const config: Config = {
    ...emptyConfig(),
    providers: [
      {
        ...provider,
        name: 'ollama',
        url: `${server.origin}/v1/chat/completions`,
        models: ['qwen3:8b'],
      },
      ...(fallbackUrl === undefined
        ? []
        : [{ ...provider, name: 'big', url: fallbackUrl, models: ['b'], contextWindow: 200_000 }]),
    ],
    router: { default: 'ollama,qwen3:8b' },
    fallback: fallbackUrl === undefined ? {} : { default: ['big,b'] },
  }
  let now = 0
  const reports = createModelReports(config, { env: {}, log: silent, now: () => now })
  if (!unqueried) await reports.refresh()
  const gateway = await gatewayServer(reports.inForce(config), '', {}, silent, reports)
  opened.push(server, reports, gateway)
  return {
    ...gateway,
    ollama: server,
    pass(ms) {
      now += ms
    },
    refresh: () => reports.refresh(),
    sent: () => server.queries.filter(({ path }) => path === '/v1/chat/completions').length,
  }
}

/** A request of about so many tokens. */
const asking = (tokens: number) => ({
  model: 'x',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'word '.repeat((tokens * 4) / 5) }],
})

const messageOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { message: string } }).error.message

describe('a prompt that Ollama would cut', () => {
  it('is refused, so that the client compacts', async () => {
    const server = await served({ running: 32_768 })
    const response = await server.post(asking(50_000))
    expect(response.status).toBe(400)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await messageOf(response)).toMatch(
      /^prompt is too long: 50\d{3} tokens > 32768 maximum\. Ollama runs ollama,qwen3:8b with 32,768 tokens .*OLLAMA_CONTEXT_LENGTH=65536 ollama serve/,
    )
    expect(server.sent()).toBe(0)
  })

  it('is refused in other words where compacting would not help, as the client hides those', async () => {
    const server = await served({ running: 4_096 })
    const response = await server.post(asking(15_000))
    expect(await messageOf(response)).toMatch(
      /^This prompt has about 15,\d{3} tokens: Ollama runs ollama,qwen3:8b with 4,096 tokens/,
    )
    expect(server.sent()).toBe(0)
  })

  it('is refused as the first request to a server that the session has not queried', async () => {
    const server = await served({ running: 8_192 }, undefined, true)
    expect((await server.post(asking(15_000))).status).toBe(400)
    expect(server.sent()).toBe(0)
  })

  it('goes to a fallback with a larger window', async () => {
    const big = await startUpstream(() => text('from the large one'))
    opened.push(big)
    const server = await served({ running: 4_096 }, big.chatUrl)
    const response = await server.post(asking(15_000))
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('from the large one')
  })

  it('is sent once the server was mended, without a restart of the session', async () => {
    const server = await served({ running: 4_096 })
    expect((await server.post(asking(15_000))).status).toBe(400)
    server.ollama.answer(qwen({ running: 65_536 }))
    server.pass(5_000)
    expect((await server.post(asking(15_000))).status).toBe(200)
  })

  it('is refused before the model is loaded, where its parameter says with how much it will be', async () => {
    const server = await served({ numCtx: 8_192 })
    const response = await server.post(asking(15_000))
    expect(response.status).toBe(400)
    expect(await messageOf(response)).toContain('PARAMETER num_ctx 65536')
    expect(server.sent()).toBe(0)
  })

  it('is sent once its parameter was raised, though the model is loaded with less', async () => {
    const server = await served({ running: 4_096, numCtx: 4_096 })
    expect((await server.post(asking(15_000))).status).toBe(400)
    server.ollama.answer(qwen({ running: 4_096, numCtx: 65_536 }))
    server.pass(5_000)
    expect((await server.post(asking(15_000))).status).toBe(200)
  })

  it('is refused where another program loaded the model with more than its parameter', async () => {
    const server = await served({ running: 65_536, numCtx: 4_096 })
    expect((await server.post(asking(15_000))).status).toBe(400)
    expect(server.sent()).toBe(0)
  })

  it('is sent where the model is not loaded, so that it is not known', async () => {
    const server = await served({})
    expect((await server.post(asking(50_000))).status).toBe(200)
    const seen = await served({ running: 4_096 })
    seen.ollama.answer(qwen({}))
    seen.pass(5_000)
    expect((await seen.post(asking(15_000))).status).toBe(200)
  })

  it('does not teach that prompts are shorter than they are', async () => {
    const server = await served({})
    const cut = { 'POST /v1/chat/completions': { stream: chatAnswer(8_000) } }
    server.ollama.answer({ ...qwen({}), ...cut })
    expect((await server.post(asking(12_000))).status).toBe(200)
    server.ollama.answer(qwen({ running: 8_192 }))
    server.pass(5_000)
    await server.refresh()
    expect((await server.post(asking(12_000))).status).toBe(400)
  })
})

describe('a prompt that fits', () => {
  it('is sent, also where it would not with the tools and images that the model does not take', async () => {
    const server = await served({ running: 16_384, capabilities: ['completion'] })
    const image = { type: 'base64', media_type: 'image/png', data: 'AAAA' }
    const tool = { name: 't', description: 'word '.repeat(9_000), input_schema: {} }
    const { messages, ...rest } = asking(10_000)
    const pictures = Array(8).fill({ type: 'image', source: image }) as object[]
    const shown = [
      ...messages,
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: pictures },
    ]
    expect((await server.post({ ...rest, messages, tools: [tool] })).status).toBe(200)
    expect((await server.post({ ...rest, messages: shown })).status).toBe(200)
    expect((await server.post({ ...asking(20_000), tools: [tool] })).status).toBe(400)
    expect(server.sent()).toBe(2)
  })

  it('is sent, also where the estimate is a little above the limit', async () => {
    const server = await served({ running: 32_768 })
    expect((await server.post(asking(10_000))).status).toBe(200)
    expect((await server.post(asking(34_000))).status).toBe(200)
    expect(server.sent()).toBe(2)
  })
})
