/**
 * A fake provider for tests: a real HTTP server on loopback that speaks OpenAI Chat Completions
 * and Anthropic Messages, keeps every request, and answers by a script. Its answers are written
 * by hand (replies.ts, wire.ts).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { refusal, type Delivery, type Pause, type Reply } from './replies.ts'
import { frames, whole, type Frame, type Wire } from './wire.ts'

/** A part of a message in either protocol; tests assert on it, it is not validated. */
export interface SeenPart {
  readonly type: string
  readonly text?: string
  readonly [field: string]: unknown
}

export interface SeenMessage {
  readonly role: string
  readonly content: string | readonly SeenPart[] | null
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
  readonly tool_call_id?: string
  readonly [field: string]: unknown
}

/** A request body on either wire, as the tests read it. */
export interface SeenBody {
  readonly model: string
  readonly messages: readonly SeenMessage[]
  readonly tools?: readonly { readonly [field: string]: unknown }[]
  readonly stream?: boolean
  readonly [field: string]: unknown
}

/** One request as it arrived. */
export interface Seen {
  /** 0 for the first request of this server. */
  readonly n: number
  readonly wire: Wire
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The parsed body; an empty object where it is no JSON (see `raw`). */
  readonly body: SeenBody
  readonly raw: string
  /** How the exchange ended: the answer went out whole, the client left first, or we cut. */
  readonly ended: Promise<'answered' | 'client-left' | 'cut'>
}

export type Script = Reply | readonly Reply[] | ((request: Seen) => Reply | Promise<Reply>)

export interface Upstream {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** The complete endpoints, as a provider's `api_base_url` names them. */
  readonly chatUrl: string
  readonly messagesUrl: string
  /** Every request so far, in order of arrival. */
  readonly requests: readonly Seen[]
  /** The n-th request (0 is the first), as soon as it is here. */
  request(n: number): Promise<Seen>
  /** What to answer from now on; a list is used up from its start. */
  script(script: Script): void
  close(): Promise<void>
}

