/** The faults of a provider: what it sends and how it ends, written by hand. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** The right answer. */
  readonly answer: string
  /** Resolves when the client has received a part of it. */
  readonly received: Promise<void>
}

export interface Fault {
  readonly name: string
  /** The request may be billed: something of an answer was given before, or none ever came. */
  readonly billed: boolean
  /** Something of an answer was given before. */
  readonly begun: boolean
  readonly happen: (exchange: Exchange) => void
}

export function frame(delta: object, finish: string | null = null): string {
  const chunk = { id: 'x', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] }
  return `data: ${JSON.stringify(chunk)}\n\n`
}

const ROLE = frame({ role: 'assistant', content: '' })
const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } })}\n\n`

/** A whole good answer, as the pieces in which it is written. */
export function goodFrames(answer: string): readonly string[] {
  const middle = Math.ceil(answer.length / 2)
  const [left, right] = [answer.slice(0, middle), answer.slice(middle)]
  const contentFrames = [frame({ content: left }), frame({ content: right })]
  return [ROLE, ...contentFrames, frame({}, 'stop'), USAGE, 'data: [DONE]\n\n']
}

function headed(res: ServerResponse, type = 'text/event-stream'): ServerResponse {
  return res.writeHead(200, { 'content-type': type })
}

function begun(res: ServerResponse, ...frames: readonly string[]): ServerResponse {
  headed(res).flushHeaders()
  res.write(frames.join(''))
  return res
}

type Happen = Fault['happen']

function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Happen {
  const text = body ?? JSON.stringify({ error: { message: 'in trouble', code } })
  return ({ res }) =>
    res.writeHead(code, { 'content-type': 'application/json', ...headers }).end(text)
}

/** Every way in which `retry-after` is written, right or wrong. */
const DIALECTS: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  'without retry-after': () => ({}),
  'retry-after in seconds': () => ({ 'retry-after': '1' }),
  'retry-after of zero': () => ({ 'retry-after': '0' }),
  'retry-after with a fraction': () => ({ 'retry-after': '0.2' }),
  'retry-after as a date': () => ({ 'retry-after': new Date(Date.now() + 1000).toUTCString() }),
  'retry-after in the past': () => ({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
  'retry-after below zero': () => ({ 'retry-after': '-5' }),
  'retry-after that is nothing': () => ({ 'retry-after': 'soon, I hope' }),
  'retry-after-ms': () => ({ 'retry-after-ms': '150' }),
  'x-ratelimit-reset': () => ({ 'x-ratelimit-reset-requests': '120ms' }),
}

/**
 * Longer than the end of an idle connection takes to cross a request: who dies later has read it.
 * Ends at once, on new and on kept connections, are tried in src/upstream/delivery.test.ts.
 */
const THINKING_MS = 1000

function afterThought(then: Happen): Happen {
  return (exchange) => void setTimeout(then, THINKING_MS, exchange)
}

/** The provider has the request, and nothing tells what becomes of it. */
const UNANSWERED: Readonly<Record<string, Happen>> = {
  'a reset connection': afterThought(({ req }) => req.socket.resetAndDestroy()),
  'a closed connection': afterThought(({ req }) => req.socket.destroy()),
  'no answer at all': () => undefined,
  'half a status line': ({ req }) => req.socket.end('HTTP/1.1 200 O'),
  'a status line and silence': ({ res }) => headed(res).flushHeaders(),
  'a role and silence': ({ res }) => void begun(res, ROLE),
  'half a frame and a cut': ({ req, res }) => {
    begun(res, ROLE.slice(0, 40))
    setImmediate(() => req.socket.destroy())
  },
  'less than the length says': ({ res }) =>
    res
      .writeHead(200, { 'content-type': 'text/event-stream', 'content-length': '999999' })
      .end(ROLE),
}

/** The provider says itself that it has nothing to give, well or badly. */
const BEFORE: Readonly<Record<string, Happen>> = {
  'no HTTP': ({ req }) => req.socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
  'a status line and the end': ({ res }) => headed(res).end(),
  'a role and the end': ({ res }) => void begun(res, ROLE).end(),
  'nothing but [DONE]': ({ res }) => headed(res).end('data: [DONE]\n\n'),
  'an error in a 200 stream': ({ res }) =>
    headed(res).end(`data: ${JSON.stringify({ error: { message: 'overloaded', code: 503 } })}\n\n`),
  'an error in a 200': ({ res }) =>
    headed(res, 'application/json').end('{"error":{"message":"overloaded","code":503}}'),
  'an empty object in a 200': ({ res }) => headed(res, 'application/json').end('{}'),
  'a web page in a 200': ({ res }) => headed(res, 'text/html').end('<html><title>Log in</title>'),
  'a text in a 200': ({ res }) => headed(res, 'text/plain').end('all is well'),
  'bytes in a 200': ({ res }) =>
    headed(res, 'application/octet-stream').end(Buffer.from([0, 255, 254, 10, 10, 128])),
  'a redirect': status(302, { location: 'http://127.0.0.1:1/' }),
  'a 500': status(500),
  'a 500 without a word': status(500, {}, ''),
  'a 502 web page': status(
    502,
    { 'content-type': 'text/html' },
    '<html><title>Bad gateway</title>',
  ),
  'a 503': status(503, { 'retry-after': '1' }),
  'a 504': status(504),
  'a 529': status(529),
}

/** A good beginning; `then` runs when the client has received the first word. */
function afterOneWord(then: (exchange: Exchange) => void): Happen {
  return (exchange) => {
    const { res, answer, received } = exchange
    begun(res, ROLE, frame({ content: answer.slice(0, 3) }))
    void received.then(() => then(exchange))
  }
}

const AFTER: Readonly<Record<string, Happen>> = {
  'a cut after the first word': afterOneWord(({ req }) => req.socket.destroy()),
  'a reset after the first word': afterOneWord(({ req }) => req.socket.resetAndDestroy()),
  'silence after the first word': afterOneWord(() => undefined),
  'half a frame after the first word': afterOneWord(({ res }) => res.end('data: {"choi')),
  'the end after the first word': afterOneWord(({ res }) => res.end()),
  'an error after the first word': afterOneWord(({ res }) =>
    res.end('data: {"error":{"message":"lost it","code":500}}\n\n'),
  ),
}

const HARMLESS = { billed: false, begun: false }

export const FAULTS: readonly Fault[] = [
  ...Object.entries(BEFORE).map(([name, happen]) => ({ name, happen, ...HARMLESS })),
  ...Object.entries(DIALECTS).map(([name, headers]) => ({
    name: `a 429 ${name}`,
    happen: (exchange: Exchange) => status(429, headers())(exchange),
    ...HARMLESS,
  })),
  ...Object.entries(UNANSWERED).map(([name, happen]) => ({
    name,
    happen,
    billed: true,
    begun: false,
  })),
  ...Object.entries(AFTER).map(([name, happen]) => ({ name, happen, billed: true, begun: true })),
]
