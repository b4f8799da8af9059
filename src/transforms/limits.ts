import {
  type Body,
  both,
  onBody,
  onRequest,
  type Options,
  type Transform,
  unchanged,
} from './transform.ts'

/** The names under which formats take the limit of the answer. */
const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']

/** A number of the options; the old router's UI writes them as text. */
function numberIn(options: Options, name: string): number | undefined {
  const value = options[name]
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) {
    return undefined
  }
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}

/** `max_tokens`: no answer may be longer. */
export function capTokens(options: Options): Transform {
  const cap = numberIn(options, 'max_tokens')
  if (cap === undefined) return unchanged
  return both(
    onRequest((request) =>
      (request.max_tokens ?? 0) > cap ? { ...request, max_tokens: cap } : request,
    ),
    // Encoders may ask for more where a model thinks.
    onBody((body) => capped(body, cap)),
  )
}

function capped(body: Body, cap: number): Body {
  const over = LIMITS.filter((name) => Number(body[name]) > cap)
  return over.length === 0 ? body : { ...body, ...Object.fromEntries(over.map((n) => [n, cap])) }
}

/** The limit under the name that OpenAI's newer models want. */
export const completionTokens: Transform = onBody((body) => {
  const { max_tokens: limit, ...others } = body
  return limit === undefined ? body : { ...others, max_completion_tokens: limit }
})

/** Fields of the Messages API that every format takes as far as it can. */
const SAMPLING = ['temperature', 'top_p']

/** Fields that Chat Completions of many open models take, or that the Messages API has beside. */
const MORE_SAMPLING: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': ['top_k', 'repetition_penalty'],
  anthropic: ['top_k'],
}

/** Caps `max_tokens` and sets the sampling fields, whatever the client asks for. */
export function sampling(options: Options, wire: string): Transform {
  const set = onRequest((request) => ({ ...request, ...numbers(options, SAMPLING) }))
  const more = numbers(options, MORE_SAMPLING[wire] ?? [])
  const setMore = onBody((body) => ({ ...body, ...more }))
  return both(both(set, setMore), capTokens(options))
}

function numbers(options: Options, names: readonly string[]): Record<string, number> {
  const pairs = names.flatMap((name) => {
    const value = numberIn(options, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(pairs)
}
