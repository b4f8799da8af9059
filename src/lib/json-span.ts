/**
 * Finds values in JSON text without parsing it, so that one value can be replaced and every other
 * byte stays as it is. The text must be valid JSON.
 */

/** Start and end (exclusive) of a value in the text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The span of a top-level key's value; the last one's where the key repeats, as JSON.parse has it. */
export function topLevelSpan(text: string, key: string): Span | undefined {
  const isKey = keyMatcher(key)
  let found: Span | undefined
  let depth = 0
  let at = 0
  while (at < text.length) {
    const char = text[at]
    if (char === '"') {
      const end = stringEnd(text, at)
      const value = depth === 1 && isKey(text.slice(at, end)) ? valueAfter(text, end) : undefined
      found = value ?? found
      at = value?.end ?? end
      continue
    }
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    at += 1
  }
  return found
}

/** Whether JSON text says a key, whose characters may be escaped each (`\u006d`). */
function keyMatcher(key: string): (text: string) => boolean {
  const quoted = JSON.stringify(key)
  const longest = '""'.length + key.length * '\\u0000'.length
  return (text) =>
    text === quoted || (text.length <= longest && text.includes('\\') && JSON.parse(text) === key)
}

/** The span of the value that follows a key; undefined if the string was no key. */
function valueAfter(text: string, keyEnd: number): Span | undefined {
  const colon = /\s*:\s*/y
  colon.lastIndex = keyEnd
  if (!colon.test(text)) return undefined
  const start = colon.lastIndex
  if (text[start] === '"') return { start, end: stringEnd(text, start) }
  if (text[start] === '{' || text[start] === '[') return { start, end: nestedEnd(text, start) }
  const scalar = /[^,}\]\s{["]+/y
  scalar.lastIndex = start
  return scalar.test(text) ? { start, end: scalar.lastIndex } : undefined
}

/** The index behind the object or list that begins at `start`. */
function nestedEnd(text: string, start: number): number {
  const mark = /["{}[\]]/g
  mark.lastIndex = start
  let depth = 0
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    const [char] = found
    if (char === '"') mark.lastIndex = stringEnd(text, found.index)
    else depth += char === '{' || char === '[' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return text.length
}

/** The index behind the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1)
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1)
  return quote === -1 ? text.length : quote + 1
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0
  while (text[quote - 1 - backslashes] === '\\') backslashes += 1
  return backslashes % 2 === 1
}

/**
 * The bytes of a JSON object with another text at a path of fields; undefined where nothing is there.
 * All others stay as they are. As Latin-1 a byte is a character, and JSON's own characters are the same.
 */
export function withText(
  json: Uint8Array,
  path: readonly string[],
  text: string,
): Uint8Array | undefined {
  const whole = Buffer.from(json.buffer, json.byteOffset, json.byteLength)
  const characters = whole.toString('latin1')
  let [start, end] = [0, characters.length]
  for (const field of path) {
    const span = topLevelSpan(characters.slice(start, end), field)
    if (span === undefined) return undefined
    ;[start, end] = [start + span.start, start + span.end]
  }
  const replacement = Buffer.from(JSON.stringify(text))
  return Buffer.concat([whole.subarray(0, start), replacement, whole.subarray(end)])
}
