/** Local servers are queried by the daemon of a session, and commands show what they report. */
import { dirname } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Ccr, throwawayCcr } from '../support/ccr.ts'
import {
  type Answers,
  HANG,
  llamacpp,
  type LocalServer,
  ollama,
  type OllamaModel,
  startLocalServer,
  vllm,
} from '../support/local-servers.ts'
import { clientLimits } from '../../src/session/client-limits.ts'
import { messagesClient } from '../support/client.ts'
import { fakeClaude, type Shown } from './fake-claude.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function serverWith(answers: Answers): Promise<LocalServer> {
  const server = await startLocalServer(answers)
  opened.push(() => server.close())
  return server
}

/** ccr with one provider, at the server. */
async function ccrFor(
  server: LocalServer,
  model: string,
  more: { readonly name?: string; readonly contextWindow?: number } = {},
): Promise<Ccr> {
  const ccr = await throwawayCcr({
    Providers: [
      {
        name: 'ollama',
        api_base_url: `${server.origin}/v1/chat/completions`,
        models: [model],
        ...more,
      },
    ],
    Router: { default: `${more.name ?? 'ollama'},${model}` },
  })
  opened.push(() => ccr.remove())
  return ccr
}

const MODEL = 'qwen3:8b'
const qwen = (more: Partial<OllamaModel> = {}): Answers =>
  ollama({ name: MODEL, made: 40_960, ...more })

/** What claude is told of a window (docs/decisions/0032-windows-of-the-client.md). */
const clientWindow = (contextWindow: number): string =>
  String(clientLimits({ contextWindow }).contextWindow)

/** The environment of claude, and what ccr wrote for the user. */
async function launched(ccr: Ccr): Promise<Shown & { readonly stderr: string }> {
  const path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
  const { code, stdout, stderr } = await ccr.run(['code'], { env: { PATH: path, FAKE: 'show' } })
  expect(code, stderr).toBe(0)
  return { ...(JSON.parse(stdout) as Shown), stderr }
}

it('a session of a preference queries the servers that it uses, and others once a request names them', async () => {
  const [first, second] = [await serverWith(vllm(65_536)), await serverWith(vllm(131_072))]
  const provider = ({ origin }: LocalServer, name: string): object => ({
    name,
    api_base_url: `${origin}/v1/chat/completions`,
    models: ['Qwen/Qwen3-8B'],
  })
  const ccr = await throwawayCcr({
    Providers: [provider(first, 'first'), provider(second, 'second')],
    Router: { default: 'second,Qwen/Qwen3-8B' },
  })
  opened.push(() => ccr.remove())
  const preference = 'first,Qwen/Qwen3-8B'
  const path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
  const env = { PATH: path, FAKE: 'show' }
  const windowOf = async (...words: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await ccr.run(['code', ...words], { env, preference })
    expect(code, stderr).toBe(0)
    return (JSON.parse(stdout) as Shown).env['CLAUDE_CODE_MAX_CONTEXT_TOKENS']
  }
  const session = await ccr.start(preference)
  expect(await windowOf()).toBe(clientWindow(65_536))
  expect((await ccr.run(['status'], { preference })).code).toBe(0)
  expect(first.queries).not.toEqual([])
  expect(second.queries).toEqual([])
  const model = 'second,Qwen/Qwen3-8B'
  expect(await windowOf('--model', model)).toBe(clientWindow(131_072))
  const { length } = second.queries
  expect(length).toBeGreaterThan(0)
  await messagesClient(session, model).post()
  expect(second.queries.map(({ method }) => method)).toContain('POST')
})

describe('ccr code', () => {
  it.each([
    ['Ollama', 'ollama', qwen({ running: 32_768 }), MODEL, 32_768],
    ['llama.cpp', 'llamacpp', llamacpp({ running: 65_536 }), 'any', 65_536],
    ['vLLM', 'anything', vllm(131_072), 'Qwen/Qwen3-8B', 131_072],
  ])('gives claude the window that %s reports', async (_, name, answers, model, window) => {
    const ccr = await ccrFor(await serverWith(answers), model, { name })
    const { env, stderr } = await launched(ccr)
    expect(env['CLAUDE_CODE_MAX_CONTEXT_TOKENS']).toBe(clientWindow(window))
    expect(stderr).not.toMatch(/ollama|llama-server/i)
  })

  it('names a server that cuts prompts, and what mends it; so do start, status and doctor', async () => {
    const ccr = await ccrFor(await serverWith(qwen({ running: 4_096 })), MODEL)
    const named = /Ollama runs ollama,qwen3:8b with 4,096 tokens.*cut off/
    const cure = 'OLLAMA_CONTEXT_LENGTH=40960 ollama serve'
    const { stderr } = await launched(ccr)
    await vi.waitFor(async () => expect(await ccr.log('default')).toMatch(named))
    for (const text of [
      stderr,
      (await ccr.run(['start'])).stderr,
      (await ccr.run(['status'])).stdout,
      (await ccr.run(['restart'])).stderr,
      (await ccr.run(['doctor'])).stdout.replace(/\s+/g, ' '),
    ]) {
      expect(text).toMatch(named)
      expect(text).toContain(cure)
    }
  })

  it('takes the window of the config before that of the server, and names the difference', async () => {
    const server = await serverWith(qwen({ running: 32_768 }))
    const ccr = await ccrFor(server, MODEL, { contextWindow: 40_000 })
    const { env, stderr } = await launched(ccr)
    expect(env['CLAUDE_CODE_MAX_CONTEXT_TOKENS']).toBe(clientWindow(40_000))
    expect(stderr).toContain('a context window of 40,000 tokens, but Ollama runs it with 32,768')
  })

  it('starts as usual while the server is down, and knows it once it is there', async () => {
    const down = await startLocalServer({})
    await down.close()
    const ccr = await ccrFor(down, MODEL)
    const before = await launched(ccr)
    expect(before.env['CLAUDE_CODE_MAX_CONTEXT_TOKENS']).toBe('200000')
    const server = await startLocalServer(qwen({ running: 28_672 }), down.port)
    opened.push(() => server.close())
    const after = await launched(ccr)
    expect(after.env['CLAUDE_CODE_MAX_CONTEXT_TOKENS']).toBe(clientWindow(28_672))
  })

  it('does not wait for a server that never answers', async () => {
    const ccr = await ccrFor(await serverWith({ 'GET /api/ps': HANG }), MODEL)
    const { env } = await launched(ccr)
    expect(env['CLAUDE_CODE_MAX_CONTEXT_TOKENS']).toBe('200000')
  })
})

describe('a session', () => {
  it('knows more of a server after each answer: a model loaded by the first request', async () => {
    const server = await serverWith(qwen())
    const ccr = await ccrFor(server, MODEL)
    const session = await ccr.start()
    const headers = { authorization: `Bearer ${session.token}`, 'content-type': 'application/json' }
    server.answer(qwen({ running: 4_096 }))
    const messages = [{ role: 'user', content: 'Hello' }]
    const answer = await fetch(`${session.baseUrl}/v1/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: MODEL, max_tokens: 100, messages }),
    })
    expect(answer.status, await answer.text()).toBe(200)
    await vi.waitFor(async () => {
      const listed = await fetch(`${session.baseUrl}/v1/models`, { headers })
      const { data } = (await listed.json()) as { data: { max_input_tokens: number }[] }
      expect(data[0]?.max_input_tokens).toBe(4_096)
    })
  })
})
