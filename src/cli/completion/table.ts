/** What a completion script knows of a command. */
export interface Completed {
  readonly name: string
  readonly summary: string
  /** What may stand in first place. */
  readonly words: readonly string[]
  readonly options: readonly CompletedOption[]
}

export interface CompletedOption {
  readonly name: string
  readonly summary: string
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
