/**
 * The demo provider: the demo model behind a real HTTP server on loopback that speaks OpenAI Chat
 * Completions, so that a demo session takes the same way as any other.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { sendJson } from '../lib/send-json.ts'
import { answer } from './model.ts'
import { type DemoRequest, readRequest } from './request.ts'
import { chunks, completion, errorBody } from './wire.ts'

export interface DemoProvider {
  /** `http://127.0.0.1:PORT/v1/chat/completions` */
  readonly url: string
  /** Made anew at every start; requests without it get a 401. */
  readonly apiKey: string
  /** Ends all connections; resolves when the socket is closed. */
  close(): Promise<void>
}

const BODY_LIMIT = 64 * 1024 * 1024
/** Between two pieces of an answer, in ms: slow enough to see that it streams. */
const PACE = 8

/** Starts the demo provider on an ephemeral loopback port. `paceMs` 0 answers without pauses. */
export async function startDemo({ paceMs = PACE } = {}): Promise<DemoProvider> {
  const apiKey = `demo-${randomBytes(24).toString('hex')}`
  const server = createServer((req, res) => {
    handle(req, res, { apiKey, paceMs }).catch(() => res.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    apiKey,
    close: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

interface Settings {
  readonly apiKey: string
  readonly paceMs: number
}

async function handle(req: IncomingMessage, res: ServerResponse, settings: Settings) {
  if (!authorized(req, settings.apiKey)) {
    sendJson(res, 401, errorBody('invalid_request_error', 'Incorrect API key provided.'))
    return
  }
  const path = (req.url ?? '').split('?')[0]
  if (req.method === 'GET' && path === '/v1/models') {
    const data = ['demo-a', 'demo-b'].map((id) => ({ id, object: 'model', owned_by: 'ccr' }))
    sendJson(res, 200, { object: 'list', data })
    return
  }
  if (req.method !== 'POST' || path !== '/v1/chat/completions') {
    sendJson(res, 404, errorBody('invalid_request_error', `Unknown request: ${req.url ?? ''}`))
    return
  }
  await complete(req, res, settings.paceMs)
}

function authorized(req: IncomingMessage, apiKey: string): boolean {
  const given = Buffer.from(req.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${apiKey}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

async function complete(req: IncomingMessage, res: ServerResponse, paceMs: number) {
  const body = await readBody(req)
  if (body === null) {
    sendJson(res, 413, errorBody('invalid_request_error', 'The request is larger than 64 MB.'))
    return
  }
  const request = parseRequest(body)
  if (typeof request === 'string') {
    sendJson(res, 400, errorBody('invalid_request_error', request))
    return
  }
  if (request.stream) await stream(res, request, paceMs)
  else sendJson(res, 200, completion(request, answer(request)))
}

function parseRequest(body: Buffer): DemoRequest | string {
  try {
    return readRequest(JSON.parse(body.toString('utf8')))
  } catch {
    return 'The body is not valid JSON.'
  }
}

/** The whole body, or null when it is over the limit (the rest is read and thrown away). */
async function readBody(req: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.length
    if (size <= BODY_LIMIT) parts.push(part)
  }
  return size <= BODY_LIMIT ? Buffer.concat(parts) : null
}

/** Server-sent events until the answer or the client's patience ends. */
async function stream(res: ServerResponse, request: DemoRequest, paceMs: number) {
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const chunk of chunks(request, answer(request))) {
    if (!res.write(`data: ${JSON.stringify(chunk)}\n\n`)) {
      await once(res, 'drain', { signal: gone.signal })
    }
    if (paceMs > 0) await pause(paceMs, undefined, { signal: gone.signal })
  }
  res.end('data: [DONE]\n\n')
}
