/** JSON whose form is not known: parsed without throwing, and read as an object. */
import { isTextTooDeep } from './depth.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object; an empty one in place of anything else. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The value of a JSON text; undefined for a text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The object of a JSON text; an empty one where the text is not JSON, or no object. */
export function parseObject(text: string): JsonObject {
  return asObject(parseJson(text))
}

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
