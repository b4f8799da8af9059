/** What a wire format brings to the conformance table: one file in rows/. */
import { readdirSync } from 'node:fs'
import type { ProviderConfig } from '../../src/config/config.ts'
import type { Fault, Heard, Spoken } from './words.ts'

/** An HTTP error as the provider sends it. */
export interface HttpFault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object
}

export interface Row {
  /** The column's heading. */
  readonly name: string
  /** The model that is asked. */
  readonly model: string
  /** The provider's entry in the config; `origin` is `http://127.0.0.1:PORT` of the endpoint. */
  readonly provider: (
    origin: string,
  ) => Pick<ProviderConfig, 'name' | 'url'> & Partial<ProviderConfig>
  /** A name for a second provider of the same kind, at the same endpoint. */
  readonly other: string
  /** Whether `provider` names a real host, which is reached through a proxy. */
  readonly proxied?: true
  /** The path and query under which requests arrive. */
  readonly path: string
  /** The same for an answer that is no stream, where it is another. */
  readonly wholePath?: string
  /** Whether a request under a path wants a stream, where its body does not say. */
  readonly asksStream?: (path: string) => boolean
  /** The header that carries the key, and how. */
  readonly key: readonly [header: string, value: (key: string) => string]
  /** The content type of a stream. */
  readonly type: string
  /** A streamed answer, a frame each. */
  readonly frames: (spoken: Spoken) => readonly Uint8Array[]
  /** The same answer as one JSON document. */
  readonly whole: (spoken: Spoken) => unknown
  readonly fault: (fault: Fault) => HttpFault
  readonly read: (body: unknown, path: string) => Heard
  /** Whether the client's request for `stream: false` is the provider's too. */
  readonly passesThrough: boolean
  /** Whether this is Anthropic itself. */
  readonly firstParty?: true
  /** What of earlier thinking goes back to the vendor that made it. */
  readonly thoughts: 'state' | 'text' | 'nothing'
  /** Behaviours that this format has no place for, each with the reason. */
  readonly not: Readonly<Record<string, string>>
}

/** All rows, in the order of their file names. */
export async function loadRows(): Promise<readonly Row[]> {
  const folder = new URL('rows/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  const rows = files
    .sort()
    .map(async (file) => ((await import(new URL(file, folder).href)) as { row: Row }).row)
  return Promise.all(rows)
}

/** A server-sent event. */
export function sse(data: unknown, event?: string): Uint8Array {
  const head = event === undefined ? '' : `event: ${event}\n`
  return Buffer.from(`${head}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
}
