/** Sends a request again without what its target refused by name, and remembers that. */
import { asGatewayError, type GatewayError } from '../../messages/error.ts'
import {
  type RefusedRequest,
  isSameRefusal,
  type Refusal,
  refusalIn,
} from '../../messages/refusal.ts'

/** A request as it may be sent next. */
export interface Next<T> {
  readonly next: T
  /** What is left out of it, as `x-ccr-dropped` names it. */
  readonly without: readonly string[]
  /** What is remembered of it: it is left out of later requests to the target. */
  readonly memory: readonly string[]
  /** Whether it may change once more: an output limit, which is lowered. */
  readonly mayRepeat?: boolean
}

/** How a request is sent, and sent again. */
interface Ways<T, Result> {
  send(tried: T): Promise<Result>
  /** What may be sent after it was refused, the likeliest first. */
  changes(tried: T, refusal: Refusal): Iterable<Next<T>>
}

export interface Trying {
  /** Where it is sent. */
  readonly to: RefusedRequest
  /** Aborts when the client hangs up. */
  readonly signal: AbortSignal
  /** Called with what is left out. */
  readonly onDropped: (names: readonly string[]) => void
  /** Called with what the target refused, once it has answered without it. */
  readonly onRefused: (what: string) => void
  /** ms, from any fixed moment. */
  readonly now?: () => number
}

/** A server that validates strictly names one field at a time. */
const MOST_TRIES = 6
/** Changes that did not help: the error was about something else. */
const MOST_VAIN = 2
/** Requests are refused at once. No further try begins later than this after the first, ms. */
const WITHIN_MS = 60_000

/**
 * Sends a request until the target takes it, each time without what was refused. What did not help
 * is put back; what the target then answers without is remembered.
 * @throws GatewayError of the last try where there is nothing more to leave out.
 */
export async function again<T, Result>(
  trying: Trying,
  first: T,
  ways: Ways<T, Result>,
): Promise<Result> {
  const tries = new Tries(trying, first, ways)
  for (;;) {
    try {
      const result = await ways.send(tries.current)
      tries.accepted()
      return result
    } catch (thrown) {
      if (!tries.refused(asGatewayError(thrown))) throw thrown
    }
  }
}

/** A change that is tried. */
interface Step<T> extends Next<T> {
  readonly before: T
  /** What led to it. */
  readonly refusal: Refusal
}

class Tries<T> {
  readonly #trying: Trying
  readonly #changes: Ways<T, unknown>['changes']
  readonly #startedAt: number
  readonly #spent = new Set<string>()
  #steps: readonly Step<T>[] = []
  #made = 0
  #vain = 0
  #current: T

  constructor(trying: Trying, first: T, { changes }: Pick<Ways<T, unknown>, 'changes'>) {
    this.#trying = trying
    this.#changes = changes
    this.#startedAt = this.#now()
    this.#current = first
  }

  /** What is sent next. */
  get current(): T {
    return this.#current
  }

  accepted(): void {
    const { onDropped, onRefused } = this.#trying
    onDropped(this.#steps.flatMap(({ without }) => without))
    this.#steps.flatMap(({ memory }) => memory).forEach(onRefused)
  }

  /** Makes the next change; false where there is none that may help. */
  refused(error: GatewayError): boolean {
    const refusal = this.#isOver() ? undefined : refusalIn(error, this.#trying.to)
    if (refusal !== undefined) this.#putBack(refusal)
    const change = refusal && this.#vain < MOST_VAIN ? this.#changeAfter(refusal) : undefined
    if (refusal === undefined || change === undefined) {
      this.#trying.onDropped(this.#steps.flatMap(({ without }) => without))
      return false
    }
    this.#steps = [...this.#steps, { ...change, before: this.#current, refusal }]
    this.#made += 1
    if (!change.mayRepeat) this.#spent.add(keyOf(change))
    this.#current = change.next
    return true
  }

  /** The same refusal again: the last change was not about what is refused. */
  #putBack(refusal: Refusal): void {
    const last = this.#steps.at(-1)
    if (last === undefined || !isSameRefusal(last.refusal, refusal)) return
    this.#current = last.before
    this.#steps = this.#steps.slice(0, -1)
    this.#spent.add(keyOf(last))
    this.#vain += 1
  }

  #changeAfter(refusal: Refusal): Next<T> | undefined {
    for (const change of this.#changes(this.#current, refusal)) {
      if (!this.#spent.has(keyOf(change))) return change
    }
    return undefined
  }

  #isOver(): boolean {
    const { signal } = this.#trying
    const isLate = this.#now() - this.#startedAt > WITHIN_MS
    return signal.aborted || isLate || this.#made >= MOST_TRIES
  }

  #now(): number {
    return this.#trying.now?.() ?? performance.now()
  }
}

/** An output limit that is lowered is not one that goes on under its other name. */
function keyOf({ without, mayRepeat = false }: Next<unknown>): string {
  return `${without.join()}${mayRepeat ? '+' : ''}`
}

/**
 * What targets refused and then answered without: fields that a server or a model does not know. They
 * are left out for an hour: nearly every request of the client has them, and would be sent twice.
 */
export interface RefusalMemory {
  /** @param target `provider,model` */
  learn(target: string, what: string): void
  /** What the target refused, as `x-ccr-dropped` names it. */
  of(target: string): readonly string[]
}

const LASTS_MS = 3_600_000
const NOTHING: readonly string[] = []
/** Targets that are remembered; the client may name any number of models. */
const MOST_TARGETS = 500
/** What is remembered of one target: a server may name another limit each time. */
const MOST_NAMES = 100

/** @param now ms since 1970. */
export function createRefusalMemory(now: () => number): RefusalMemory {
  const known = new Map<string, Map<string, number>>()
  return {
    learn(target, what) {
      const refused = known.get(target) ?? new Map<string, number>()
      refused.set(what, now())
      const [first] = refused.keys()
      if (refused.size > MOST_NAMES && first !== undefined) refused.delete(first)
      known.set(target, refused)
      const [oldest] = known.keys()
      if (known.size > MOST_TARGETS && oldest !== undefined) known.delete(oldest)
    },
    of(target) {
      const refused = known.get(target)
      if (refused === undefined) return NOTHING
      for (const [what, at] of refused) if (Math.abs(now() - at) > LASTS_MS) refused.delete(what)
      return [...refused.keys()]
    },
  }
}
