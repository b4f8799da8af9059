import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { messagesClient, parseEvents, type Answered, type WireEvent } from '../support/client.ts'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import {
  answer,
  events,
  htmlPage,
  http,
  never,
  rateLimited,
  refusal,
  text,
  wrongKey,
  type Delivery,
  type Reply,
} from '../support/replies.ts'
import { startUpstream, withResolvers, type Upstream } from '../support/upstream.ts'

const KEY = 'fake-upstream-key-5dd1c0'
/** Nothing listens on this port of loopback. */
const REFUSING = 'http://127.0.0.1:1/v1/chat/completions'

let upstream: Upstream
/** Its session is the one that most tests share. */
let ccr: Ccr
let session: LiveSession
let client: ReturnType<typeof messagesClient>

const provider = (more: object = {}): object => ({
  name: 'fake',
  api_base_url: upstream.chatUrl,
  api_key: KEY,
  models: ['m'],
  ...more,
})

beforeAll(async () => {
  upstream = await startUpstream()
  ccr = await throwawayCcr({
    Providers: [provider(), provider({ name: 'refusing', api_base_url: REFUSING })],
  })
  session = await ccr.start()
  client = messagesClient(session, 'fake,m')
})

afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

beforeEach(() => {
  upstream.script(text('fine'))
})

const error = (answered: Answered): { type: string; message: string } => {
  expect(answered.body['type']).toBe('error')
  return answered.body['error'] as { type: string; message: string }
}

const types = (list: readonly WireEvent[]): string[] => list.map((e) => e.event)

/** The stream told of its failure, and did not claim to have ended well. */
function expectFailed(list: readonly WireEvent[]): { type: string; message: string } {
  expect(types(list).at(-1)).toBe('error')
  expect(types(list)).not.toContain('message_stop')
  expect(types(list)).not.toContain('message_delta')
  const { data } = list.at(-1)!
  expect(data.type).toBe('error')
  return data['error'] as { type: string; message: string }
}

/** Both ways to ask must end in the same error. */
describe.each([{ stream: true }, { stream: false }])('before the first event, %o', (mode) => {
  it('names a provider that the config does not have', async () => {
    const answered = await client.post({ ...mode, model: 'nosuch,m' })
    expect([400, 404]).toContain(answered.status)
    expect(error(answered).message).toContain('nosuch')
  })

  it('a refused connection is an api_error, and the log has its cause', async () => {
    const answered = await client.post({ ...mode, model: 'refusing,m' })
    expect(answered.status).toBeGreaterThanOrEqual(500)
    expect(['api_error', 'overloaded_error']).toContain(error(answered).type)
    await vi.waitFor(
      async () => expect(await ccr.log(session.sessionId)).toContain('ECONNREFUSED'),
      { timeout: 20_000 },
    )
  })

  it.each([200, 500, 502])(
    'an HTML page with status %i is an api_error without the page',
    async (status) => {
      upstream.script(htmlPage(status))
      const answered = await client.post(mode)
      expect(answered.status).toBeGreaterThanOrEqual(500)
      expect(['api_error', 'overloaded_error']).toContain(error(answered).type)
      expect(error(answered).message).not.toContain('<html>')
    },
  )

  it('a JSON error with status 200 is an error that carries its message', async () => {
    upstream.script(http(200, { error: { message: 'model is being loaded', code: 503 } }))
    const answered = await client.post(mode)
    expect(answered.status).toBeGreaterThanOrEqual(400)
    expect(error(answered).message).toContain('model is being loaded')
  })

  it('an error as first chunk of a 200 stream is an error with a status of its own', async () => {
    upstream.script(events([{ error: { message: 'engine overloaded', code: 503 } }]))
    const answered = await client.post(mode)
    expect(answered.status).toBeGreaterThanOrEqual(500)
    expect(error(answered).message).toContain('engine overloaded')
  })

  it('an empty stream is an error', async () => {
    upstream.script(events([]))
    const answered = await client.post(mode)
    expect(answered.status).toBeGreaterThanOrEqual(500)
    expect(error(answered).type).toBe('api_error')
  })

  it('a socket cut before the first event is an error', async () => {
    upstream.script(text('x', { frames: 0, ending: 'cut' }))
    const answered = await client.post(mode)
    expect(answered.status).toBeGreaterThanOrEqual(500)
    expect(['api_error', 'overloaded_error']).toContain(error(answered).type)
  })

  it('a rate limit keeps its status and its retry-after', async () => {
    upstream.script(rateLimited('7'))
    const answered = await client.post(mode)
    expect(answered.status).toBe(429)
    expect(answered.headers.get('retry-after')).toBe('7')
    expect(error(answered).type).toBe('rate_limit_error')
  })

  it('a wrong key is an authentication_error that asks for no retry', async () => {
    upstream.script(wrongKey())
    const answered = await client.post(mode)
    expect(answered.status).toBe(401)
    expect(answered.headers.get('x-should-retry')).toBe('false')
    expect(error(answered).type).toBe('authentication_error')
  })

  it('a refused request keeps the reason', async () => {
    upstream.script(refusal(400, "Unsupported parameter: 'frobnicate'"))
    const answered = await client.post(mode)
    expect(answered.status).toBe(400)
    expect(error(answered)).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining("Unsupported parameter: 'frobnicate'") as string,
    })
  })

  it('too long a prompt is said in the words that the client understands', async () => {
    upstream.script(
      refusal(
        400,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
        { code: 'context_length_exceeded' },
      ),
    )
    const answered = await client.post(mode)
    expect(answered.status).toBe(400)
    expect(error(answered).type).toBe('invalid_request_error')
    expect(error(answered).message.toLowerCase()).toMatch(
      /prompt is too long|maximum context length/,
    )
  })
})

