/** A failure that the user can do something about: what went wrong, and what to type next. */
export class UserError extends Error {
  override readonly name: string = 'UserError'
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.hint = hint
  }
}

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`, …); '' for anything else. */
export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : ''
}
