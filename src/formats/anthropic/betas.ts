const HEADER = 'anthropic-beta'

/** Betas that change nothing, or that endpoints of other makers have long taken in. */
const KNOWN: ReadonlySet<string> = new Set([
  'claude-code-20250219',
  'interleaved-thinking-2025-05-14',
  'fine-grained-tool-streaming-2025-05-14',
  'prompt-caching-2024-07-31',
  'token-counting-2024-11-01',
])

/** The headers with only those betas that another maker's endpoint may know; the rest are named. */
export function knownBetas(headers: Readonly<Record<string, string>>): {
  readonly headers: Readonly<Record<string, string>>
  readonly dropped: readonly string[]
} {
  const { [HEADER]: list = '', ...others } = headers
  const betas = list.split(',').flatMap((beta) => beta.trim() || [])
  const kept = betas.filter((beta) => KNOWN.has(beta))
  return {
    headers: kept.length === 0 ? others : { ...others, [HEADER]: kept.join(',') },
    dropped: betas.filter((beta) => !KNOWN.has(beta)).map((beta) => `${HEADER}.${beta}`),
  }
}
