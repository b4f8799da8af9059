/** A provider's answer whose body has not been read yet. The receiver calls `release` in the end. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Can be read once. Throws a GatewayError if the connection breaks or falls silent. */
  readonly body: AsyncGenerator<Uint8Array>
  /** Discards the rest of the body; the connection is kept if the body ends soon. */
  release(): void
}

/** The first value of a header. */
export function headerOf(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}
