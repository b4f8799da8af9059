/** Tokens of a text by o200k_base. Its vocabulary is large: only the worker loads this file. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

/** Longer runs without a space (base64, minified code) cost the tokenizer quadratic time: 200 KB take 20 s. */
const LONGEST_RUN = 256

/** The special tokens of a vocabulary (`<|endoftext|>`) are text where a prompt quotes them. */
const PLAIN = { disallowedSpecial: new Set<string>() }

export function tokensOfText(text: string): number {
  let tokens = 0
  for (const piece of shortRuns(text)) tokens += countTokens(piece, PLAIN)
  return tokens
}

// bounded: a run of up to LONGEST_RUN characters is read again from each of them
const LONG_RUN = new RegExp(
  `\\S{${String(LONGEST_RUN + 1)},}|\\s{${String(LONGEST_RUN + 1)},}`,
  'g',
)

/** The text in pieces none of which holds a long run. */
export function* shortRuns(text: string): Generator<string> {
  let at = 0
  for (const { 0: run, index } of text.matchAll(LONG_RUN)) {
    if (index > at) yield text.slice(at, index)
    at = index + run.length
    yield* slices(run)
  }
  if (at < text.length) yield text.slice(at)
}

function* slices(run: string): Generator<string> {
  for (let at = 0; at < run.length;) {
    let end = at + LONGEST_RUN
    // Never between the halves of one character.
    if (isHighSurrogate(run.charCodeAt(end - 1))) end += 1
    yield run.slice(at, end)
    at = end
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
