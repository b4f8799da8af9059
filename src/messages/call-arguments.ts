/** Collects a tool call's arguments that arrive in pieces. */

import { isSameObject, isWholeObject } from '../lib/json.ts'

/** What a piece of arguments makes due. */
export interface AddedArguments {
  /** What can be emitted now. */
  readonly due: string
  /** What follows a complete object and begins another one; '' for nothing. */
  readonly rest: string
}

const NOTHING: AddedArguments = { due: '', rest: '' }

/**
 * `string`: JSON text of a string, in which an object may be. `wholeString`: one is in it.
 * `odd`: there is no object in them. `broken`: scraps follow the object.
 */
type State = 'blank' | 'object' | 'whole' | 'string' | 'wholeString' | 'odd' | 'broken'

/** States in which nothing is emitted until the end. */
const HELD_WHOLE: ReadonlySet<State> = new Set(['string', 'wholeString', 'odd'])

/**
 * The arguments of one tool call as they come in pieces. They are told at once, except where servers
 * are known to change their mind: an empty object is held until it is sure that the real arguments do
 * not follow it, and what begins no object until it is whole, since it may be one as JSON text of a
 * string. Every character is looked at once.
 */
export class CallArguments {
  #text = ''
  #held = ''
  #state: State = 'blank'
  #depth = 0
  #isQuoted = false
  #isEscaped = false
  /** Whether the object has any content. */
  #isFilled = false
  /** Whether the object's first brace has been emitted. */
  #isBegun = false
  /** Whether the object is valid JSON; undefined until it is needed. */
  #isJson: boolean | undefined

  /** All that came, but for an empty object before the real arguments. */
  get text(): string {
    return this.#text
  }

  /** UTF-16 units that are held. */
  get heldSize(): number {
    return HELD_WHOLE.has(this.#state) ? this.#text.length : this.#held.length
  }

  /** Whether anything but white space came. */
  get hasContent(): boolean {
    return this.#state !== 'blank'
  }

  /** Whether they are an object without content so far, which real arguments may follow. */
  get isEmpty(): boolean {
    return this.#state === 'whole' && !this.#isFilled
  }

  /** Whether they are a whole object, so that more would break it. */
  get isWhole(): boolean {
    if (this.#state === 'odd') return saysNone(this.#text)
    if (this.#state === 'whole') return (this.#isJson ??= isWholeObject(this.#text))
    return this.#state === 'wholeString'
  }

  /** Whether these say nothing but what others say. */
  repeats(other: CallArguments): boolean {
    const [mine, others] = [decodedArguments(this.#text), decodedArguments(other.#text)]
    return this.isEmpty || others.startsWith(mine.trim()) || isSameObject(mine, others)
  }

  add(piece: string): AddedArguments {
    switch (this.#state) {
      case 'blank':
        return this.#begin(piece)
      case 'object':
        return this.#goOn(piece)
      case 'whole':
        return this.#behind(piece)
      case 'string':
        return this.#goOnString(piece)
      case 'wholeString':
        return this.#behindString(piece)
      case 'odd':
        return this.#keep(piece)
      case 'broken':
        return this.#tell(piece)
    }
  }

  /** What is left to emit at the end. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return HELD_WHOLE.has(this.#state) ? decodedArguments(this.#text) : held
  }

  #begin(piece: string): AddedArguments {
    const first = piece.trimStart()
    if (first === '') return this.#hold(piece)
    if (first.startsWith('{')) {
      this.#state = 'object'
      return this.#goOn(piece)
    }
    if (first.startsWith('"')) {
      this.#state = 'string'
      return this.#goOnString(piece)
    }
    this.#state = 'odd'
    return this.#keep(piece)
  }

  #goOn(piece: string): AddedArguments {
    const end = this.#endIn(piece)
    if (end === undefined) {
      this.#isBegun = true
      return this.#tell(piece)
    }
    this.#state = 'whole'
    const last = piece.slice(0, end)
    const { due } = this.#isFilled ? this.#tell(last) : this.#hold(last)
    const behind = this.#behind(piece.slice(end))
    return { due: due + behind.due, rest: behind.rest }
  }

  #behind(piece: string): AddedArguments {
    const more = piece.trimStart()
    if (more === '') return this.#isFilled ? this.#tell(piece) : this.#hold(piece)
    if (!this.#isFilled && (more.startsWith('{') || !this.#isBegun)) return this.#restart(more)
    if (more.startsWith('{')) return { due: '', rest: more }
    this.#state = 'broken'
    return this.#tell(piece)
  }

  /** The real arguments after an empty object, whose brace may have been emitted already. */
  #restart(more: string): AddedArguments {
    this.#text = ''
    this.#held = ''
    this.#isJson = undefined
    if (!this.#isBegun) return this.#begin(more)
    this.#text = '{'
    this.#depth = 1
    this.#state = 'object'
    return this.#goOn(more.slice(1))
  }

  #goOnString(piece: string): AddedArguments {
    const end = this.#endOfString(piece)
    this.#keep(piece.slice(0, end))
    if (end === undefined) return NOTHING
    this.#state = isWholeObject(decodedArguments(this.#text)) ? 'wholeString' : 'odd'
    return this.add(piece.slice(end))
  }

  /** Some servers say such arguments twice too. */
  #behindString(piece: string): AddedArguments {
    const more = piece.trimStart()
    if (more.startsWith('"')) return { due: '', rest: more }
    if (more !== '') this.#state = 'odd'
    return this.#keep(piece)
  }

  #keep(piece: string): AddedArguments {
    this.#text += piece
    return NOTHING
  }

  #tell(piece: string): AddedArguments {
    const due = this.#held + piece
    this.#held = ''
    this.#text += piece
    return { due, rest: '' }
  }

  #hold(piece: string): AddedArguments {
    this.#text += piece
    this.#held += piece
    return NOTHING
  }

