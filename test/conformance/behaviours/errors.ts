/** Which error the client gets when the provider refuses or fails. */
import assert from 'node:assert/strict'
import { parseEvents } from '../../support/client.ts'
import { withResolvers } from '../../support/upstream.ts'
import { type Behaviour, FINE } from '../behaviour.ts'
import { scriptFor, exchange } from '../run-behaviour.ts'
import type { Row } from '../row.ts'
import type { Script, Harness } from '../harness.ts'
import type { Fault, ModelAnswer } from '../neutral-form.ts'

const QUESTION_BODY = { max_tokens: 6000, messages: [{ role: 'user', content: 'hi' }] }

interface ClientError {
  readonly status: number
  readonly type: string
  readonly message: string
  readonly headers: Headers
}

/** The client's error if the provider's answer never began. */
async function errorOf(harness: Harness, stream: boolean): Promise<ClientError> {
  const response = await harness.post({ ...QUESTION_BODY, stream })
  const text = await response.text()
  assert.notEqual(response.status, 200, `an answer: ${text}`)
  const body = JSON.parse(text) as {
    readonly type: string
    readonly error: { readonly type: string; readonly message: string }
  }
  assert.equal(body.type, 'error')
  return { status: response.status, headers: response.headers, ...body.error }
}

function failing(row: Row, fault: Fault, headers: Readonly<Record<string, string>> = {}): Script {
  const { status, body, headers: faultHeaders } = row.fault(fault)
  return {
    status,
    type: 'application/json',
    headers: { ...faultHeaders, ...headers },
    writes: [JSON.stringify(body)],
  }
}

/** A provider's HTTP error and the client's, streamed and not streamed. */
function refused(
  name: string,
  fault: Fault,
  expected: {
    readonly status: number
    readonly type: string
    readonly message?: RegExp
    readonly headers?: Readonly<Record<string, string>>
  },
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return {
    name,
    run: async (harness) => {
      harness.script(() => failing(harness.row, fault, headers))
      for (const stream of [true, false]) {
        const error = await errorOf(harness, stream)
        assert.equal(error.status, expected.status)
        assert.equal(error.type, expected.type)
        assert.match(error.message, expected.message ?? new RegExp(fault.message))
        for (const [header, value] of Object.entries(expected.headers ?? {})) {
          assert.equal(error.headers.get(header), value, header)
        }
      }
    },
  }
}

/** The client reads that it failed, and nothing that looks like an end. */
async function endsInError(response: Response): Promise<string> {
  const text = await response.text()
  if (response.status !== 200) {
    const { type, error } = JSON.parse(text) as { type: string; error: { message: string } }
    assert.equal(type, 'error')
    return error.message
  }
  const events = parseEvents(text)
  const types = events.map(({ event }) => event)
  assert.equal(types.at(-1), 'error', types.join())
  assert.ok(!types.includes('message_stop') && !types.includes('message_delta'), types.join())
  return (events.at(-1)?.data['error'] as { message: string }).message
}

const HALF: ModelAnswer = { pieces: [{ text: 'half an ans' }] }
const LATE: Fault = { status: 503, message: 'the engine gave up' }

