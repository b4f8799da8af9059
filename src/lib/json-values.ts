/**
 * Takes JSON objects and lists out of text that comes in pieces, one behind the other, each as soon
 * as it is whole. Every character is looked at once.
 */
export class JsonValues {
  #held = ''
  #depth = 0
  /** Whether the next character is within a string, and whether it is escaped there. */
  #inString = false
  #isEscaped = false

  /** The values that a piece of the text completes, and what is behind them that begins no value. */
  push(piece: string): { readonly values: readonly string[]; readonly rest: string } {
    const values: string[] = []
    let from = 0
    for (;;) {
      if (this.#held === '') {
        const start = next(VALUE_START, piece, from)
        if (start < piece.length && !isStart(piece[start])) break
        from = start
        if (start === piece.length) break
      }
      const end = this.#valueEnd(piece, from)
      this.#held += piece.slice(from, end)
      from = end ?? piece.length
      if (end === undefined) break
      values.push(this.#held)
      this.#held = ''
    }
    return { values, rest: piece.slice(from) }
  }

  /** The beginning of a value that is not whole. */
  get held(): string {
    return this.#held
  }

  /** The index behind the value that is being read, if it ends in this piece. */
  #valueEnd(piece: string, from: number): number | undefined {
    let at = from
    while (at < piece.length) {
      if (this.#inString) {
        at = this.#stringEnd(piece, at)
        continue
      }
      at = next(MARK, piece, at)
      const char = piece[at]
      at += 1
      if (char === '"') this.#inString = true
      else if (isStart(char)) this.#depth += 1
      else if (char !== undefined) this.#depth -= 1
      if (this.#depth === 0) return at
    }
    return undefined
  }

  /** The index behind the string, or the length of the piece. */
  #stringEnd(piece: string, from: number): number {
    let at = from
    while (at < piece.length) {
      if (this.#isEscaped) {
        this.#isEscaped = false
        at += 1
        continue
      }
      at = next(STRING_MARK, piece, at)
      if (piece[at] === '"') {
        this.#inString = false
        return at + 1
      }
      this.#isEscaped = piece[at] === '\\'
      at += 1
    }
    return piece.length
  }
}

/** What is no white space and no comma: where a value begins, or something else. */
const VALUE_START = /[^\s,\ufeff]/g
const MARK = /["{}[\]]/g
const STRING_MARK = /["\\]/g

function isStart(char: string | undefined): boolean {
  return char === '{' || char === '['
}

/** The index of the next match, or the length of the text. */
function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}
