/** The interface that the locks of all platforms implement. */

/** A lock that this process holds. */
export interface Held {
  /** Releases the lock; calling it again does nothing. */
  release(): void
  /**
   * A child that inherits it (in its `stdio`) holds the lock as well, from its first moment on and
   * even after this process has ended. Null where a lock cannot be passed on (Windows).
   */
  readonly descriptor: number | null
  /** Sets what a repair request runs; without effect where the platform's locks carry no messages. */
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
