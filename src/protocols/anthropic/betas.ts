import type { Refusal } from '../../messages/refusal.ts'

const HEADER = 'anthropic-beta'

/** Betas that change nothing, or that endpoints of other makers have long taken in. */
export const OLD_BETAS: ReadonlySet<string> = new Set([
  'claude-code-20250219',
  'interleaved-thinking-2025-05-14',
  'fine-grained-tool-streaming-2025-05-14',
  'prompt-caching-2024-07-31',
  'token-counting-2024-11-01',
])

export interface Betas {
  readonly known: readonly string[]
  /** The headers with only those in `anthropic-beta`. */
  readonly headers: Readonly<Record<string, string>>
  /** The headers without any. */
  readonly others: Readonly<Record<string, string>>
  /** The rest, as `x-ccr-dropped` names them. */
  readonly dropped: readonly string[]
}

/** The betas that a client asks for, as far as an endpoint knows them. */
export function betasIn(
  headers: Readonly<Record<string, string>>,
  accepted: ReadonlySet<string>,
): Betas {
  const { [HEADER]: list = '', ...others } = headers
  const betas = list.split(',').flatMap((beta) => beta.trim() || [])
  const known = betas.filter((beta) => accepted.has(beta))
  return {
    known,
    headers: known.length === 0 ? others : { ...others, [HEADER]: known.join(',') },
    others,
    dropped: betas.filter((beta) => !accepted.has(beta)).map((beta) => `${HEADER}.${beta}`),
  }
}

/**
 * The betas that a server refuses: those that it names, or all where it names none. "invalid beta
 * flag" (Bedrock), "Unexpected value(s) `…` for the `anthropic-beta` header" (Anthropic, Vertex)
 */
export function refusedBetas(
  headers: Readonly<Record<string, string>>,
  refusal: Refusal,
): readonly string[] {
  const { kind, message } = refusal
  if (kind !== 'invalid_request_error' || !REFUSED.test(message)) return []
  const { dropped } = betasIn(headers, NONE)
  const named = dropped.filter((name) => message.includes(name.slice(HEADER.length + 1)))
  return named.length > 0 ? named : dropped
}

const REFUSED = /invalid beta|unsupported beta|anthropic[-_]beta/i
const NONE: ReadonlySet<string> = new Set()

/** The headers without these betas, as `refusedBetas` names them, and which of them they had. */
export function withoutBetas(
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Pick<Betas, 'headers' | 'dropped'> {
  const { dropped: all } = betasIn(headers, NONE)
  const accepted = all.filter((name) => !names.includes(name))
  if (accepted.length === all.length) return { headers, dropped: [] }
  return betasIn(headers, new Set(accepted.map((name) => name.slice(HEADER.length + 1))))
}
