/** The HTTP server of a session's daemon: which request goes where, and who may make it. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Gateway } from '../gateway/gateway.ts'
import { randomId } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'
import { sendJson } from '../lib/send-json.ts'
import { asGatewayError, GatewayError } from '../messages/error.ts'
import { readBody } from './body.ts'
import type { Guard } from './guard.ts'

/** What commands and clients of ccr ask of the daemon. */
export interface Control {
  /** What to type to start the session. */
  readonly startCommand: string
  /** The answer to `GET /health`: with a nonce it carries the daemon's proof. */
  health(nonce: string | undefined): object
  /** The answer to `GET /control/status`. */
  status(): object
  /** The answer to `GET /control/routes`: where the last requests went, and why. */
  routes(): object
  /**
   * The answer to `GET /control/reports`: what local servers report of their models, also that of
   * `provider`, which the session may not use by itself.
   */
  reports(provider: string | undefined): Promise<object>
  /** The answer to `GET /control/charged`: what a conversation cost as providers report it, and which models answered. */
  charged(conversation: string): Promise<object>
  /** Counts the client for as long as its response stays open. */
  lease(req: IncomingMessage, res: ServerResponse): void
  /** Stops the session; the response stays open until the process ends. */
  stop(options: EndOptions, res: ServerResponse): void
  /** Starts the next daemon, and ends when that one serves; the answer is its ready message. */
  succeed(order: string): Promise<object>
  /** Frees port and session for a new daemon, and answers when both are free. */
  handover(options: EndOptions, res: ServerResponse): void
  /** How the daemon is ending; null while it serves. */
  readonly ending: 'stopping' | 'restarting' | null
}

export interface EndOptions {
  /** How long running streams may take to finish, in ms; the daemon's limit when absent. */
  readonly drainMs?: number
}

export interface ServerParts {
  readonly gateway: Gateway
  readonly control: Control
  readonly guard: Guard
  readonly log: Logger
}

interface Call extends ServerParts {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Of the URL, without the `?`. */
  readonly query: string
}

interface Route {
  readonly access: 'open' | 'client' | 'control'
  readonly answer: (call: Call) => Promise<void> | void
}

/** Path -> method -> what happens. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/': { GET: { access: 'open', answer: greet }, HEAD: { access: 'open', answer: greet } },
  // The client's probe of its connection.
  '/api/hello': { GET: { access: 'open', answer: greet }, HEAD: { access: 'open', answer: greet } },
  '/health': { GET: { access: 'open', answer: health } },
  '/v1/messages': { POST: { access: 'client', answer: messages } },
  '/v1/messages/count_tokens': { POST: { access: 'client', answer: countTokens } },
  '/v1/models': { GET: { access: 'client', answer: models } },
  '/v1/models/': { GET: { access: 'client', answer: models } },
  '/control/status': { GET: { access: 'control', answer: status } },
  '/control/routes': { GET: { access: 'control', answer: routes } },
  '/control/reports': { GET: { access: 'control', answer: reports } },
  '/control/charged': { GET: { access: 'control', answer: charged } },
  '/control/lease': { GET: { access: 'control', answer: lease } },
  '/control/stop': { POST: { access: 'control', answer: stop } },
  '/control/succeed': { POST: { access: 'control', answer: succeed } },
  '/control/handover': { POST: { access: 'control', answer: handover } },
}

/** Longer than that of clients, so that they are the ones to close an idle connection. */
const KEEP_ALIVE_MS = 75_000

/** The server, not listening yet. Every error it answers with is the Anthropic envelope. */
export function createServer(parts: ServerParts): Server {
  const { log } = parts
  const server = createHttpServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    maxHeaderSize: HEADER_BYTES,
    insecureHTTPParser: false, // whatever NODE_OPTIONS says
    requireHostHeader: false, // the guard refuses it, with an envelope
  })
  server.on('request', (req, res) => {
    handle(parts, req, res).catch((thrown: unknown) => refuse(thrown, { req, res, log }))
  })
  // An unknown expectation (not `100-continue`) may be ignored.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res))
  server.on('clientError', refuseMalformed)
  server.on('connect', (_req, socket) => end(socket, NO_PROXY))
  return server
}

async function handle(
  parts: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  res.setHeader('request-id', randomId('req_'))
  res.setHeader('x-content-type-options', 'nosniff')
  parts.guard.admitRequest(req)
  const { path, query } = splitUrl(req.url ?? '/')
  const route = findRoute(path, req, res)
  if (route.access === 'client') {
    parts.guard.admitClient(req)
    if (parts.control.ending !== null) res.shouldKeepAlive = false
    if (parts.control.ending === 'stopping') throw stopping(parts.control.startCommand)
  }
  if (route.access === 'control') parts.guard.admitControl(req)
  await route.answer({ ...parts, req, res, query })
}

function splitUrl(target: string): { path: string; query: string } {
  const url = originForm(target)
  const at = url.indexOf('?')
  if (at === -1) return { path: url, query: '' }
  return { path: url.slice(0, at), query: url.slice(at + 1) }
}

