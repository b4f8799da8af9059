import { isTextTooDeep } from './depth.ts'

/** Whether a JSON text is an object without content. */
export function isEmptyObject(text: string): boolean {
  return text.length < 20 && text.trim() === '{}'
}

/** Whether a text is a whole JSON object, so that more would break it. */
export function isWholeObject(text: string): boolean {
  if (!text.trimEnd().endsWith('}')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether two texts are the same JSON object, however they are written. */
export function isSameObject(a: string, b: string): boolean {
  if (a === b) return isWholeObject(a)
  if (isTextTooDeep(a) || isTextTooDeep(b) || !isWholeObject(a) || !isWholeObject(b)) return false
  return canonical(JSON.parse(a)) === canonical(JSON.parse(b))
}

/** JSON with its fields in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  )
}
