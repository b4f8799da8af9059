import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { NAMED_MODEL } from '../routing/resolve.ts'
import { VIA } from './loop-detection.ts'

/** What of the client's own request goes along to an upstream that speaks its protocol. */
export interface Client {
  readonly headers: Readonly<Record<string, string>>
  /** Of its URL, with the `?`. */
  readonly query: string
}

/** Headers of the client that end at this hop, or that only the client's own credentials fill. */
const OWN_HOP: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'content-type',
  'accept-encoding',
  'authorization',
  'x-api-key',
  'cookie',
  'origin',
  'referer',
  VIA,
  NAMED_MODEL,
])

/**
 * The client's headers that go along to an Anthropic upstream: unknown ones too, but never its
 * credentials, and no `accept-encoding`: the answer is watched, so it must come uncompressed.
 */
export function clientHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || OWN_HOP.has(name)) continue
    passed[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return passed
}

/** The query of the client's URL with its `?`, '' if there is none. */
export function clientQuery(url: string | undefined): string {
  const at = url?.indexOf('?') ?? -1
  return url === undefined || at === -1 ? '' : url.slice(at)
}

/** A header of the client's; of several of one name the first. */
export function headerOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name]
  return Array.isArray(value) ? value[0] : value
}
