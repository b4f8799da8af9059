/** What a protocol brings to the conformance table: one file in rows/, printed as a column. */
import { readdirSync } from 'node:fs'
import type { ProviderConfig } from '../../src/config/config.ts'
import type { Fault, UpstreamRequest, ModelAnswer } from './neutral-form.ts'

/** An HTTP error as the provider sends it. */
export interface HttpFault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object
}

export interface Row {
  /** The heading of the column. */
  readonly name: string
  /** The model that requests go to. */
  readonly model: string
  /** The provider's entry in the config; `origin` is `http://127.0.0.1:PORT` of the endpoint. */
  readonly provider: (
    origin: string,
  ) => Pick<ProviderConfig, 'name' | 'url'> & Partial<ProviderConfig>
  /** The name of a second provider of the same kind, at the same endpoint. */
  readonly other: string
  /** Whether `provider` names a real host, which a proxy leads to the endpoint. */
  readonly proxied?: true
  /** The path and query of requests. */
  readonly path: string
  /** The path and query of requests without streaming, if they differ. */
  readonly wholePath?: string
  /** Whether a request with this path wants a stream, if the body does not say so. */
  readonly asksStream?: (path: string) => boolean
  /** The header with the key, and its value for a key. */
  readonly key: readonly [header: string, value: (key: string) => string]
  /** The content type of a stream. */
  readonly type: string
  /** The frames of a streamed answer. */
  readonly frames: (answer: ModelAnswer) => readonly Uint8Array[]
  /** The same answer as one JSON document. */
  readonly whole: (answer: ModelAnswer) => unknown
  readonly fault: (fault: Fault) => HttpFault
  readonly read: (body: unknown, path: string) => UpstreamRequest
  /** Whether the provider gets the client's `stream: false`. */
  readonly passesThrough: boolean
  /** Whether the provider is Anthropic. */
  readonly firstParty?: true
  /** What is sent back of earlier thinking to the vendor that made it. */
  readonly thoughts: 'state' | 'text' | 'nothing'
  /** Behaviours that do not apply to this protocol, each with the reason. */
  readonly notApplicable: Readonly<Record<string, string>>
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