/**
 * Asks for a stream of which the upstream gives two frames and, once the client has read the
 * first bytes of its own, the rest: what goes wrong then goes wrong in mid-stream.
 */
async function broken(
  make: (pauseAt: NonNullable<Delivery['pauseAt']>) => Reply,
): Promise<WireEvent[]> {
  const gate = withResolvers<null>()
  upstream.script(make({ frame: 1, pause: gate.promise }))
  const response = await client.fetch('/v1/messages', hangUp(AbortSignal.timeout(20_000)))
  expect(response.status).toBe(200)
  return parseEvents(await readAll(response, () => gate.resolve(null)))
}

/** The whole body; `onFirst` is called when its first bytes are here. */
async function readAll(response: Response, onFirst: (text: string) => void): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let all = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (all === '') onFirst(part.value)
    all += part.value
  }
  return all
}

describe('after the first event', () => {
  it.each([
    ['the socket is cut', { ending: 'cut' }],
    ['the stream ends without a finish reason', { ending: 'close' }],
  ] as const)('%s: the client gets an error event', async (_name, { ending }) => {
    const list = await broken((pauseAt) => text('half of it', { frames: 2, pauseAt, ending }))
    expect(types(list)).toContain('content_block_delta')
    expect(['api_error', 'overloaded_error']).toContain(expectFailed(list).type)
  })

  it('a cut in the middle of a call: an error event', async () => {
    const call = { name: 'Bash', input: { command: 'ls' } }
    const how = { frames: 2, ending: 'cut' } as const
    expectFailed(await broken((pauseAt) => answer([{ call }], { ...how, pauseAt })))
  })

  it('an error chunk: an error event with its message', async () => {
    const list = await broken((pauseAt) =>
      events(
        [
          chunk({ role: 'assistant', content: '' }),
          chunk({ content: 'half' }),
          { error: { message: 'worker died', code: 500 } },
        ],
        { pauseAt },
      ),
    )
    expect(expectFailed(list).message).toContain('worker died')
  })

  it('a line that is no JSON: an error event, no silent end', async () => {
    const list = await broken((pauseAt) =>
      events([chunk({ role: 'assistant' }), chunk({ content: 'half' }), '{"choices": ['], {
        pauseAt,
      }),
    )
    expectFailed(list)
  })

  it('without stream, a cut answer is an error and not half a message', async () => {
    upstream.script(text('half of it', { frames: 2, ending: 'cut' }))
    const answered = await client.post({ stream: false })
    expect(answered.status).toBeGreaterThanOrEqual(500)
    expect(['api_error', 'overloaded_error']).toContain(error(answered).type)
  })

  it('a missing [DONE] is no fault', async () => {
    upstream.script(text('all of it', { withoutDone: true, ending: 'close' }))
    expect((await client.stream()).message.content).toMatchObject([{ text: 'all of it' }])
  })

  it('a socket held open after [DONE] does not hold the client', async () => {
    upstream.script(text('all of it', { ending: 'hold' }))
    const { message } = await client.stream()
    expect(message.content).toMatchObject([{ text: 'all of it' }])
    expect(message.stop_reason).toBe('end_turn')
  })

  it('any cut of the bytes and CRLF line ends give the same answer', async () => {
    upstream.script(text('grüße, 世界 🙂', { split: 'bytes', newline: '\r\n' }))
    expect((await client.stream()).message.content).toMatchObject([{ text: 'grüße, 世界 🙂' }])
  })

  it('a JSON body where a stream was asked for is an answer all the same', async () => {
    upstream.script(text('whole', { asJson: true }))
    expect((await client.stream()).message.content).toMatchObject([{ text: 'whole' }])
  })
})

