/** What every layer may log with. Fields first, then a sentence. Secrets are masked by the sink. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const nothing = (): void => undefined

/** A logger that says nothing: for tests and for `LOG: false`. */
export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