/** Programs that take the server for a proxy name it whole; the guard has looked at the name. */
export function originForm(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^http:\/\/[^/?]*/i, '') || '/'
}

/** What follows is a model's id. */
const BELOW_MODELS = '/v1/models/'

function findRoute(path: string, req: IncomingMessage, res: ServerResponse): Route {
  const key = path.startsWith(BELOW_MODELS) ? BELOW_MODELS : path
  const methods = Object.hasOwn(ROUTES, key) ? ROUTES[key] : undefined
  if (!methods) {
    throw new GatewayError('not_found_error', `ccr has nothing at ${req.method ?? ''} ${path}.`)
  }
  const route = methods[req.method ?? '']
  if (route) return route
  const allowed = Object.keys(methods).join(', ')
  res.setHeader('allow', allowed)
  throw new GatewayError('invalid_request_error', `${path} takes ${allowed}.`, { status: 405 })
}

function stopping(start: string): GatewayError {
  return new GatewayError(
    'overloaded_error',
    `This session of ccr was stopped. Start it again with: ${start}`,
    { status: 503, shouldRetry: false },
  )
}

function greet({ res }: Call): void {
  sendJson(res, 200, { name: 'ccr', status: 'ok' })
}

function health({ control, res, query }: Call): void {
  sendJson(res, 200, control.health(new URLSearchParams(query).get('nonce') ?? undefined))
}

async function messages({ gateway, req, res }: Call): Promise<void> {
  await gateway.messages(req, res, await readBody(req))
}

async function countTokens({ gateway, req, res }: Call): Promise<void> {
  await gateway.countTokens(req, res, await readBody(req))
}

function models({ gateway, req, res }: Call): void {
  gateway.models(req, res)
}

function status({ control, res }: Call): void {
  sendJson(res, 200, control.status())
}

function routes({ control, res }: Call): void {
  sendJson(res, 200, control.routes())
}

async function reports({ control, res, query }: Call): Promise<void> {
  sendJson(res, 200, await control.reports(new URLSearchParams(query).get('provider') ?? undefined))
}

async function charged({ control, res, query }: Call): Promise<void> {
  sendJson(res, 200, await control.charged(new URLSearchParams(query).get('conversation') ?? ''))
}

function lease({ control, req, res }: Call): void {
  control.lease(req, res)
}

async function stop({ control, req, res }: Call): Promise<void> {
  control.stop(endOptions(await readBody(req)), res)
}

async function succeed({ control, req, res }: Call): Promise<void> {
  sendJson(res, 200, await control.succeed((await readBody(req)).toString('utf8')))
}

async function handover({ control, req, res }: Call): Promise<void> {
  control.handover(endOptions(await readBody(req)), res)
}

function endOptions(body: Buffer): EndOptions {
  const { drainMs } = parseObject(body)
  return typeof drainMs === 'number' && drainMs >= 0 ? { drainMs } : {}
}

function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8') || '{}')
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // The error is thrown below.
  }
  throw new GatewayError('invalid_request_error', 'The body is not a JSON object.')
}

interface Refused {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly log: Logger
}

function refuse(thrown: unknown, { req, res, log }: Refused): void {
  if (req.errored || (req.destroyed && !res.writable)) return // the client is gone
  const error = asGatewayError(thrown)
  const request = { method: req.method, path: (req.url ?? '').split('?')[0] }
  const level = error.status >= 500 ? 'error' : 'warn'
  log[level]({ ...request, status: error.status, cause: error.cause }, error.message)
  if (res.headersSent) {
    res.destroy()
    return
  }
  sendJson(res, error.status, error.envelope(), error.headers())
}

/** What is no HTTP, or took too long to become a request, gets an answer where there still is one. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  end(socket, MALFORMED[error.code ?? ''] ?? NOT_HTTP)
}

interface Refusal {
  readonly status: string
  readonly message: string
}

/** Answers where there is no response object. */
function end(socket: Duplex, { status: code, message }: Refusal): void {
  const envelope = new GatewayError('invalid_request_error', message).envelope()
  const body = JSON.stringify(envelope)
  socket.end(
    `HTTP/1.1 ${code}\r\ncontent-type: application/json\r\ncontent-length: ` +
      `${Buffer.byteLength(body)}\r\nx-content-type-options: nosniff\r\nx-should-retry: false\r\n` +
      `connection: close\r\n\r\n${body}`,
  )
}

/** As much as Node takes by default, whatever NODE_OPTIONS says. */
const HEADER_BYTES = 16 * 1024

const NO_PROXY = { status: '405 Method Not Allowed', message: 'ccr is no proxy.' }
const NOT_HTTP = { status: '400 Bad Request', message: 'This is not an HTTP request.' }
const MALFORMED: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'The headers of the request are too large.',
  },
  HPE_INVALID_VERSION: {
    status: '505 HTTP Version Not Supported',
    message: 'ccr speaks HTTP/1.1.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    message: 'The request did not arrive in time.',
  },
}
