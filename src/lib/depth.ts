/**
 * How deeply JSON may be nested. The parser itself has no limit, but whatever walks a value or
 * writes it down again recurses; what people and tools send has a few dozen levels.
 */
export const MOST_LEVELS = 200

/** Whether a value has more levels. It is looked at no further than that. */
export function isTooDeep(value: unknown, levels = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) {
      if (typeof item === 'object' && isTooDeep(item, levels - 1)) return true
    }
    return false
  }
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key]
    if (typeof inner === 'object' && isTooDeep(inner, levels - 1)) return true
  }
  return false
}

const QUOTE = 34
const BACKSLASH = 92

/** Whether a JSON text has more levels, without reading it. */
export function isTextTooDeep(text: string, levels = MOST_LEVELS): boolean {
  // Each level has a beginning and an end, or the text is cut.
  if (text.length <= levels) return false
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    // { and [, then } and ]: they differ in the same bit.
    else if ((code | 0x20) === 0x7b) depth += 1
    else if ((code | 0x20) === 0x7d) depth -= 1
    if (depth > levels) return true
  }
  return false
}

/** The index of the quote that ends the string which begins at `from`. */
function stringEnd(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  }
  return at
}
