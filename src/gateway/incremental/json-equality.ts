/** Whether two values have the same JSON text. */

/**
 * True only for values that `JSON.stringify` writes with the same characters: the same keys in the
 * same order. It may be false for some that it would, too, such as `{}` and `{ a: undefined }`.
 * Values other than those that JSON has (a `Date`, a `Map`) are never the same as another one.
 */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && areSameItems(a, b)
  return isPlain(a) && isPlain(b) && areSameFields(a, b)
}

function areSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at += 1) if (!isSameJson(a[at], b[at])) return false
  return true
}

type Fields = Readonly<Record<string, unknown>>

function areSameFields(a: Fields, b: Fields): boolean {
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  if (keys.length !== others.length) return false
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] as string
    if (key !== others[at] || !isSameJson(a[key], b[key])) return false
  }
  return true
}

function isPlain(value: object): value is Fields {
  return Object.getPrototypeOf(value) === Object.prototype
}
