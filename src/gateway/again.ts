import { asGatewayError } from '../messages/error.ts'
import type { GatewayError } from '../messages/error.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { secondTry } from '../messages/second-try.ts'

/** A request as it is sent to one target. */
interface Tried {
  readonly request: MessagesRequest
}

interface Next<T> {
  readonly next: T
  /** What it goes without, as `x-ccr-dropped` names it. */
  readonly without: string
}

interface Listener {
  /** Hears what is left out. */
  readonly onDropped: (names: readonly string[]) => void
  /** Hears what the target refused, once it has answered without it. */
  readonly onRefused: (what: string) => void
}

/** How a request is asked, and asked again. */
interface Ways<T extends Tried, Result> {
  ask(tried: T): Promise<Result>
  /** The same without a field that the error refuses; undefined if there is none. */
  field(tried: T, error: GatewayError): Next<T> | undefined
  /** Another request, without the fields that were refused. */
  request(request: MessagesRequest, fields: readonly string[]): T
}

/** A server that validates strictly names one field at a time. */
const MOST_TRIES = 6

/**
 * Asks until the target takes it, each time without what it refused; what it then answers without is
 * remembered.
 * @throws GatewayError of the last try where there is nothing more to leave out.
 */
export async function again<T extends Tried, Result>(
  { onDropped, onRefused }: Listener,
  first: T,
  ways: Ways<T, Result>,
): Promise<Result> {
  const refused: string[] = []
  let tried = first
  for (;;) {
    try {
      const result = await ways.ask(tried)
      refused.forEach(onRefused)
      return result
    } catch (thrown) {
      const error = asGatewayError(thrown)
      const found = refused.length < MOST_TRIES ? nextOf(tried, error, refused, ways) : undefined
      if (found === undefined || refused.includes(found.without)) throw thrown
      onDropped([found.without])
      refused.push(found.without)
      tried = found.next
    }
  }
}

function nextOf<T extends Tried, Result>(
  tried: T,
  error: GatewayError,
  refused: readonly string[],
  ways: Ways<T, Result>,
): Next<T> | undefined {
  const field = ways.field(tried, error)
  if (field !== undefined) return field
  const second = secondTry(tried.request, error)
  if (second === undefined) return undefined
  return { next: ways.request(second.request, refused), without: second.without }
}