/** Starts the fake on 127.0.0.1 and a port that the system chooses. */
export async function startUpstream(script: Script = []): Promise<Upstream> {
  const requests: Seen[] = []
  const waiting = new Map<number, (seen: Seen) => void>()
  let choose = chooser(script)

  const server = createServer((req, res) => {
    serve(req, res).catch((error: unknown) => {
      res.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const raw = await readAll(req)
    const path = req.url ?? ''
    const wire = wireOf(req.method, path)
    if (wire === undefined) {
      res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no such path"}')
      return
    }
    const { ended, end } = ending(res)
    const seen: Seen = {
      n: requests.length,
      wire,
      path,
      headers: req.headers,
      body: parsed(raw),
      raw,
      ended,
    }
    requests.push(seen)
    waiting.get(seen.n)?.(seen)
    waiting.delete(seen.n)
    await deliver(res, seen, await choose(seen), () => end('cut'))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${String(port)}`

  return {
    port,
    origin,
    chatUrl: `${origin}/v1/chat/completions`,
    messagesUrl: `${origin}/v1/messages`,
    requests,
    request: (n) => {
      const here = requests[n]
      return here ? Promise.resolve(here) : new Promise((resolve) => waiting.set(n, resolve))
    },
    script: (next) => {
      choose = chooser(next)
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function wireOf(method: string | undefined, url: string): Wire | undefined {
  if (method !== 'POST') return undefined
  const path = url.split('?')[0] ?? ''
  if (path.endsWith('/chat/completions')) return 'openai-chat'
  return path.endsWith('/messages') ? 'anthropic' : undefined
}

function chooser(script: Script): (seen: Seen) => Reply | Promise<Reply> {
  if (typeof script === 'function') return script
  if (!Array.isArray(script)) return () => script as Reply
  const left = [...(script as readonly Reply[])]
  return () => left.shift() ?? refusal(400, 'the script of the fake provider has no more answers')
}

async function readAll(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function parsed(raw: string): SeenBody {
  try {
    return JSON.parse(raw) as SeenBody
  } catch {
    return {} as SeenBody
  }
}

function ending(res: ServerResponse): {
  ended: Seen['ended']
  end: (how: 'answered' | 'client-left' | 'cut') => void
} {
  const { promise, resolve } = withResolvers<Awaited<Seen['ended']>>()
  res.on('finish', () => resolve('answered'))
  res.on('close', () => resolve('client-left'))
  return { ended: promise, end: resolve }
}

/** A promise with its resolver beside it. */
export function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** Waits as told, but no longer than the client does. */
async function silence(pause: Pause | undefined, res: ServerResponse): Promise<void> {
  if (pause === undefined || res.destroyed) return
  const over = withResolvers<unknown>()
  res.once('close', over.resolve)
  const timer = typeof pause === 'number' ? setTimeout(over.resolve, pause, undefined) : undefined
  if (typeof pause !== 'number') pause.then(over.resolve, over.resolve)
  await over.promise
  clearTimeout(timer)
  res.removeListener('close', over.resolve)
}

interface Rendered {
  readonly status: number
  readonly type: string
  readonly pieces: readonly string[]
}

function render(reply: Reply, seen: Seen): Rendered {
  const newline = reply.newline ?? '\n'
  const stream = (list: readonly Frame[]): Rendered => ({
    status: 200,
    type: 'text/event-stream',
    pieces: list.map((frame) => frameText(frame, newline)),
  })
  if (reply.kind === 'http') {
    return { status: reply.status, type: 'application/json', pieces: [reply.body] }
  }
  if (reply.kind === 'events') return stream(reply.payloads.map((data) => ({ data })))
  const facts = { model: seen.body.model, n: seen.n }
  if (reply.asJson === true || seen.body.stream !== true) {
    const json = JSON.stringify(whole(seen.wire, reply, facts))
    return { status: 200, type: 'application/json', pieces: [json] }
  }
  return stream(frames(seen.wire, reply, facts))
}

function frameText(frame: Frame, newline: string): string {
  const data = typeof frame.data === 'string' ? frame.data : JSON.stringify(frame.data)
  const event = frame.event === undefined ? '' : `event: ${frame.event}${newline}`
  return `${event}data: ${data}${newline}${newline}`
}

/** Sends a reply as it says. */
export async function deliver(
  res: ServerResponse,
  seen: Seen,
  reply: Reply,
  onCut: () => void,
): Promise<void> {
  await silence(reply.before, res)
  if (res.destroyed) return
  const { status, type, pieces } = render(reply, seen)
  res.writeHead(status, { 'content-type': type, ...reply.headers })
  res.flushHeaders()
  await silence(reply.beforeBody, res)
  await body(res, reply, pieces.slice(0, reply.frames))
  if (reply.ending === 'hold') return
  if (reply.ending === 'cut') {
    onCut()
    res.destroy()
    return
  }
  res.end()
}

async function body(res: ServerResponse, how: Delivery, pieces: readonly string[]): Promise<void> {
  if (how.split !== undefined) {
    for (const write of cutBytes(Buffer.from(pieces.join('')), how.split)) await put(res, write)
    return
  }
  for (const [n, piece] of pieces.entries()) {
    await put(res, Buffer.from(piece))
    await silence(how.dripMs, res)
    if (how.pauseAt?.frame === n) await silence(how.pauseAt.pause, res)
  }
}

/** One network write, handed to the kernel before the next. */
async function put(res: ServerResponse, bytes: Buffer): Promise<void> {
  if (res.destroyed) return
  await new Promise<void>((resolve) => {
    res.write(bytes, () => resolve())
  })
}

function cutBytes(all: Buffer, split: readonly number[] | 'bytes'): Buffer[] {
  const sizes = split === 'bytes' ? [1] : split
  const parts: Buffer[] = []
  for (let at = 0, n = 0; at < all.length; n += 1) {
    const size = Math.max(1, sizes[Math.min(n, sizes.length - 1)] ?? all.length)
    parts.push(all.subarray(at, at + size))
    at += size
  }
  return parts
}
