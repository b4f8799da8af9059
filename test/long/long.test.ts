/** Sessions that live past every limit of the program, on a clock that is moved forward. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import { sessionRef } from '../../src/session/identity.ts'
import { collected } from '../support/ccr.ts'
import { messagesClient, parseEvents } from '../support/client.ts'
import { refusal, type Reply, text } from '../support/replies.ts'
import { chatBytes } from '../support/stream.ts'
import { type Seen, startUpstream, type Upstream, withResolvers } from '../support/upstream.ts'
import { startHarness, PATIENCE, type Harness } from './harness.ts'

/**
 * Twice it is more than any limit of the program on what goes on, once less than that on a
 * provider's silence (600 s), and more than all others: on getting ready, idling, pinging,
 * trimming, resting after failures, holding money.
 */
const SILENCE_S = 400
const HOUR_S = 3600
/** Of an answer: 120 tokens in and 12 out, USD. */
const COST = (120 * 10 + 12 * 20) / 1e6

let upstream: Upstream
let harness: Harness

beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await harness.remove()
  await upstream.close()
})

function config(more: object = {}): object {
  const models = ['one', 'two', 'three', 'brittle', 'spare']
  return {
    Providers: [{ name: 'fake', api_base_url: upstream.chatUrl, api_key: 'k', models }],
    Prices: Object.fromEntries(models.map((model) => [`fake,${model}`, { input: 10, output: 20 }])),
    Budgets: [{ limit: 1000, per: 'month' }],
    Router: { default: 'fake,brittle' },
    ...more,
  }
}

const answering = (reply: (seen: Seen) => Reply): void => upstream.script(reply)
const whole = (seen: Seen): string => `the whole answer of ${seen.body.model}`

/** The daemon of a preference: its pid, and how many clients hold it. */
async function daemon(preference?: string): Promise<{ pid: number; clients: number }> {
  const { pid, referenceCount } = await harness.session(preference)
  return { pid, clients: referenceCount }
}

test('a terminal, a stream and a comparison whose answers outlive every limit keep their daemons', async () => {
  harness = await startHarness(config())
  const [begin, end] = [withResolvers<unknown>(), withResolvers<unknown>()]
  const slow = (seen: Seen): Reply =>
    text(whole(seen), {
      pieces: 8,
      before: begin.promise,
      pauseAt: { frame: 4, pause: end.promise },
    })
  answering((seen) =>
    JSON.stringify(seen.body.messages).includes('slowly') ? slow(seen) : text(whole(seen)),
  )

  const terminal = await harness.terminal('fake,one')
  expect(await terminal.ask('hello')).toBe('200 the whole answer of one')
  const first = await harness.session('fake,one')
  const streaming = messagesClient(first, `ccr-${first.sessionId}`).wire({
    messages: [{ role: 'user', content: 'slowly, in a stream' }],
  })
  const asking = terminal.ask('slowly, as a document')
  const models = ['-m', 'fake,two', '-m', 'fake,three']
  const comparing = collected(
    harness.ccr.spawn(['compare', ...models, '--timeout', '86400', '--json', 'slowly']),
  )
  await upstream.request(4)
  const before = await harness.sessions()
  expect(before.map(({ referenceCount }) => referenceCount)).toEqual([1, 1, 1])

  await harness.pass(SILENCE_S)
  expect(await harness.sessions()).toMatchObject(
    before.map(({ pid }) => ({ pid, referenceCount: 1 })),
  )
  begin.resolve(undefined)
  await harness.sessions() // meanwhile the first piece of each answer has come
  await harness.pass(SILENCE_S)
  expect(await harness.sessions()).toMatchObject(
    before.map(({ pid }) => ({ pid, referenceCount: 1 })),
  )
  end.resolve(undefined)

  expect(await asking).toBe('200 the whole answer of one')
  const events = await streaming
  const texts = events.map(
    ({ data }) => (data['delta'] as { text?: string } | undefined)?.text ?? '',
  )
  expect(texts.join('')).toBe('the whole answer of one')
  expect(events.at(-1)?.event).toBe('message_stop')
  expect(events.filter(({ event }) => event === 'ping').length).toBeGreaterThan(SILENCE_S / 10)
  const ran = await comparing
  expect(ran.code, ran.stderr).toBe(0)
  const { models: compared } = JSON.parse(ran.stdout) as { models: { totalMs: number }[] }
  expect(compared).toMatchObject(
    ['two', 'three'].map((name) => ({
      outcome: 'answered',
      answer: `the whole answer of ${name}`,
    })),
  )
  for (const { totalMs } of compared) expect(totalMs).toBeGreaterThan(2 * SILENCE_S * 1000)

  // No request for hours: affects keep-alive, the token worker and reservations of money.
  await harness.pass(2 * HOUR_S)
  expect(await terminal.ask('still there?')).toBe('200 the whole answer of one')
  expect(await daemon('fake,one')).toEqual({ pid: first.pid, clients: 1 })
  expect(await daemon('fake,two')).toMatchObject({ clients: 0 })
  expect(await terminal.leave()).toBe(0)
  expect(terminal.complaint).toBe('')
  await vi.waitFor(async () => {
    expect(await daemon('fake,one')).toEqual({ pid: first.pid, clients: 0 })
  }, PATIENCE)
  // A row is written within half a second of its request's end.
  await vi.waitFor(async () => {
    const usage = JSON.parse((await harness.succeed(['usage', '--json'])).stdout) as {
      total: { requests: number }
    }
    expect(usage.total).toMatchObject({ requests: 6, errors: 0, aborted: 0, cost: 6 * COST })
  }, PATIENCE)
  for (const { sessionId } of before) {
    expect(await harness.ccr.log(sessionId)).not.toMatch(/"level":"(error|warn)"/)
  }
})

