/** Checks of what goes wrong: with the upstream, or with the client. */
import { whole } from '../client.mjs'
import { clearInterval, setInterval } from 'node:timers'
import { delta, json, stream } from '../upstream.mjs'

const HELLO = [{ role: 'user', content: 'hello' }]
const ASK = { messages: HELLO }
/** How long an upstream may go on after its client has gone, ms. */
const ABORT_MS = 2_500
/** A ping is due after 20 s of silence. */
const SILENCE_MS = 25_000

const BOTH = ['messages', 'chat']

export const FAILURES = [
  {
    name: 'the client goes away',
    right: 'the upstream is closed',
    fronts: BOTH,
    run: abort,
  },
  {
    name: `${SILENCE_MS / 1000} s of silence`,
    right: 'a ping',
    run: silence,
  },
  {
    name: 'the connection breaks within an answer',
    right: 'an error event',
    fronts: BOTH,
    run: cut,
  },
  {
    name: 'an error within a stream of status 200',
    right: 'an error',
    fronts: BOTH,
    run: errorChunk,
  },
  { name: 'a stream without a finish reason', right: 'an error', run: noFinish },
  { name: 'status 429', right: '429 `rate_limit_error`, Retry-After', fronts: BOTH, run: tooMany },
  {
    name: 'the prompt is too long',
    right: '400 `prompt is too long: N tokens > M maximum`',
    run: tooLong,
  },
]

async function abort({ client, upstream }) {
  const { promise: ended, resolve } = Promise.withResolvers?.() ?? withResolvers()
  upstream.play((_, res) => {
    const send = stream(res)
    let count = 0
    const timer = setInterval(() => {
      send(delta({ content: `word ${count} ` }))
      count += 1
      if (count * 100 > ABORT_MS) res.end('data: [DONE]\n\n')
    }, 100)
    res.on('close', () => {
      clearInterval(timer)
      resolve({ closedEarly: !res.writableFinished, at: performance.now() })
    })
  })
  const { req, response } = client.open(ASK)
  const first = await firstBytes(await response.catch(() => undefined))
  if (first === undefined) {
    req.destroy()
    return { right: false, seen: 'no answer' }
  }
  const gone = performance.now()
  req.destroy()
  const { closedEarly, at } = await ended
  const after = `${((at - gone) / 1000).toFixed(1)} s`
  return {
    right: closedEarly && at - gone < 1_000,
    seen: closedEarly ? `closed after ${after}` : 'the upstream runs to its end',
  }
}

function withResolvers() {
  const parts = {}
  parts.promise = new Promise((resolve) => (parts.resolve = resolve))
  return parts
}

/** The first bytes of an answer, or undefined if it has none. */
async function firstBytes(response) {
  if (response === undefined) return undefined
  return new Promise((resolve) => {
    response.once('data', resolve)
    response.once('end', () => resolve(undefined))
    response.once('error', () => resolve(undefined))
  })
}

async function silence({ client, upstream }) {
  upstream.play((_, res) => {
    const send = stream(res)
    setTimeout(() => {
      if (res.destroyed) return
      send(delta({ content: 'late' }, 'stop'))
      res.end('data: [DONE]\n\n')
    }, SILENCE_MS + 1_000)
  })
  const { text } = await whole(client.open(ASK), SILENCE_MS)
  if (/^event: ping/m.test(text)) return { right: true, seen: 'a ping' }
  if (text.startsWith('no answer')) return { right: false, seen: 'not a byte' }
  return { right: false, seen: `${text.trim() ? 'no ping' : 'the status line only'}` }
}

async function cut({ client, upstream }) {
  upstream.play(async (_, res) => {
    const send = stream(res)
    send(delta({ role: 'assistant', content: 'half an ' }))
    setTimeout(() => res.destroy(), 200)
  })
  return ending(await client.ask(ASK))
}

async function errorChunk({ client, upstream }) {
  upstream.play((_, res) => {
    const send = stream(res)
    send({ error: { message: 'the engine is overloaded', type: 'server_error', code: 503 } })
    res.end('data: [DONE]\n\n')
  })
  return ending(await client.ask(ASK))
}

async function noFinish({ client, upstream }) {
  upstream.play((_, res) => {
    const send = stream(res)
    send(delta({ role: 'assistant', content: 'half an ' }))
    res.end()
  })
  return ending(await client.ask(ASK))
}

/** An answer that must end in an error. */
function ending({ status, end, stopReason, error, text }) {
  if (status === 0) return { right: false, seen: text }
  if (status !== 200) return { right: status >= 400, seen: `status ${status}` }
  if (end === 'error')
    return {
      right: true,
      seen: `error event${error?.type ? ` \`${error.type}\`` : ' without a type'}`,
    }
  if (end === 'cut') return { right: false, seen: 'the stream just ends' }
  return { right: false, seen: `ends as if whole, \`${stopReason}\`` }
}

async function tooMany({ client, upstream }) {
  upstream.play((_, res) =>
    json(
      res,
      429,
      {
        error: {
          message: 'Rate limit reached for requests',
          type: 'requests',
          code: 'rate_limit_exceeded',
        },
      },
      { 'retry-after': '2' },
    ),
  )
  const { status, headers, error, text } = await client.ask(ASK)
  if (status === 0) return { right: false, seen: text }
  const retryAfter = headers['retry-after']
  const seen = `${status} \`${error?.type ?? 'no type'}\`, ${retryAfter ? `Retry-After ${retryAfter}` : 'no Retry-After'}`
  const isType = client.front === 'chat' || error?.type === 'rate_limit_error'
  return { right: status === 429 && isType && Number(retryAfter) > 0, seen }
}

async function tooLong({ client, upstream }) {
  const message =
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages."
  upstream.play((_, res) =>
    json(res, 400, {
      error: {
        message,
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    }),
  )
  const { status, error } = await client.ask(ASK)
  const words = String(error?.message ?? '')
  const isClients = /prompt is too long: 9000 tokens > 8192 maximum/.test(words)
  return {
    right: status === 400 && error?.type === 'invalid_request_error' && isClients,
    seen: `${status} \`${error?.type ?? 'no type'}\`, ${isClients ? "the client's words" : "the upstream's words"}`,
  }
}
