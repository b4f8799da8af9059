/** Reads a Gemini model's generation and size from its name. */

/**
 * The generation decides how thinking is requested, whether thought signatures are required and
 * whether tool results may hold images.
 */
export interface Family {
  /** 2.5, 3.1; undefined for a model that is not Gemini or whose name does not say. */
  readonly generation: number | undefined
  readonly size: 'pro' | 'flash' | 'lite' | undefined
}

/** The oldest generation that `gemini-flash-latest` and the like may mean. */
const LATEST = 3

export function familyOf(model: string): Family {
  const name = model.toLowerCase()
  const number = /gemini-(\d+(?:\.\d+)?)/.exec(name)?.[1]
  const latest = /gemini-.{0,64}latest/.test(name) ? LATEST : undefined
  return { generation: number === undefined ? latest : Number(number), size: sizeOf(name) }
}

function sizeOf(name: string): Family['size'] {
  if (name.includes('lite')) return 'lite'
  if (name.includes('flash')) return 'flash'
  return name.includes('pro') ? 'pro' : undefined
}

/** Gemini 3 and later: thinking by level, thought signatures required, media in tool results. */
export function isGemini3({ generation }: Family): boolean {
  return generation !== undefined && generation >= 3
}

/**
 * The most tokens of one answer, thoughts included; a higher limit is refused.
 * https://ai.google.dev/gemini-api/docs/models
 */
export function maxOutputTokens({ generation }: Family): number {
  if (generation === undefined) return Infinity
  return generation >= 2.5 ? 65_536 : 8192
}