test('a silent provider: the headers and pings go out, and the next candidate may still answer', async () => {
  harness = await startHarness(config({ fallback: { default: ['fake,spare'] } }))
  const fail = withResolvers<unknown>()
  answering((seen) =>
    seen.body.model === 'brittle'
      ? refusal(503, 'down', { before: fail.promise })
      : text(whole(seen)),
  )
  await harness.succeed(['start'])
  const client = messagesClient(await harness.session(), 'fake,brittle')
  const document = client.post()
  const streaming = client.fetch('/v1/messages', {
    method: 'POST',
    body: JSON.stringify({
      model: 'fake,brittle',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'hello?' }],
    }),
  })
  await upstream.request(1)
  await harness.pass(15)
  const response = await streaming
  expect([response.status, response.headers.get('x-ccr-model')]).toEqual([200, 'fake,brittle'])
  await harness.pass(10)
  fail.resolve(undefined)
  const events = parseEvents(await response.text()).map(({ event }) => event)
  expect(events.slice(0, 2)).toEqual(['ping', 'ping'])
  expect(events.filter((event) => event === 'message_start')).toHaveLength(1)
  expect(events.at(-1)).toBe('message_stop')
  expect(await document).toMatchObject({
    status: 200,
    body: { content: [{ text: 'the whole answer of spare' }] },
  })
})

test('a daemon that was revived, or has taken over, lives as long as any other', async () => {
  harness = await startHarness(config())
  answering((seen) => text(whole(seen)))
  const terminal = await harness.terminal('fake,one')
  const { pid: crashed } = await daemon('fake,one')
  process.kill(crashed, 'SIGKILL')
  await vi.waitFor(async () => {
    expect(await daemon('fake,one')).toEqual({ pid: expect.any(Number) as number, clients: 1 })
  }, PATIENCE)
  const { pid: revived } = await daemon('fake,one')
  expect(revived).not.toBe(crashed)
  await harness.pass(SILENCE_S)
  expect(await daemon('fake,one')).toEqual({ pid: revived, clients: 1 })
  expect(await terminal.ask('hello')).toBe('200 the whole answer of one')

  await harness.succeed(['restart'], 'fake,one')
  const { pid: next } = await daemon('fake,one')
  expect(next).not.toBe(revived)
  // The one before starts it, and then has nothing more to do.
  await vi.waitUntil(() => processStart(revived) === null, PATIENCE)
  await harness.pass(SILENCE_S)
  expect(await daemon('fake,one')).toEqual({ pid: next, clients: 1 })
  expect(await terminal.ask('hello')).toBe('200 the whole answer of one')
  expect(await terminal.leave()).toBe(0)
})

test('a stream may take as long to finish as a stop allows', async () => {
  harness = await startHarness(config())
  const end = withResolvers<unknown>()
  answering((seen) => text(whole(seen), { pauseAt: { frame: 1, pause: end.promise } }))
  await harness.succeed(['start'], 'fake,one')
  const session = await harness.session('fake,one')
  const { pid } = session
  const streaming = messagesClient(session, `ccr-${session.sessionId}`).stream()
  await upstream.request(0)
  const stopping = collected(
    harness.ccr.spawn(['stop', '--drain', '9999999'], { preference: 'fake,one' }),
  )
  await vi.waitFor(async () => {
    expect((await harness.session('fake,one')).state).toBe('draining')
  }, PATIENCE)
  await harness.pass(SILENCE_S)
  expect(await harness.session('fake,one')).toMatchObject({ pid, state: 'draining' })
  end.resolve(undefined)
  const { message } = await streaming
  expect(message.content).toMatchObject([{ text: 'the whole answer of one' }])
  expect(await stopping).toMatchObject({ code: 0, stderr: '' })
  expect(processStart(pid)).toBeNull()
})

