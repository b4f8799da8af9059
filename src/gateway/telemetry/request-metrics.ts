/** What one request took, and who served it. */
import type { Logger } from '../../lib/log.ts'
import type { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import type { Hop } from '../targets/failover.ts'
import type { Traced } from './route-trace.ts'

/** How a request ended. */
export interface Outcome {
  readonly error: GatewayError | undefined
  readonly hungUp: boolean
}

/** What a request took, as far as is known. */
export interface Measured {
  /** Why it went where it went. */
  readonly reason: string
  /** `provider,model` of the last attempt; '' before there was one. */
  readonly target: string
  /** Requests that were sent. */
  readonly attempts: number
  readonly dropped: readonly string[]
  readonly usage: FinalUsage | undefined
  /** USD, as the provider reported it. */
  readonly reportedUsd: number | undefined
  readonly stopReason: string | undefined
  /** To the first piece of the answer. */
  readonly ttftMs: number | undefined
}

/**
 * What one request took and who served it: for the headers of its answer and its line in the log,
 * also when it failed or was cut off.
 */
export class RequestMetrics {
  readonly #routed: string
  #reason: string
  readonly #startedAt = performance.now()
  #candidateName = ''
  #target = ''
  #attempts = 0
  #dropped: readonly string[] = []
  #hops: Hop[] = []
  #firstAt: number | undefined
  #usage: FinalUsage | undefined
  #reportedUsd: number | undefined
  #stopReason: string | undefined

  /** @param reason why the request goes where it goes. */
  constructor(reason: string) {
    this.#routed = reason
    this.#reason = reason
  }

  /** An attempt begins: the candidate's name, and its target, `provider,model`. */
  attempt(name: string, target: string): void {
    this.candidate(name, target)
    this.#attempts += 1
    this.#forgetAnswer()
  }

  /** The candidate that the answer is about. */
  candidate(name: string, target: string): void {
    this.#candidateName = name
    this.#target = target
    this.#dropped = []
  }

  /** Something else than the target of its route serves the request, for this reason. */
  reroute(reason: string): void {
    this.#reason = reason
  }

  /** What was tried in place of the target has failed: what follows is counted anew. Gives what it took. */
  restart(): Measured {
    const measured = this.measured()
    this.#attempts = 0
    this.#forgetAnswer()
    return measured
  }

  get candidateName(): string {
    return this.#candidateName
  }

  /** What this target cannot express; may be called again. */
  dropped(fields: readonly string[]): void {
    if (fields.length === 0) return
    this.#dropped = [...new Set([...this.#dropped, ...fields])]
  }

  get droppedCount(): number {
    return this.#dropped.length
  }

  hop(hop: Hop): void {
    this.#hops.push(hop)
  }

  /** @param reportedUsd what the answer cost, where the provider reports it. */
  usage(usage: FinalUsage, reportedUsd?: number): void {
    this.#usage = usage
    this.#reportedUsd = reportedUsd
  }

  stopped(reason: string): void {
    this.#stopReason = reason
  }

  /** What the request took until now. */
  measured(): Measured {
    return {
      reason: this.#reason,
      target: this.#target,
      attempts: this.#attempts,
      dropped: this.#dropped,
      usage: this.#usage,
      reportedUsd: this.#reportedUsd,
      stopReason: this.#stopReason,
      ttftMs: this.#since(this.#firstAt),
    }
  }

  /** All input tokens that the provider counted, cached ones included; 0 before it has. */
  get inputTokens(): number {
    const usage = this.#usage
    return (
      (usage?.input_tokens ?? 0) +
      (usage?.cache_read_input_tokens ?? 0) +
      (usage?.cache_creation_input_tokens ?? 0)
    )
  }

  /** A chunk of the answer has come: the time of the first one counts. */
  arrived(): void {
    this.#firstAt ??= performance.now()
  }

  /** The last target, what was dropped, and which candidates failed before. */
  traced(): Traced {
    const lent = this.#reason === this.#routed ? null : this.#reason
    return { asked: this.#target || null, lent, dropped: this.#dropped, hops: this.#hops }
  }

  /** Which target answers and why, what was dropped, and which candidates failed before. */
  headers(): Record<string, string> {
    const hops = this.#hops.map(({ lane, kind, status }) => `${lane} ${String(status)} ${kind}`)
    return {
      'x-ccr-model': headerText(this.#target),
      'x-ccr-route': headerText(this.#reason),
      ...(this.#dropped.length === 0
        ? {}
        : { 'x-ccr-dropped': headerText(this.#dropped.join(', ')) }),
      ...(hops.length === 0 ? {} : { 'x-ccr-hops': headerText(hops.join('; ')) }),
    }
  }

  /** One line for the request. */
  end(log: Logger, { error, hungUp }: Outcome): void {
    const fields = {
      target: this.#target,
      route: this.#reason,
      status: error?.status ?? 200,
      ttftMs: this.#since(this.#firstAt),
      totalMs: this.#since(performance.now()),
      usage: this.#usage,
      ...(this.#dropped.length === 0 ? {} : { dropped: this.#dropped }),
      ...(this.#hops.length === 0 ? {} : { hops: this.#hops }),
    }
    if (hungUp) log.info(fields, 'request: the client hung up')
    else if (error) log.warn({ ...fields, kind: error.kind, cause: error.cause }, error.message)
    else log.info(fields, 'request')
  }

  #forgetAnswer(): void {
    this.#usage = undefined
    this.#reportedUsd = undefined
    this.#stopReason = undefined
  }

  #since(at: number | undefined): number | undefined {
    return at === undefined ? undefined : Math.round(at - this.#startedAt)
  }
}

/** A header can carry only visible ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
