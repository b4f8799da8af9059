/** Where the messages of a request end in its bytes. */

/** Positions in a body; ends are exclusive. */
export interface MessagePositions {
  /** Behind the bracket that opens the list of messages. */
  readonly start: number
  /** Behind each message. */
  readonly ends: readonly number[]
  /** Of the bracket that closes the list. */
  readonly close: number
}

const [QUOTE, COLON, BACKSLASH] = [0x22, 0x3a, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * The positions in a body, which is valid JSON and has a list of objects as `messages`. The last list
 * where the key repeats, as JSON.parse has it; undefined where there is none.
 */
export function messagePositions(body: Buffer): MessagePositions | undefined {
  let found: MessagePositions | undefined
  let depth = 0
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] !== QUOTE) {
      depth += levels(body[at])
      continue
    }
    const end = closingQuote(body, at)
    const value = depth === 1 ? valueOfMessages(body, at, end + 1) : undefined
    if (value !== undefined) {
      if (body[value] !== OPEN_LIST) return undefined
      found = { start: value + 1, ...messageEnds(body, value + 1) }
    }
    at = value === undefined ? end : (found?.close ?? end)
  }
  return found
}

/** Where the messages of a list end, from a position between two of them on. */
export function messageEnds(body: Buffer, from: number): Pick<MessagePositions, 'ends' | 'close'> {
  const ends: number[] = []
  let depth = 0
  let at = from
  for (; at < body.length && depth >= 0; at += 1) {
    const byte = body[at]
    if (byte === QUOTE) at = closingQuote(body, at)
    else {
      depth += levels(byte)
      if (depth === 0 && byte === CLOSE) ends.push(at + 1)
    }
  }
  return { ends, close: at - 1 }
}

/** By how many levels a byte outside of strings leads in: -1 for one that leads out. */
function levels(byte: number | undefined): number {
  if (byte === OPEN || byte === OPEN_LIST) return 1
  return byte === CLOSE || byte === CLOSE_LIST ? -1 : 0
}

/** The position of the quote that ends the string which begins at `start`. */
function closingQuote(body: Buffer, start: number): number {
  let quote = body.indexOf(QUOTE, start + 1)
  while (quote !== -1 && isEscaped(body, quote)) quote = body.indexOf(QUOTE, quote + 1)
  return quote === -1 ? body.length : quote
}

function isEscaped(body: Buffer, quote: number): boolean {
  let before = quote - 1
  while (body[before] === BACKSLASH) before -= 1
  return (quote - 1 - before) % 2 === 1
}

/** Where the value of the key `messages` begins; undefined for a string that is another key, or none. */
function valueOfMessages(body: Buffer, start: number, end: number): number | undefined {
  const colon = skipBlanks(body, end)
  const isKey = body[colon] === COLON && isMessages(body.toString('latin1', start, end))
  return isKey ? skipBlanks(body, colon + 1) : undefined
}

/** The position of the next byte that is no white space of JSON. */
export function skipBlanks(body: Buffer, from: number): number {
  let at = from
  while (BLANKS.has(body[at])) at += 1
  return at
}

const BLANKS: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** A key may be written with escapes: `\u006d`. */
function isMessages(quoted: string): boolean {
  if (quoted === '"messages"') return true
  return quoted.includes('\\') && JSON.parse(quoted) === 'messages'
}
