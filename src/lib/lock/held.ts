/** What the platforms' locks have in common. */

/** A lock that this process holds. */
export interface Held {
  /** Lets the lock go; calling it again does nothing. */
  release(): void
  /**
   * A child that is given it (in its `stdio`) holds the lock as well, from its first moment on and
   * whatever becomes of us. Null where a lock cannot be passed on (Windows).
   */
  readonly descriptor: number | null
  /** What is done when somebody knocks; nothing where the platform's locks cannot be asked. */
  onRepairRequest(work: () => Promise<unknown>): void
}

export interface Lock {
  acquire(): Promise<Held>
  tryAcquire(): Promise<Held | null>
  inherit(descriptor: number): Promise<Held>
  seemsHeld(): Promise<boolean>
  isHeld(): Promise<boolean>
  waitUntilFree(signal?: AbortSignal): Promise<boolean>
  untilChange(): Promise<void>
  holders(): Promise<readonly number[] | null>
  requestRepair(): Promise<boolean>
}