  /** Where the object ends in its next piece; undefined if it goes on. */
  #endIn(piece: string): number | undefined {
    for (let at = 0; at < piece.length; at += 1) {
      const character = piece.charCodeAt(at)
      if (this.#isQuoted) this.#readQuoted(character)
      else if (this.#readBare(character)) return at + 1
    }
    return undefined
  }

  /** Where the string ends in its next piece; undefined if it goes on. */
  #endOfString(piece: string): number | undefined {
    for (let at = 0; at < piece.length; at += 1) {
      const character = piece.charCodeAt(at)
      if (this.#isQuoted) {
        if (this.#readQuoted(character)) return at + 1
      } else this.#isQuoted = character === QUOTE
    }
    return undefined
  }

  /** Whether the string ends here. */
  #readQuoted(character: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false
    else if (character === BACKSLASH) this.#isEscaped = true
    else if (character === QUOTE) this.#isQuoted = false
    return !this.#isQuoted
  }

  /** Whether the object ends here. */
  #readBare(character: number): boolean {
    if (character <= SPACE) return false
    if (character === CLOSE) {
      this.#depth -= 1
      return this.#depth === 0
    }
    if (this.#depth > 0) this.#isFilled = true
    if (character === OPEN) this.#depth += 1
    else if (character === QUOTE) this.#isQuoted = true
    return false
  }
}

const SPACE = 32
const QUOTE = 34
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125

/** How often arguments may have been written as JSON text of a string. */
const MOST_TIMES = 3

/**
 * The object in arguments that were written as JSON text of a string, the empty one for those that say
 * that there are none; the arguments themselves where there is no object in them.
 */
export function decodedArguments(args: string): string {
  let inner = args
  for (let times = 0; times < MOST_TIMES; times += 1) {
    const text = inner.trim()
    if (text.startsWith('{')) return isWholeObject(text) ? inner : args
    const value = valueIn(text)
    if (value === null || value === '') return '{}'
    if (typeof value !== 'string') return args
    inner = value
  }
  return isWholeObject(inner) ? inner : args
}

/** The text in a JSON string, null for null; undefined for anything else. */
function valueIn(text: string): unknown {
  if (text === 'null') return null
  // Others need not be parsed.
  if (!text.startsWith('"')) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Whether the arguments say that there are none. */
function saysNone(text: string): boolean {
  return text.length < 20 && text.trim() === 'null'
}

/** The objects in arguments that came as one text, without repetitions; at least one. */
export function splitArguments(text: string): readonly string[] {
  const all: CallArguments[] = []
  for (let rest = text, last: CallArguments | undefined; ;) {
    const args = new CallArguments()
    rest = args.add(rest).rest
    if (last === undefined || !args.repeats(last)) all.push((last = args))
    if (rest === '') return all.map((one) => decodedArguments(one.text))
  }
}

/** Arguments are a string in most APIs' pieces; some servers send the object itself. */
export function argumentsPiece(args: unknown): string {
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
}