test('what rests after failures is asked again, and the log goes on in a new file', async () => {
  harness = await startHarness(
    config({ fallback: { default: ['fake,spare'] }, Retry: { attempts: 0 } }),
  )
  const { dir } = sessionRef({ CCR_HOME: harness.ccr.ccrHome })
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const log = join(dir, 'router.log')
  writeFileSync(log, `${'x'.repeat(1023)}\n`.repeat(10_300), { mode: 0o600 })

  let isDown = true
  answering((seen) =>
    isDown && seen.body.model === 'brittle' ? refusal(500, 'down') : text(whole(seen)),
  )
  const terminal = await harness.terminal()
  const { pid } = await daemon()
  for (let n = 0; n < 5; n += 1)
    expect(await terminal.ask('?')).toBe('200 the whole answer of spare')
  const requestCount = (): number =>
    upstream.requests.filter(({ body }) => body.model === 'brittle').length
  const failed = requestCount()
  expect(await terminal.ask('?')).toBe('200 the whole answer of spare')
  expect(requestCount()).toBe(failed)
  isDown = false
  await harness.pass(SILENCE_S)
  expect(await terminal.ask('?')).toBe('200 the whole answer of brittle')

  expect(statSync(`${log}.1`).size).toBeGreaterThan(10 * 1024 * 1024)
  expect(statSync(log).size).toBeLessThan(1024 * 1024)
  expect(readFileSync(log, 'utf8')).toContain('the session is ready')
  expect(await daemon()).toEqual({ pid, clients: 1 })
  expect(await terminal.leave()).toBe(0)
})

test('a token of Google is renewed before it ends, for as long as the session lives', async () => {
  const tokens: string[] = []
  const seen: (string | undefined)[] = []
  const google = createServer((req, res) => {
    req.resume().once('end', () => {
      if (req.url === '/token') {
        tokens.push(`ya29.${String(tokens.length)}`)
        res.end(JSON.stringify({ access_token: tokens.at(-1), expires_in: HOUR_S }))
        return
      }
      seen.push(req.headers.authorization)
      const parts = [{ text: 'Hi.' }]
      const candidates = [{ content: { parts }, finishReason: 'STOP' }]
      if (req.url?.includes('stream') !== true) res.end(JSON.stringify({ candidates }))
      else {
        res.writeHead(200, { 'content-type': 'text/event-stream' })
        res.end(chatBytes({ candidates }))
      }
    })
  })
  await new Promise<void>((resolve) => google.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((google.address() as AddressInfo).port)}`
  const cloud = {
    name: 'cloud',
    api_base_url: url,
    api_key: 'unused',
    models: ['gemini-2.5-pro'],
    transformer: { use: ['vertex-gemini'] },
  }
  harness = await startHarness(config({ Providers: [cloud], Prices: {}, Router: {} }))
  try {
    const user = { type: 'authorized_user', client_id: 'i', client_secret: 's', refresh_token: 'r' }
    const file = join(harness.ccr.home, 'credentials.json')
    writeFileSync(file, JSON.stringify({ ...user, token_uri: `${url}/token` }))
    const terminal = await harness.terminal('cloud,gemini-2.5-pro', {
      GOOGLE_CLOUD_PROJECT: 'mine',
      GOOGLE_CLOUD_LOCATION: 'us-central1',
      GOOGLE_APPLICATION_CREDENTIALS: file,
    })
    const { pid } = await daemon('cloud,gemini-2.5-pro')
    for (let hour = 0; hour < 4; hour += 1) {
      expect(await terminal.ask('?')).toBe('200 Hi.')
      expect(await terminal.ask('?')).toBe('200 Hi.')
      await harness.pass(HOUR_S)
    }
    expect(tokens).toHaveLength(4)
    expect(seen).toEqual(tokens.flatMap((token) => [`Bearer ${token}`, `Bearer ${token}`]))
    expect(await daemon('cloud,gemini-2.5-pro')).toEqual({ pid, clients: 1 })
    expect(await terminal.leave()).toBe(0)
  } finally {
    google.closeAllConnections()
    google.close()
  }
})
