/** What `ccr doctor` says of one thing. */

/** `note` is worth knowing, `warning` may hurt, `broken` keeps something from working. */
export type Level = 'ok' | 'note' | 'warning' | 'broken'

export interface Check {
  /** What it is about: `claude`, `config`, `ports`. */
  readonly area: string
  readonly level: Level
  readonly text: string
  /** What to do about it. */
  readonly hint?: string
}

/** Checks of one area. */
export function area(name: string) {
  return (level: Level, text: string, hint?: string): Check => ({
    area: name,
    level,
    text,
    ...(hint === undefined ? {} : { hint }),
  })
}
