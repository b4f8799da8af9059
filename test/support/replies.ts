/**
 * The answers that a test can give the fake provider. All of them are written by hand, none is
 * recorded.
 *
 * A reply is data: an `answer` (rendered in the protocol of the request), literal
 * `events` (the payloads of an event stream, as given), or plain `http` (status and body, as
 * given). `Delivery` says how the bytes travel and how the exchange ends.
 */

/** Nothing happens for so many ms, or until the promise settles. */
export type Pause = number | Promise<unknown>

/** How the bytes of a reply travel. Every field has the healthy value when absent. */
export interface Delivery {
  /** Silence before the status line. */
  readonly before?: Pause
  /** Silence between the status line and the first byte of the body. */
  readonly beforeBody?: Pause
  /** Silence after the frame with this number (0 is the first). */
  readonly pauseAt?: { readonly frame: number; readonly pause: Pause }
  /** Silence after every frame. */
  readonly dripMs?: number
  /** Network writes: sizes in bytes (the last repeats), one byte each, or one a frame. */
  readonly split?: readonly number[] | 'bytes'
  /** Line ends of the event stream. */
  readonly newline?: '\n' | '\r\n'
  /** How many frames leave before the ending; all when absent. */
  readonly frames?: number
  /** `cut` destroys the socket, `hold` leaves it open for ever, `close` is a clean end. */
  readonly ending?: 'close' | 'cut' | 'hold'
  readonly headers?: Readonly<Record<string, string>>
}

export interface Call {
  readonly name: string
  readonly input: unknown
  /** `call_0`, `call_1`... when absent; null: the wire carries no id. */
  readonly id?: string | null
  /** The arguments exactly as they go on the wire, instead of `input` as JSON. */
  readonly raw?: string
}

export type Part =
  { readonly text: string } | { readonly thinking: string } | { readonly call: Call }

/** Counts as the provider would say them; `input` includes `cached`. */
export interface Counts {
  readonly input: number
  readonly output: number
  readonly cached?: number
}

export interface Answer extends Delivery {
  readonly parts: readonly Part[]
  /** The protocol's stop reason; null: the stream has none; absent: the one that fits the parts. */
  readonly finish?: string | null
  readonly usage?: Counts
  /** OpenAI wire: where usage goes. Default `separate` (a last chunk without choices). */
  readonly usageIn?: 'separate' | 'finish' | 'none'
  /** OpenAI wire: the field that carries thinking. */
  readonly thinkingField?: 'reasoning_content' | 'reasoning'
  /** Into how many deltas each text and each argument string is cut. */
  readonly pieces?: number
  /** OpenAI wire: deltas of neighbouring calls take turns. */
  readonly interleave?: boolean
  /** OpenAI wire: calls without `index`. */
  readonly withoutIndex?: boolean
  /** OpenAI wire: the id is repeated on every delta of a call. */
  readonly repeatId?: boolean
  /** OpenAI wire: no `data: [DONE]`. */
  readonly withoutDone?: boolean
  /** One JSON body instead of an event stream, whatever was asked for. */
  readonly asJson?: boolean
  /** The model name in the answer; the request's when absent. */
  readonly model?: string
}

export type Reply =
  | ({ readonly kind: 'answer' } & Answer)
  | ({ readonly kind: 'events'; readonly payloads: readonly unknown[] } & Delivery)
  | ({ readonly kind: 'http'; readonly status: number; readonly body: string } & Delivery)

export function answer(parts: readonly Part[], how: Omit<Answer, 'parts'> = {}): Reply {
  return { kind: 'answer', parts, ...how }
}

export function text(value: string, how: Omit<Answer, 'parts'> = {}): Reply {
  return answer([{ text: value }], how)
}

/** One call or several in one answer. */
export function calls(list: readonly Call[], how: Omit<Answer, 'parts'> = {}): Reply {
  return answer(
    list.map((call) => ({ call })),
    how,
  )
}

/** An event stream of exactly these payloads (a string goes out as it is, the rest as JSON). */
export function events(payloads: readonly unknown[], how: Delivery = {}): Reply {
  return { kind: 'events', payloads, ...how }
}

/** A plain HTTP answer; a body that is no string goes out as JSON. */
export function http(status: number, body: unknown, how: Delivery = {}): Reply {
  const type = typeof body === 'string' ? 'text/html' : 'application/json'
  return {
    kind: 'http',
    status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...how,
    headers: { 'content-type': type, ...how.headers },
  }
}

/** An error as OpenAI-style providers write it. */
export function refusal(
  status: number,
  message: string,
  how: Delivery & { readonly type?: string; readonly code?: string } = {},
): Reply {
  const { type = 'invalid_request_error', code, ...delivery } = how
  return http(status, { error: { message, type, code: code ?? null } }, delivery)
}

export function rateLimited(retryAfter: string): Reply {
  return refusal(429, 'Rate limit reached for requests', {
    type: 'requests',
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': retryAfter },
  })
}

export const wrongKey = (): Reply =>
  refusal(401, 'Incorrect API key provided: fake-***.', { code: 'invalid_api_key' })

export const htmlPage = (status = 200): Reply =>
  http(status, '<!doctype html><html><body><h1>Bad gateway</h1></body></html>')

/** An upstream that takes the request and never answers. */
export const never = (): Reply => http(200, '', { before: new Promise(() => undefined) })
