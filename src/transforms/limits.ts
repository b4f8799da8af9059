/** Transforms for the limit of the answer's length and for sampling. */
import {
  type Body,
  chained,
  onBody,
  onRequest,
  type TransformOptions,
  type Transform,
  unchanged,
} from './transform.ts'

/** The fields in which protocols take the limit for the answer's length. */
const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']

/** A number from the options, also if it is written as text, as the UI of claude-code-router 2 does. */
function numberIn(options: TransformOptions, name: string): number | undefined {
  const value = options[name]
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) {
    return undefined
  }
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}

/** `max_tokens`: no answer may be longer. */
export function capTokens(options: TransformOptions): Transform {
  const cap = numberIn(options, 'max_tokens')
  if (cap === undefined) return unchanged
  return chained(
    onRequest((request) =>
      (request.max_tokens ?? 0) > cap ? { ...request, max_tokens: cap } : request,
    ),
    // Encoders may raise the limit for a model that thinks.
    onBody((body) => capped(body, cap)),
  )
}

function capped(body: Body, cap: number): Body {
  const over = LIMITS.filter((name) => Number(body[name]) > cap)
  return over.length === 0 ? body : { ...body, ...Object.fromEntries(over.map((n) => [n, cap])) }
}

/** Renames the limit to the field that newer models of OpenAI require. */
export const completionTokens: Transform = onBody((body) => {
  const { max_tokens: limit, ...others } = body
  return limit === undefined ? body : { ...others, max_completion_tokens: limit }
})

/** Fields of the Messages API that the encoder of every protocol handles. */
const SAMPLING = ['temperature', 'top_p']

/** Further fields of the protocol itself; Chat Completions servers of open models take them. */
const MORE_SAMPLING: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': ['top_k', 'repetition_penalty'],
  anthropic: ['top_k'],
}

/** Caps `max_tokens` and overrides the sampling fields of the client. */
export function sampling(options: TransformOptions, protocolName: string): Transform {
  const set = onRequest((request) => ({ ...request, ...numbers(options, SAMPLING) }))
  const more = numbers(options, MORE_SAMPLING[protocolName] ?? [])
  const setMore = onBody((body) => ({ ...body, ...more }))
  return chained(chained(set, setMore), capTokens(options))
}

function numbers(options: TransformOptions, names: readonly string[]): Record<string, number> {
  const pairs = names.flatMap((name) => {
    const value = numberIn(options, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(pairs)
}
