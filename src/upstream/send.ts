import type { Readable } from 'node:stream'
import { Agent, EnvHttpProxyAgent, request } from 'undici'
import type { Dispatcher } from 'undici'
import type { Call } from '../providers/call.ts'
import type { Answer, Timeouts } from './answer.ts'
import { networkFault } from './faults.ts'

export interface Upstream {
  /** @throws GatewayError if no status line comes: refused, reset, timed out, aborted. */
  send(call: Call, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}

export interface UpstreamParts {
  readonly timeouts: Timeouts
  /** A proxy for all providers but those on this machine; '' for the environment's, if any. */
  readonly proxyUrl: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** How long a body that is no longer wanted may take to end, ms. */
const RELEASE_MS = 500

/** The only outbound IO: pooled keep-alive connections, own timeouts, no retries of its own. */
export function createUpstream(parts: UpstreamParts): Upstream {
  const { timeouts } = parts
  const dispatcher = dispatcherOf(parts)
  return {
    async send(call, signal) {
      try {
        const { statusCode, headers, body } = await request(call.url, {
          method: 'POST',
          dispatcher,
          signal,
          headers: call.headers,
          body: call.body,
          headersTimeout: timeouts.firstByteMs,
          bodyTimeout: timeouts.idleMs,
        })
        return {
          status: statusCode,
          headers,
          body: read(body, call, timeouts),
          release: () => release(body),
        }
      } catch (cause) {
        throw networkFault(cause, call, timeouts)
      }
    },
    close: () => dispatcher.destroy(),
  }
}

async function* read(body: Readable, call: Call, timeouts: Timeouts): AsyncGenerator<Uint8Array> {
  try {
    yield* body.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw networkFault(cause, call, timeouts)
  }
}

function release(body: Readable): void {
  if (body.readableEnded || body.destroyed) return
  const timer = setTimeout(() => body.destroy(), RELEASE_MS)
  body.on('error', () => undefined)
  body.once('close', () => clearTimeout(timer))
  body.resume()
}

function dispatcherOf({ timeouts, proxyUrl, env }: UpstreamParts): Dispatcher {
  const options = { connect: { timeout: timeouts.connectMs } }
  const secure = proxyUrl || env['https_proxy'] || env['HTTPS_PROXY'] || ''
  const plain = proxyUrl || env['http_proxy'] || env['HTTP_PROXY'] || ''
  if (secure === '' && plain === '') return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: plain,
    httpsProxy: secure,
    noProxy: [env['no_proxy'] ?? env['NO_PROXY'] ?? '', 'localhost', '127.0.0.1', '::1']
      .filter(Boolean)
      .join(','),
  })
}
