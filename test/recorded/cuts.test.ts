/** Answers cut down from recorded ones, kept beside the project and not in it, and what is right. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { gatewayServer } from '../support/gateway.ts'
import { CASES, CASES_FOLDER } from '../support/requires.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const OK = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'next' }, finish_reason: 'stop' }],
})

/** Asks a provider that answers with the file, then well. */
async function askTwice(file: string, status: number, path = '/v1/chat/completions') {
  const cut = readFileSync(join(CASES_FOLDER, 'cuts', file))
  const keys: string[] = []
  const server = createServer((req, res) => {
    req.resume()
    keys.push(String(req.headers.authorization))
    const isFirst = keys.length === 1
    const type = file.endsWith('.sse') ? 'text/event-stream' : 'application/json'
    res.writeHead(isFirst ? status : 200, { 'content-type': isFirst ? type : 'application/json' })
    res.end(isFirst ? cut : OK)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  const provider = { name: 'p', url: origin + path, apiKey: 'k1', models: ['m'], missing: [] }
  const gateway = await gatewayServer({
    providers: [
      { ...provider, apiKeys: ['k1', 'k2'] },
      { ...provider, name: 'next', url: `${origin}/v1/chat/completions` },
    ],
    fallback: { default: ['next,m'] },
    retry: { repeats: 0, repeatWithinMs: 0, afterSend: false },
  })
  closing.push(
    () => {
      server.closeAllConnections()
      server.close()
    },
    () => gateway.close(),
  )
  const messages = [{ role: 'user', content: 'hi' }]
  const response = await gateway.post({ model: 'p,m', max_tokens: 9, messages })
  const { headers } = response
  return { status: response.status, headers, keys, body: (await response.json()) as Message }
}

interface Message {
  readonly content?: readonly { readonly type: string; readonly text?: string }[]
  readonly usage?: Readonly<Record<string, number>>
  readonly error?: { readonly type: string; readonly message: string }
}

describe('of a recorded answer', CASES, () => {
  it('the text is told once, whatever its content_index counts', async () => {
    const { body } = await askTwice('responses-content-index.sse', 200, '/v1/responses')
    expect(body.content).toEqual([{ type: 'text', text: 'Hello.' }])
  })

  it('one call has one id, whatever its output_index counts', async () => {
    const { body } = await askTwice('responses-vllm-call-index.sse', 200, '/v1/responses')
    expect(body.content?.filter(({ type }) => type === 'tool_use')).toHaveLength(1)
  })

  it.each(['chat-empty-function-call.json', 'chat-empty-function-call.sse'])(
    'the text of %s comes without a call',
    async (file) => {
      const { status, body } = await askTwice(file, 200)
      expect(status).toBe(200)
      expect(body.content?.map(({ type }) => type)).toEqual(['text'])
      expect(body.content?.[0]?.text).not.toBe('next')
    },
  )

  it('cached and written tokens are no more than the prompt', async () => {
    const { body } = await askTwice('openrouter-cached-and-written.json', 200)
    const { input_tokens: input = 0, ...usage } = body.usage ?? {}
    const cached =
      (usage['cache_read_input_tokens'] ?? 0) + (usage['cache_creation_input_tokens'] ?? 0)
    expect(input + cached).toBe(2168)
  })

  it('a missing model is another one’s turn', async () => {
    const { body, keys } = await askTwice('openai-responses-no-model.json', 400, '/v1/responses')
    expect([body.content?.[0]?.text, keys.length]).toEqual(['next', 2])
  })

  it('a wrong key is the next key’s turn', async () => {
    const { body, keys } = await askTwice('xai-wrong-key.json', 400)
    expect([body.content?.[0]?.text, keys]).toEqual(['next', ['Bearer k1', 'Bearer k2']])
  })

  it('a prompt that is too long is told in the words that the client knows', async () => {
    const { status, body } = await askTwice('perplexity-too-long.json', 400)
    expect([status, body.error?.message]).toEqual([
      400,
      expect.stringContaining('prompt is too long'),
    ])
  })
})
