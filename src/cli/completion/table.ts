import type { ValueKind } from '../command.ts'

/** What a completion script knows of a command. */
export interface Completed {
  readonly name: string
  readonly summary: string
  /** What may stand in first place. */
  readonly words: readonly string[]
  readonly options: readonly CompletedOption[]
  /** What may stand behind the word in first place; under '' in first place itself. */
  readonly completes: Readonly<Record<string, readonly ValueKind[]>>
  /** True when all but an option in first place belongs to someone else. */
  readonly passThrough: boolean
}

export interface CompletedOption {
  readonly name: string
  readonly summary: string
  readonly short: string | undefined
  readonly completes: ValueKind | undefined
  /** What its value is called; undefined for one that takes none. `FILE` is completed as a path. */
  readonly value: string | undefined
}

/** What may stand in the place of a command, beside the commands themselves. */
export const WORDS: readonly (readonly [name: string, summary: string])[] = [
  ['help', 'the help of a command'],
  ['version', 'the version of ccr'],
]

/** A text for a POSIX-like shell or fish, in single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
