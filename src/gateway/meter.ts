import type { Logger } from '../lib/log.ts'
import type { GatewayError } from '../messages/error.ts'
import type { FinalUsage } from '../messages/events.ts'
import type { Reply } from './pump.ts'

/** How a request ended. */
export interface Outcome {
  readonly error: GatewayError | undefined
  readonly dropped: readonly string[]
  readonly hungUp: boolean
}

/** What one request took, for its line in the log: also of one that failed or was cut off. */
export class Meter {
  readonly #target: string
  readonly #reason: string
  readonly #startedAt = performance.now()
  #firstAt: number | undefined
  #usage: FinalUsage | undefined

  constructor(target: string, reason: string) {
    this.#target = target
    this.#reason = reason
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

  usage(usage: FinalUsage): void {
    this.#usage = usage
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

  /** One line for the request. */
  end(log: Logger, { error, dropped, hungUp }: Outcome): void {
    const fields = {
      target: this.#target,
      route: this.#reason,
      status: error?.status ?? 200,
      ttftMs: this.#since(this.#firstAt),
      totalMs: this.#since(performance.now()),
      usage: this.#usage,
      ...(dropped.length === 0 ? {} : { dropped }),
    }
    if (hungUp) log.info(fields, 'request: the client hung up')
    else if (error) log.warn({ ...fields, kind: error.kind, cause: error.cause }, error.message)
    else log.info(fields, 'request')
  }

  #since(at: number | undefined): number | undefined {
    return at === undefined ? undefined : Math.round(at - this.#startedAt)
  }
}