const chunk = (delta: object): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: null }],
})

describe('the client', () => {
  it('that hangs up before the first event aborts the upstream', async () => {
    const before = upstream.requests.length
    upstream.script(never())
    const abort = new AbortController()
    const request = client.fetch('/v1/messages', hangUp(abort.signal))
    const seen = await upstream.request(before)
    abort.abort()
    await expect(request).rejects.toThrow()
    expect(await seen.ended).toBe('client-left')
  })

  it('that hangs up in mid-stream aborts the upstream', async () => {
    const before = upstream.requests.length
    upstream.script(
      text('part one, part two', { pauseAt: { frame: 1, pause: new Promise(() => undefined) } }),
    )
    const abort = new AbortController()
    const response = await client.fetch('/v1/messages', hangUp(abort.signal))
    const reader = response.body!.getReader()
    await reader.read()
    const seen = await upstream.request(before)
    abort.abort()
    expect(await seen.ended).toBe('client-left')
  })

  it('that hangs up while it waits for a whole answer aborts the upstream', async () => {
    const before = upstream.requests.length
    upstream.script(never())
    const abort = new AbortController()
    const request = client.fetch('/v1/messages', hangUp(abort.signal, false))
    const seen = await upstream.request(before)
    abort.abort()
    await expect(request).rejects.toThrow()
    expect(await seen.ended).toBe('client-left')
  })

  it('sends what is no JSON: 400', async () => {
    for (const body of ['{"model":', 'hello', '[]', '"x"', '']) {
      const response = await client.fetch('/v1/messages', { method: 'POST', body })
      const answered = (await response.json()) as Answered['body']
      expect(response.status).toBe(400)
      expect(answered).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    }
  })

  it('sends JSON without messages or with odd ones: 400', async () => {
    for (const messages of [undefined, 'hello', 7, [7], [{ role: 'user' }]]) {
      const answered = await client.post({ messages })
      expect(answered.status).toBe(400)
      expect(error(answered).type).toBe('invalid_request_error')
    }
  })

  it('announces more than 64 MB: 413 before it sends them', async () => {
    const answered = await oversized({ 'content-length': String(64 * 1024 * 1024 + 1) })
    expect(answered.status).toBe(413)
    expect(answered.body).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
  })

  it('sends more than 64 MB without announcing it: 413', async () => {
    const answered = await oversized({ 'transfer-encoding': 'chunked' })
    expect(answered.status).toBe(413)
    expect(answered.body).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
  })

  it('asks for a path that is not there: 404 envelope', async () => {
    const response = await client.fetch('/v1/nothing')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ type: 'error' })
  })
})

const hangUp = (signal: AbortSignal, stream = true): RequestInit => ({
  method: 'POST',
  signal,
  body: JSON.stringify({
    model: 'fake,m',
    max_tokens: 9,
    stream,
    messages: [{ role: 'user', content: 'q' }],
  }),
})

/** Posts to the session; with chunked encoding it sends until it is answered or has sent 65 MB. */
function oversized(headers: Record<string, string>): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(`${session.baseUrl}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${session.token}`, ...headers },
    })
    let answered = false
    req.on('response', (res: IncomingMessage) => {
      answered = true
      const parts: Buffer[] = []
      const done = (): void => {
        req.destroy()
        const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown
        resolve({ status: res.statusCode ?? 0, body })
      }
      res.on('data', (part: Buffer) => parts.push(part))
      res.on('end', done)
      res.on('error', reject)
    })
    req.on('error', (cause) => {
      if (!answered) reject(cause)
    })
    req.flushHeaders()
    if (headers['transfer-encoding'] === undefined) return
    const megabyte = Buffer.alloc(1024 * 1024, 0x20)
    const send = (left: number): void => {
      if (answered || left === 0) return
      req.write(megabyte, () => send(left - 1))
    }
    send(65)
  })
}

