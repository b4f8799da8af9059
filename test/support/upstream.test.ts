import Anthropic from '@anthropic-ai/sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { answer, calls, events, http, never, text } from './replies.ts'
import { startUpstream, withResolvers, type Script, type Upstream } from './upstream.ts'

let upstream: Upstream
afterEach(() => upstream.close())

async function start(script: Script): Promise<void> {
  upstream = await startUpstream(script)
}

const ask = (body: object = {}, signal?: AbortSignal): Promise<Response> =>
  fetch(upstream.chatUrl, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', stream: true, ...body }),
    ...(signal ? { signal } : {}),
  })

/** The payloads of the `data:` lines. */
function payloads(stream: string): unknown[] {
  return stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice(6))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)))
}

interface Chunk {
  choices: {
    delta: { content?: string; tool_calls?: Record<string, unknown>[] }
    finish_reason: string | null
  }[]
}

describe('the fake provider', () => {
  it('streams text as OpenAI chunks, with usage last and [DONE]', async () => {
    await start(text('hello there', { usage: { input: 50, output: 7, cached: 32 } }))
    const sent = payloads(await (await ask()).text())
    const contents = (sent.slice(0, -2) as Chunk[]).map((c) => c.choices[0]?.delta.content ?? '')
    expect(contents.join('')).toBe('hello there')
    expect(sent.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 50, prompt_tokens_details: { cached_tokens: 32 } },
    })
    expect(sent.at(-1)).toBe('[DONE]')
  })

  it('answers a request without stream with one JSON body', async () => {
    await start(text('hello'))
    const body = await (await ask({ stream: false })).json()
    expect(body).toMatchObject({ choices: [{ message: { content: 'hello' } }] })
  })

  it('interleaves the deltas of parallel calls and leaves out what it is told to', async () => {
    const two = [
      { name: 'A', input: { a: 1 } },
      { name: 'B', input: { b: 2 } },
    ]
    await start(calls(two, { interleave: true }))
    const order = (payloads(await (await ask()).text()).slice(1, -3) as Chunk[]).map(
      (chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.['index'],
    )
    expect(order).toEqual([0, 1, 0, 1])

    upstream.script(calls([{ name: 'A', input: {}, id: null }], { withoutIndex: true }))
    const [, bare] = payloads(await (await ask()).text()) as Chunk[]
    expect(Object.keys(bare?.choices[0]?.delta.tool_calls?.[0] ?? {})).toEqual(['type', 'function'])
  })

  it('speaks Anthropic Messages well enough for the SDK', async () => {
    await start(
      answer([{ thinking: 'hm' }, { text: 'hi' }, { call: { name: 'A', input: { a: 1 } } }], {
        split: 'bytes',
        newline: '\r\n',
      }),
    )
    const client = new Anthropic({ apiKey: 'x', baseURL: upstream.origin, maxRetries: 0 })
    const message = await client.messages
      .stream({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'q' }] })
      .finalMessage()
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'hi' },
      { type: 'tool_use', name: 'A', input: { a: 1 } },
    ])
    expect(message.stop_reason).toBe('tool_use')
  })

  it('uses up a list of replies and keeps every request', async () => {
    await start([http(429, { error: 'slow' }, { headers: { 'retry-after': '1' } }), text('ok')])
    const first = await ask({ n: 1 })
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await ask({ n: 2 })).status).toBe(200)
    expect((await ask({ n: 3 })).status).toBe(400)
    expect(upstream.requests.map((seen) => seen.body['n'])).toEqual([1, 2, 3])
  })

  it('cuts the socket where it is told to', async () => {
    await start(text('hello there', { frames: 2, ending: 'cut' }))
    const response = await ask()
    await expect(response.text()).rejects.toThrow()
    expect(await upstream.requests[0]?.ended).toBe('cut')
  })

  it('waits for the test before it goes on', async () => {
    const gate = withResolvers<null>()
    await start(text('hello there', { pauseAt: { frame: 1, pause: gate.promise } }))
    const response = await ask()
    const reader = response.body!.getReader()
    await reader.read()
    gate.resolve(null)
    while (!(await reader.read()).done);
    expect(await upstream.requests[0]?.ended).toBe('answered')
  })

  it('knows that the client left', async () => {
    await start(never())
    const abort = new AbortController()
    const request = ask({}, abort.signal)
    const seen = await upstream.request(0)
    abort.abort()
    await expect(request).rejects.toThrow()
    expect(await seen.ended).toBe('client-left')
  })

  it('sends literal payloads', async () => {
    await start(events([{ error: { message: 'overloaded' } }, 'not json']))
    expect(await (await ask()).text()).toBe(
      'data: {"error":{"message":"overloaded"}}\n\ndata: not json\n\n',
    )
  })
})
