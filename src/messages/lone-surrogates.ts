/**
 * Halves of characters. A client that cuts a text between the two UTF-16 units of an emoji sends half
 * of it as an escape (`\ud83d`), which the parsers of most servers refuse ("no low surrogate in
 * string"), in every request of the conversation from then on.
 */

/** Whether a JSON text has escapes of surrogates at all, whole pairs or halves. */
export function mayHoldHalves(json: Buffer): boolean {
  return json.includes(String.raw`\ud`) || json.includes(String.raw`\uD`)
}

/** The value with `\ufffd` for each half; the very same value where there is none. */
export function wellFormed<T>(value: T): T {
  return mended(value) as T
}

function mended(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd')
  if (Array.isArray(value)) {
    const items: unknown[] = value.map(mended)
    return items.every((item, at) => item === value[at]) ? value : items
  }
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
  const told = fields.map(([key, inner]): [string, unknown] => [key, mended(inner)])
  return told.every(([, inner], at) => inner === fields[at]?.[1]) ? value : Object.fromEntries(told)
}
