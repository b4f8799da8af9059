/** A provider's answer, its body not read yet. Whoever gets it calls `release` in the end. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Can be read once. Throws a GatewayError where the connection breaks or falls silent. */
  readonly body: AsyncGenerator<Uint8Array>
  /** The body was read as far as it is wanted: a connection about to end its body is kept. */
  release(): void
}

/** How long a provider may take. */
export interface Timeouts {
  /** Until the connection stands, ms. */
  readonly connectMs: number
  /** From the request to the first byte of the body, ms; the status line alone says nothing yet. */
  readonly firstByteMs: number
  /** Between two reads of the body, ms. */
  readonly idleMs: number
}
