/** Writes an answer, or an error, to the client. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { sendJson } from '../lib/send-json.ts'
import { asGatewayError, type GatewayError } from '../messages/error.ts'
import { serialize } from '../messages/events.ts'

/** An answer on its way to the client. */
export interface Reply {
  readonly contentType: string
  /** What goes out with the status line, as known at that moment. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Whole events, or the pieces of one JSON document. Fails with a GatewayError. */
  readonly chunks: AsyncGenerator<string | Uint8Array>
  /** Whether it is an event stream, which may begin with a ping before the upstream has answered. */
  readonly streamed: boolean
  /** Called with each chunk that has come, before it is written. */
  readonly onChunk?: () => void
}

export interface Timing {
  /** Upstream silence after which the status line and a ping go out, ms. */
  readonly pingAfterMs: number
  /** Silence between later pings, ms. */
  readonly pingEveryMs: number
}

const PING = serialize([{ type: 'ping' }])

/**
 * Writes a reply to the client. The status line goes out with the first chunk, so that an error
 * before it keeps its own status; only a long silence sends it early. The upstream is read no
 * faster than the client takes the answer.
 * @returns the error that ended the answer, if one did.
 */
export async function pump(
  reply: Reply,
  res: ServerResponse,
  timing: Timing,
): Promise<GatewayError | undefined> {
  let quiet = setTimeout(ping, timing.pingAfterMs)
  function ping(): void {
    if (!reply.streamed || res.destroyed) return
    commit(reply, res)
    if (!res.writableNeedDrain) res.write(PING)
    quiet = setTimeout(ping, timing.pingEveryMs)
  }
  try {
    for await (const chunk of reply.chunks) {
      reply.onChunk?.()
      commit(reply, res)
      if (!res.write(chunk)) await drained(res)
      quiet.refresh()
    }
    commit(reply, res)
    return undefined
  } catch (thrown) {
    const error = asGatewayError(thrown)
    writeError(error, reply, res)
    return error
  } finally {
    clearTimeout(quiet)
    res.end()
  }
}

/** A document that has begun has no place for an error: it breaks off, as a whole one never does. */
function writeError(error: GatewayError, reply: Reply, res: ServerResponse): void {
  if (!res.headersSent) sendError(error, res, reply.headers())
  else if (reply.streamed) res.write(serialize([error.envelope()]))
  else res.destroy()
}

function commit(reply: Reply, res: ServerResponse): void {
  if (res.headersSent) return
  res.writeHead(200, {
    ...reply.headers(),
    'content-type': reply.contentType,
    'cache-control': 'no-cache',
  })
}

/** Resolves when the client took what was written, or is gone. */
async function drained(res: ServerResponse): Promise<void> {
  if (res.destroyed) return
  const gone = new AbortController()
  try {
    const { signal } = gone
    await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal })])
  } finally {
    gone.abort()
  }
}

/** An error as the whole response: its status, its advice, the Anthropic envelope. */
export function sendError(
  error: GatewayError,
  res: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(res, error.status, error.envelope(), { ...headers, ...error.headers() })
}