describe('silence', () => {
  it('is bridged by pings, then the answer comes', async () => {
    const gate = withResolvers<null>()
    const separate = await throwawayCcr({ Providers: [provider()], PING_AFTER_MS: 20 })
    try {
      upstream.script(text('at last', { before: gate.promise }))
      const quiet = messagesClient(await separate.start(), 'fake,m')
      const response = await quiet.fetch('/v1/messages', hangUp(AbortSignal.timeout(20_000)))
      expect(response.status).toBe(200)
      const all = await readAll(response, (first) => {
        expect(first).toContain('event: ping')
        gate.resolve(null)
      })
      const list = parseEvents(all)
      expect(types(list).filter((type) => type === 'message_start')).toHaveLength(1)
      expect(types(list).at(-1)).toBe('message_stop')

      // A refusal that comes too late for a status of its own.
      const later = withResolvers<null>()
      upstream.script(refusal(429, 'too fast', { before: later.promise }))
      const late = await quiet.fetch('/v1/messages', hangUp(AbortSignal.timeout(20_000)))
      const failed = parseEvents(await readAll(late, () => later.resolve(null))).at(-1)
      expect(failed).toMatchObject({
        event: 'error',
        data: { type: 'error', error: { type: 'rate_limit_error' } },
      })
    } finally {
      await separate.remove()
    }
  })

  it('that never ends is a timeout_error after API_TIMEOUT_MS', async () => {
    const separate = await throwawayCcr({ Providers: [provider()], API_TIMEOUT_MS: 200 })
    try {
      upstream.script(never())
      const hasty = messagesClient(await separate.start(), 'fake,m')
      for (const stream of [true, false]) {
        const answered = await hasty.post({ stream })
        expect(answered.status).toBe(504)
        expect(error(answered).type).toBe('timeout_error')
      }
      // In mid-stream; on a machine so busy that even the first byte is late, 504 again.
      upstream.script(text('half of it', { frames: 2, ending: 'hold' }))
      const late = await hasty.fetch('/v1/messages', hangUp(AbortSignal.timeout(20_000)))
      const body = await late.text()
      if (late.status !== 504) expect(expectFailed(parseEvents(body)).type).toBe('timeout_error')
    } finally {
      await separate.remove()
    }
  })
})

describe('the port', () => {
  it('answers the probes', async () => {
    for (const method of ['HEAD', 'GET']) {
      expect((await client.fetch('/', { method })).status).toBe(200)
    }
    expect((await client.fetch('/health')).status).toBe(200)
  })

  it('lists the configured models', async () => {
    const response = await client.fetch('/v1/models?limit=1000')
    expect(response.status).toBe(200)
    const { data } = (await response.json()) as { data: { id: string }[] }
    expect(data.map((model) => model.id).join(' ')).toContain('fake,m')
  })

  it('counts tokens: more text, more tokens', async () => {
    const count = async (content: string): Promise<number> => {
      const response = await client.fetch('/v1/messages/count_tokens?beta=true', {
        method: 'POST',
        body: JSON.stringify({ model: 'fake,m', messages: [{ role: 'user', content }] }),
      })
      expect(response.status).toBe(200)
      const { input_tokens } = (await response.json()) as { input_tokens: number }
      return input_tokens
    }
    const few = await count('hello')
    const many = await count('hello there, '.repeat(400))
    expect(few).toBeGreaterThan(0)
    expect(many).toBeGreaterThan(few + 400)
  })

  it('refuses the token of another session, without a retry', async () => {
    const wrong = session.token.slice(0, -4) + 'zzzz'
    const response = await fetch(`${session.baseUrl}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${wrong}` },
      body: '{}',
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } })
  })

  it('refuses the name of another host, and a page of another origin', async () => {
    expect((await withHeaders({ host: 'evil.example' })).status).toBe(403)
    expect((await withHeaders({ origin: 'https://evil.example' })).status).toBe(403)
  })
})

/** GET /v1/models with headers that fetch would not let through. */
function withHeaders(headers: Record<string, string>): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    httpRequest(
      `${session.baseUrl}/v1/models`,
      { headers: { authorization: `Bearer ${session.token}`, ...headers } },
      (res) => {
        res.resume()
        resolve({ status: res.statusCode ?? 0 })
      },
    )
      .on('error', reject)
      .end()
  })
}

it('after all that the daemon is the same, and its log holds no secret', async () => {
  const sessions = JSON.parse((await ccr.run(['sessions', '--json'])).stdout) as unknown[]
  expect(sessions).toMatchObject([{ pid: session.pid, state: 'running' }])
  const log = await ccr.log(session.sessionId)
  expect(log).not.toBe('')
  expect(log).not.toContain(KEY)
  expect(log).not.toContain(session.token)
})
