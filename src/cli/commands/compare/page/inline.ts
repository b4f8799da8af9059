/**
 * Converts inline Markdown to HTML: emphasis, code, links. Everything else, including HTML, stays text.
 * Nothing is loaded automatically; links can only be web and mail addresses. Takes linear time on any
 * text.
 */
import { html } from '../../../terminal/untrusted-text.ts'

/** A possible start of an element, whose end is not found yet. */
interface Opening {
  readonly sign: string
  /** Its index among the pieces. */
  readonly at: number
  /** How many of the signs are still unused. */
  count: number
  /** The start tags at this point, the outermost first. */
  tags: string
}

interface Bracket {
  readonly at: number
  readonly isPicture: boolean
  /** The number of openings before it. */
  readonly openings: number
}

/** The longest address of a link, in characters. */
const LONGEST_ADDRESS = 2_000
const PLAIN = /[^\\`*_~[\]!<h\n]+/y
const PUNCTUATION = /[\p{P}\p{S}]/u
const WORD = /[\p{L}\p{N}_]/u

/** The HTML of untrusted text; line breaks are kept. */
export function inlineHtml(text: string): string {
  return new Inline(text).html()
}

class Inline {
  readonly #text: string
  #position = 0
  readonly #pieces: string[] = []
  #openings: Opening[] = []
  #brackets: Bracket[] = []
  /** The number of openings of each sign. */
  readonly #open = new Map<string, number>()
  readonly #backticks: Backticks

  constructor(text: string) {
    this.#text = text
    this.#backticks = new Backticks(text)
  }

  html(): string {
    while (this.#position < this.#text.length) this.#step()
    return this.#pieces.join('')
  }

  #step(): void {
    PLAIN.lastIndex = this.#position
    const plain = PLAIN.exec(this.#text)?.[0]
    if (plain !== undefined) return this.#take(plain.length, textHtml(plain))
    switch (this.#text[this.#position]) {
      case '\\':
        return this.#escape()
      case '`':
        return this.#code()
      case '*':
      case '_':
      case '~':
        return this.#emphasis()
      case '!':
      case '[':
        return this.#bracket()
      case ']':
        return this.#link()
      case '\n':
        return this.#take(1, '<br>\n')
      default:
        return this.#address()
    }
  }

  #take(length: number, piece: string): void {
    this.#pieces.push(piece)
    this.#position += length
  }

  #escape(): void {
    const next = this.#text[this.#position + 1] ?? ''
    if (/[!-/:-@[-`{-~]/.test(next)) this.#take(2, html(next))
    else this.#take(1, '\\')
  }

  #code(): void {
    const [length, end] = this.#backticks.at(this.#position)
    if (end === null) return this.#take(length, '`'.repeat(length))
    const code = this.#text.slice(this.#position + length, end).replaceAll('\n', ' ')
    const padded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== ''
    const shown = html(padded ? code.slice(1, -1) : code)
    this.#take(end + length - this.#position, `<code>${shown}</code>`)
  }

  #emphasis(): void {
    const start = this.#position
    const sign = this.#text[start] ?? ''
    let end = start
    while (this.#text[end] === sign) end += 1
    let count = end - start
    const { opens, closes } = flanks(sign, before(this.#text, start), after(this.#text, end))
    const isMark = sign !== '~' || count === 2
    if (isMark && closes) count = this.#closed(sign, count)
    const rest = sign.repeat(count)
    if (isMark && opens && count > 0) this.#push({ sign, at: this.#pieces.length, count, tags: '' })
    this.#pieces.push(rest)
    this.#position = end
  }

  /** Closes elements with this many signs; returns how many are left. */
  #closed(sign: string, signs: number): number {
    let left = signs
    let opening: Opening | undefined
    while (left > 0 && (opening = this.#opening(sign))) {
      const used = Math.min(2, left, opening.count)
      const name = sign === '~' ? 'del' : used === 2 ? 'strong' : 'em'
      left -= used
      opening.count -= used
      opening.tags = `<${name}>${opening.tags}`
      this.#pieces[opening.at] = sign.repeat(opening.count) + opening.tags
      this.#pieces.push(`</${name}>`)
      if (opening.count === 0) this.#drop(this.#openings.length - 1)
    }
    return left
  }

  #push(opening: Opening): void {
    this.#openings.push(opening)
    this.#open.set(opening.sign, (this.#open.get(opening.sign) ?? 0) + 1)
  }

  /** The last opening of the sign; later openings become text. */
  #opening(sign: string): Opening | undefined {
    if ((this.#open.get(sign) ?? 0) === 0) return undefined
    const n = this.#openings.findLastIndex((one) => one.sign === sign)
    this.#drop(n + 1)
    const found = this.#openings[n]
    while (found && (this.#brackets.at(-1)?.at ?? -1) > found.at) this.#brackets.pop()
    return found
  }

  /** Removes the openings from this index on. */
  #drop(from: number): void {
    for (const { sign } of this.#openings.splice(from)) {
      this.#open.set(sign, (this.#open.get(sign) ?? 1) - 1)
    }
  }

  #bracket(): void {
    const isPicture = this.#text.startsWith('![', this.#position)
    const length = isPicture ? 2 : 1
    if (isPicture || this.#text[this.#position] === '[') {
      const openings = this.#openings.length
      this.#brackets.push({ at: this.#pieces.length, isPicture, openings })
    }
    this.#take(length, this.#text.slice(this.#position, this.#position + length))
  }

  /** The end of `[text](address)`; all of it stays text if the address is not allowed. */
  #link(): void {
    const bracket = this.#brackets.at(-1)
    const isLink = bracket !== undefined && this.#text[this.#position + 1] === '('
    const found = isLink ? destination(this.#text, this.#position + 2) : null
    const address = found && safeAddress(found.address)
    if (!bracket || !found || !address) return this.#take(1, ']')
    this.#drop(bracket.openings)
    // Links and pictures are not nested, except for a picture in a link.
    const outer = this.#brackets.at(-2)
    this.#brackets = bracket.isPicture && outer?.isPicture === false ? [outer] : []
    const inside = this.#pieces.splice(bracket.at).slice(1).join('').replace(ANCHORS, '')
    const text = bracket.isPicture ? `[picture: ${inside}]` : inside
    this.#take(found.end - this.#position, anchor(address, text))
  }

  /** `<https://…>` and `https://…`. */
  #address(): void {
    const inAngles = this.#text[this.#position] === '<'
    const start = this.#position + (inAngles ? 1 : 0)
    const isAddress = /https?:\/\//y
    isAddress.lastIndex = start
    const begins = inAngles || !WORD.test(before(this.#text, start))
    if (!begins || !isAddress.test(this.#text)) {
      return this.#take(1, html(this.#text[this.#position] ?? ''))
    }
    const end = addressEnd(this.#text, start)
    const closed = inAngles && this.#text[end] === '>'
    const written = this.#text.slice(start, closed ? end : trimmedEnd(this.#text, start, end))
    const address = safeAddress(written)
    const text = html(written)
    const piece = address === null ? text : anchor({ ...address, host: '' }, text)
    if (closed) this.#take(end + 1 - this.#position, piece)
    else this.#take(start + written.length - this.#position, `${inAngles ? '&lt;' : ''}${piece}`)
  }
}

/** Untrusted text as HTML; a few character entities are kept. */
function textHtml(text: string): string {
  return html(text).replace(/&amp;(amp|lt|gt|quot|nbsp|#39);/g, '&$1;')
}

/** The character before a position, also if it has two code units; '' at the start. */
function before(text: string, position: number): string {
  return /[^]$/u.exec(text.slice(Math.max(0, position - 2), position))?.[0] ?? ''
}

/** The character at a position; '' at the end. */
function after(text: string, position: number): string {
  return /^[^]/u.exec(text.slice(position, position + 2))?.[0] ?? ''
}

/** Whether signs between these characters can open or close an element. */
function flanks(sign: string, left: string, right: string): { opens: boolean; closes: boolean } {
  const isSpace = (character: string): boolean => character.trim() === ''
  const isSign = (character: string): boolean => PUNCTUATION.test(character)
  const opens = !isSpace(right) && (!isSign(right) || isSpace(left) || isSign(left))
  const closes = !isSpace(left) && (!isSign(left) || isSpace(right) || isSign(right))
  if (sign !== '_') return { opens, closes }
  return { opens: opens && (!closes || isSign(left)), closes: closes && (!opens || isSign(right)) }
}

/** Finds runs of backticks and the next run of the same length. */
class Backticks {
  readonly #runs = new Map<number, number[]>()

  constructor(text: string) {
    for (const { 0: run, index } of text.matchAll(/`+/g)) {
      const positions = this.#runs.get(run.length)
      if (positions) positions.push(index)
      else this.#runs.set(run.length, [index])
    }
    for (const positions of this.#runs.values()) positions.reverse()
  }

  /** The length of the run at `place`, and where the run begins that ends it; null for none. */
  at(position: number): readonly [length: number, end: number | null] {
    for (const [length, positions] of this.#runs) {
      while ((positions.at(-1) ?? Infinity) < position) positions.pop()
      if (positions.at(-1) === position) return [length, positions.at(-2) ?? null]
    }
    return [1, null]
  }
}

interface Address {
  readonly href: string
  /** Shown beside the link, so that readers see where it leads. */
  readonly host: string
}

/** An allowed address; null for others, such as scripts and files. */
function safeAddress(text: string): Address | null {
  if (!/^(https?:\/\/|mailto:)/i.test(text) || !URL.canParse(text)) return null
  const { href, protocol, host } = new URL(text)
  return { href, host: protocol === 'mailto:' ? '' : host }
}

const ANCHORS = /<\/?a(?: [^<>]*)?>/g

function anchor({ href, host }: Address, text: string): string {
  const link = `<a href="${html(href)}" rel="noopener noreferrer nofollow" target="_blank">${text}</a>`
  return host === '' ? link : `${link} <span class="soft">(${html(host)})</span>`
}

/** The address in the parentheses of a link, from `start` on. */
function destination(text: string, start: number): { address: string; end: number } | null {
  const most = Math.min(text.length, start + LONGEST_ADDRESS)
  let depth = 0
  let position = start
  for (; position < most; position += 1) {
    const character = text[position] ?? ''
    if (/[\s[\]<>]/.test(character)) break
    if (character === '(') depth += 1
    if (character === ')' && (depth -= 1) < 0) break
    if (depth > MOST_BRACKETS) return null
  }
  const address = text.slice(start, position)
  if (text[position] === ')') return { address, end: position + 1 }
  const title = TITLE.exec(text.slice(position, position + LONGEST_TITLE))?.[0]
  return title === undefined ? null : { address, end: position + title.length }
}

const MOST_BRACKETS = 8
const LONGEST_TITLE = 200
const TITLE = /^ ("[^"\n]*"|'[^'\n]*')\)/

function addressEnd(text: string, start: number): number {
  const most = Math.min(text.length, start + LONGEST_ADDRESS)
  let end = start
  while (end < most && !/[\s<>"`|\\[\]]/.test(text[end] ?? '')) end += 1
  return end
}

/** The end of an address without the punctuation that follows it. */
function trimmedEnd(text: string, start: number, end: number): number {
  const inside = text.slice(start, end)
  const isClosed = inside.split('(').length >= inside.split(')').length
  let last = end
  while (last > start && (isClosed ? ".,;:!?'*_~]" : ".,;:!?'*_~])").includes(text[last - 1] ?? ''))
    last -= 1
  return last
}
