/** Reports each request once it has ended: its line in the log, its route and its usage record. */
import type { Config } from '../../config/config.ts'
import type { Logger } from '../../lib/log.ts'
import type { GatewayError } from '../../messages/error.ts'
import type { RequestRow } from '../../store/ledger.ts'
import type { ClientIdentity } from '../client-headers.ts'
import type { RequestContext } from '../request-context.ts'
import { type RouteRecord, RouteTrace } from './route-trace.ts'
import {
  type EndedRequest,
  LEND,
  type Prices,
  recordedRequest,
  usageRecord,
} from './usage-record.ts'

export interface RecorderParts {
  readonly config: Config
  readonly session: {
    readonly id: string
    readonly preference: string
    readonly alias: string
  }
  readonly prices: Prices
  readonly log: Logger
  readonly onRoute?: ((record: RouteRecord) => void) | undefined
  readonly onRequest?: ((row: RequestRow) => void) | undefined
}

/** Follows one request from its headers to its end. */
export class RequestRecorder {
  readonly trace: RouteTrace
  readonly #parts: RecorderParts
  readonly #client: ClientIdentity
  readonly #startedAt = Date.now()

  constructor(client: ClientIdentity, parts: RecorderParts) {
    this.#parts = parts
    this.#client = client
    this.trace = new RouteTrace({ config: parts.config, session: parts.session })
  }

  /** The request had a route and has ended, well or not. Gives its usage record. */
  ended({ request, metrics, signal }: RequestContext, error: GatewayError | undefined): RequestRow {
    const hungUp = signal.aborted
    metrics.end(this.#parts.log, { error, hungUp })
    this.#reportRoute(this.trace.end(error, metrics.traced()))
    const recorded = recordedRequest(this.#client, this.#startedAt, request)
    return this.#report({ request: recorded, measured: metrics.measured(), error, hungUp })
  }

  /** What was lent to the request has failed, and may be billed; the request goes on. Gives a usage record of its own. */
  lentInVain({ request, metrics }: RequestContext, error: GatewayError): RequestRow {
    const recorded = { ...recordedRequest(this.#client, this.#startedAt, request), class: LEND }
    return this.#report({ request: recorded, measured: metrics.restart(), error, hungUp: false })
  }

  /** The request was refused before it had a route. */
  refused(error: GatewayError): void {
    this.#reportRoute(this.trace.end(error))
    const recorded = recordedRequest(this.#client, this.#startedAt)
    this.#report({ request: recorded, measured: undefined, error, hungUp: false })
  }

  #reportRoute(record: RouteRecord | undefined): void {
    if (record) this.#parts.onRoute?.(record)
  }

  #report(ended: Omit<EndedRequest, 'session' | 'at'>): RequestRow {
    const { session, prices, onRequest } = this.#parts
    const row = usageRecord({ ...ended, session, at: Date.now() }, prices)
    onRequest?.(row)
    return row
  }
}