export const ERRORS: readonly Behaviour[] = [
  refused(
    'a refused request keeps its reason',
    { status: 400, message: 'frobnicate is not supported' },
    { status: 400, type: 'invalid_request_error' },
  ),
  refused(
    'a wrong key is reported, with the advice not to retry',
    { status: 401, message: 'wrong key' },
    { status: 401, type: 'authentication_error', headers: { 'x-should-retry': 'false' } },
  ),
  refused(
    'an unknown model is reported',
    { status: 404, message: 'The model m does not exist' },
    { status: 404, type: 'not_found_error' },
  ),
  {
    name: 'any other 404 is not taken for a missing model',
    run: async (harness) => {
      const body = JSON.stringify({ message: 'no such path' })
      harness.script(() => ({ status: 404, type: 'application/json', writes: [body] }))
      const error = await errorOf(harness, true)
      assert.equal(error.type, 'invalid_request_error')
      assert.equal(error.status, 400)
    },
  },
  refused(
    'a rate limit keeps its status and how long to wait',
    { status: 429, message: 'slow down' },
    { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '7' } },
    { 'retry-after': '7' },
  ),
  refused(
    'a failure of the provider stays one',
    { status: 500, message: 'it broke' },
    { status: 500, type: 'api_error' },
  ),
  {
    name: 'an overloaded provider is told (503, 529)',
    run: async (harness) => {
      for (const status of [503, 529]) {
        harness.script(() => failing(harness.row, { status, message: 'too busy' }))
        const error = await errorOf(harness, true)
        assert.equal(error.type, 'overloaded_error')
        assert.equal(error.status, status)
      }
    },
  },
  refused(
    'a prompt that does not fit is reported in the words that the client understands',
    { status: 400, message: '', overflow: true },
    {
      status: 400,
      type: 'invalid_request_error',
      message: /^prompt is too long: 130000 tokens > 128000 maximum/,
    },
  ),
  {
    name: 'an answer that would not fit beside the prompt is asked for again, shorter',
    run: async (harness) => {
      const { row } = harness
      const message =
        "This model's maximum context length is 32768 tokens. However, you requested 35000 tokens (20000 in the messages, 15000 in the completion)."
      harness.script(() => failing(row, { status: 400, message }), scriptFor(row, FINE))
      const { seen, dropped } = await exchange(harness, { ...QUESTION_BODY, max_tokens: 15_000 }, 1)
      const { maxTokens = 0 } = seen.request
      assert.ok(maxTokens > 12_000 && maxTokens < 12_768, String(maxTokens))
      assert.deepEqual(dropped, ['max_tokens'])
    },
  },
  {
    name: 'a web page with status 200 is an error without the page',
    run: async (harness) => {
      const page = '<!doctype html><html><title>Log in</title><body>secret page</body></html>'
      harness.script(() => ({ type: 'text/html; charset=utf-8', writes: [page] }))
      for (const stream of [true, false]) {
        const { status, type, message } = await errorOf(harness, stream)
        assert.ok(status >= 500)
        assert.equal(type, 'api_error')
        assert.ok(!message.includes('secret page'))
      }
    },
  },
  {
    name: 'an error that opens a 200 stream keeps its own status',
    run: async (harness) => {
      const { row } = harness
      const pieces = [{ fault: { status: 429, message: 'slow down' } }]
      harness.script(() => ({ writes: row.frames({ pieces }) }))
      for (const stream of [true, false]) {
        const { status, type, message } = await errorOf(harness, stream)
        assert.equal(status, 429)
        assert.equal(type, 'rate_limit_error')
        assert.match(message, /slow down/)
      }
    },
  },
  {
    name: 'an error in the middle of a stream ends it in an error',
    run: async (harness) => {
      const { row } = harness
      const pieces = [...HALF.pieces, { fault: LATE }]
      harness.script(() => ({ writes: row.frames({ pieces }) }))
      const message = await endsInError(await harness.post({ ...QUESTION_BODY, stream: true }))
      assert.match(message, /the engine gave up/)
    },
  },
  {
    name: 'a stream that ends before its end is an error, not an end',
    run: async (harness) => {
      harness.script(() => ({ writes: harness.row.frames(HALF) }))
      await endsInError(await harness.post({ ...QUESTION_BODY, stream: true }))
    },
  },
  {
    name: 'a stream whose socket is cut is an error, not an end',
    run: async (harness) => {
      const gate = withResolvers<null>()
      const writes = harness.row.frames(HALF)
      const pause = { after: writes.length, until: gate.promise }
      harness.script(() => ({ writes, pause, ending: 'cut' }))
      const posted = harness.post({ ...QUESTION_BODY, stream: true })
      await harness.seen(0)
      const response = await posted
      gate.resolve(null)
      await endsInError(response)
    },
  },
  {
    name: 'an answer that breaks off is no message for who did not ask for a stream',
    run: async (harness) => {
      const { row } = harness
      const broken = Buffer.from(JSON.stringify(row.whole({ ...HALF, finish: 'end' })))
      harness.script(() =>
        row.passesThrough
          ? { type: 'application/json', writes: [broken.subarray(0, 40)], ending: 'cut' }
          : { writes: row.frames(HALF) },
      )
      const response = await harness.post({ ...QUESTION_BODY, stream: false })
      const body = await response.text().catch(() => 'broken off')
      assert.ok(response.status >= 500 || body === 'broken off', `${response.status}: ${body}`)
    },
  },
]
