/** The error of a config that cannot be used, with its place in the file and what to do next. */
export interface ConfigErrorFacts {
  readonly file: string
  /** Both count from 1. */
  readonly line?: number
  readonly column?: number
  /** What to type or write next. */
  readonly hint: string
  readonly cause?: unknown
}

/**
 * A config that cannot be used. `message` reads `FILE:LINE:COL: what was wrong; expected …`, one
 * line for each thing wrong. Neither message nor hint ever holds a key or a variable's value.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly file: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly hint: string

  constructor(message: string, facts: ConfigErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.file = facts.file
    this.hint = facts.hint
    this.line = facts.line
    this.column = facts.column
  }
}
