/** One event of an upstream stream, without its framing. */
export interface Frame {
  /** The event's name, '' where the framing gives none. */
  readonly event: string
  readonly data: string
}
