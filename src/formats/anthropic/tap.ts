import { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'

/**
 * Watches an Anthropic event stream that passes through: which bytes make whole events, whether
 * the answer came to its end, and what usage it reports. The bytes themselves are not touched.
 */
export interface Tap {
  /** The bytes that are due: everything up to the last whole event. */
  push(chunk: Uint8Array): Uint8Array | undefined
  /** @throws GatewayError `api_error` if the stream ended before `message_stop` or `error`. */
  end(): void
  readonly usage: FinalUsage | undefined
}

const NEWLINE = 10
const RETURN = 13

export function createTap(provider: string): Tap {
  let held: Buffer = Buffer.alloc(0)
  let ended = false
  let usage: FinalUsage | undefined

  const read = (events: Buffer): void => {
    const text = events.toString('latin1')
    if (/"type"\s*:\s*"(message_stop|error)"/.test(text)) ended = true
    if (text.includes('"usage"')) usage = lastUsage(events.toString('utf8'), usage)
  }

  return {
    get usage() {
      return usage
    },
    push(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const due = boundary(bytes)
      held = bytes.subarray(due)
      if (due === 0) return undefined
      const events = bytes.subarray(0, due)
      read(events)
      return events
    },
    end() {
      if (ended) return
      throw new GatewayError(
        'api_error',
        `${provider} ended its answer before it was complete (no message_stop).`,
        { status: 502 },
      )
    },
  }
}

/** The index behind the last blank line, 0 if there is none. */
function boundary(bytes: Buffer): number {
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    if (bytes[at] !== NEWLINE) continue
    if (bytes[at - 1] === NEWLINE) return at + 1
    if (bytes[at - 1] === RETURN && bytes[at - 2] === NEWLINE) return at + 1
  }
  return 0
}

/** `message_start` counts the input, `message_delta` the output; a later word replaces an earlier. */
function lastUsage(text: string, before: FinalUsage | undefined): FinalUsage | undefined {
  let usage = before
  for (const line of text.split('\n')) {
    if (!line.startsWith('data:') || !line.includes('"usage"')) continue
    usage = { ...usage, ...usageIn(line.slice('data:'.length)) } as FinalUsage
  }
  return usage
}

function usageIn(data: string): Partial<FinalUsage> {
  try {
    const event = JSON.parse(data) as {
      usage?: Partial<FinalUsage>
      message?: { usage?: Partial<FinalUsage> }
    } | null
    return event?.usage ?? event?.message?.usage ?? {}
  } catch {
    return {}
  }
}
