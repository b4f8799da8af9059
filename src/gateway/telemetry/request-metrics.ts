import type { Logger } from '../../lib/log.ts'
import type { GatewayError } from '../../messages/error.ts'
import type { FinalUsage } from '../../messages/events.ts'
import type { Hop } from '../targets/failover.ts'
import type { Reply } from '../reply.ts'
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
  /** `provider,model` of whom was asked last; '' for nobody. */
  readonly target: string
  /** How often somebody was asked. */
  readonly attempts: number
  readonly dropped: readonly string[]
  readonly usage: FinalUsage | undefined
  /** USD, by the provider's own word. */
  readonly charged: number | undefined
  readonly stopReason: string | undefined
  /** To the first piece of the answer. */
  readonly ttftMs: number | undefined
}

/**
 * What one request took and who served it: for the headers of its answer and its line in the log,
 * also when it failed or was cut off.
 */
export class RequestMetrics {
  readonly #reason: string
  readonly #startedAt = performance.now()
  #lane = ''
  #target = ''
  #attempts = 0
  #dropped: readonly string[] = []
  #hops: Hop[] = []
  #firstAt: number | undefined
  #usage: FinalUsage | undefined
  #charged: number | undefined
  #stopReason: string | undefined

  /** @param reason why the request goes where it goes. */
  constructor(reason: string) {
    this.#reason = reason
  }

  /** The lane that is asked now, and its target, `provider,model`. */
  asking(name: string, target: string): void {
    this.lane(name, target)
    this.#attempts += 1
    this.#usage = undefined
    this.#charged = undefined
    this.#stopReason = undefined
  }

  /** The lane that the answer is about. */
  lane(name: string, target: string): void {
    this.#lane = name
    this.#target = target
    this.#dropped = []
  }

  get laneName(): string {
    return this.#lane
  }

  /** What this target cannot express; may be called again. */
  dropped(fields: readonly string[]): void {
    this.#dropped = [...new Set([...this.#dropped, ...fields])]
  }

  get droppedCount(): number {
    return this.#dropped.length
  }

  hop(hop: Hop): void {
    this.#hops.push(hop)
  }

  usage(usage: FinalUsage, charged?: number): void {
    this.#usage = usage
    this.#charged = charged
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
      charged: this.#charged,
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

  /** The reply, with the time of its first chunk noted. */
  watch(reply: Reply): Reply {
    return { ...reply, chunks: this.#timed(reply.chunks) }
  }

  async *#timed(chunks: AsyncGenerator<string | Uint8Array>): AsyncGenerator<string | Uint8Array> {
    for await (const chunk of chunks) {
      this.#firstAt ??= performance.now()
      yield chunk
    }
  }

  /** Who was asked last, what was dropped, and which lanes failed before. */
  traced(): Traced {
    return { asked: this.#target || null, dropped: this.#dropped, hops: this.#hops }
  }

  /** Who answers and why, what was dropped, and which lanes failed before. */
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

  #since(at: number | undefined): number | undefined {
    return at === undefined ? undefined : Math.round(at - this.#startedAt)
  }
}

/** A header can carry only visible ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
