import { asGatewayError } from '../messages/error.ts'
import type { GatewayError } from '../messages/error.ts'
import type { Health } from './health.ts'

/** One way to get an answer: a target and a key. */
export interface Lane {
  /** `provider,model`, with the number of the key where there are several. */
  readonly name: string
  /** Tokens that fit, where it is known. */
  readonly window: number | undefined
}

/** A lane that was tried and failed before it gave anything. */
export interface Hop {
  readonly lane: string
  readonly kind: string
  readonly status: number
}

export interface Trial<L extends Lane, T> {
  /** In order of preference; at least one. */
  readonly lanes: readonly [L, ...L[]]
  /** Begins to ask a lane. */
  readonly open: (lane: L) => AsyncGenerator<T>
  readonly health: Health
  /** Hears of each lane that failed and that another is tried for. */
  readonly onHop: (hop: Hop) => void
  /** True once nobody waits for the answer any more. */
  readonly gone: () => boolean
}

/** Most lanes that one request tries. */
const MOST_LANES = 8

/**
 * The answer of the first lane that gives any. A lane may fail only before its first chunk;
 * afterwards its failure is the answer's. When all fail, the first one's error is thrown: it is
 * about the model that was asked for.
 */
export async function* failover<L extends Lane, T>(trial: Trial<L, T>): AsyncGenerator<T> {
  const { health, gone } = trial
  let first: GatewayError | undefined
  let failed: Failed | undefined
  let tried = 0
  for (const lane of inOrder(trial)) {
    if (failed && !mayHelp(failed, lane)) continue
    if (failed)
      trial.onHop({ lane: failed.lane.name, kind: failed.error.kind, status: failed.error.status })
    const chunks = trial.open(lane)
    const start = await begin(chunks)
    if (!('error' in start)) {
      yield* rest(start.step, chunks, (error) => {
        if (error === undefined) health.succeeded(lane.name)
        else if (!gone()) health.failed(lane.name, error)
      })
      return
    }
    if (!gone()) health.failed(lane.name, start.error)
    first ??= start.error
    failed = { lane, error: start.error }
    tried += 1
    if (gone() || tried === MOST_LANES) break
  }
  throw first ?? new Error('no lanes')
}

interface Failed {
  readonly lane: Lane
  readonly error: GatewayError
}

type Start<T> = { readonly step: IteratorResult<T> } | { readonly error: GatewayError }

async function begin<T>(chunks: AsyncGenerator<T>): Promise<Start<T>> {
  try {
    return { step: await chunks.next() }
  } catch (thrown) {
    return { error: asGatewayError(thrown) }
  }
}

async function* rest<T>(
  begun: IteratorResult<T>,
  chunks: AsyncGenerator<T>,
  ended: (error: GatewayError | undefined) => void,
): AsyncGenerator<T> {
  try {
    if (begun.done !== true) yield begun.value
    yield* chunks
    ended(undefined)
  } catch (thrown) {
    ended(asGatewayError(thrown))
    throw thrown
  } finally {
    await chunks.return(undefined)
  }
}

/** Lanes that are well before those that rest; with nothing else, a resting one is still tried. */
function* inOrder<L extends Lane, T>({ lanes, health }: Trial<L, T>): Generator<L> {
  const resting: L[] = []
  for (const lane of lanes) {
    if (health.admits(lane.name)) yield lane
    else resting.push(lane)
  }
  yield* resting
}

/**
 * Whether another lane may do better. What is wrong with the request itself is wrong everywhere; a
 * prompt that is too long fits only a larger window.
 */
function mayHelp({ lane, error }: Failed, other: Lane): boolean {
  if (error.overflow) return (other.window ?? 0) > (lane.window ?? Number.POSITIVE_INFINITY)
  return error.kind !== 'invalid_request_error' && error.kind !== 'request_too_large'
}
