/** Returns memory to the system after a burst: V8 alone keeps what it once needed, and there may be a hundred daemons. */

/** How long nothing may have been asked, ms. */
const QUIET_MS = 10_000
/** The first pass frees the objects, the second the buffers that they held, ms later. */
const SECOND_PASS_MS = 1_000
/** Less than this above what was held after the last time is not worth the 0.1 s it takes, bytes. */
const WORTH = 24 * 1024 * 1024
/** The same of what is known to be free, bytes. */
const WORTH_FREED = 4 * 1024 * 1024

export interface ReleaseParts {
  /** Model requests that are being answered. */
  readonly running: () => number
  /** A full garbage collection; undefined where the runtime was not started with one. */
  readonly collect?: (() => void) | undefined
  /** Resident memory, bytes. */
  readonly resident?: () => number
}

export interface MemoryRelease {
  /** To be called for each request, when it comes. */
  readonly requested: () => void
  /** To be called when this many bytes are no longer used that were used for long. */
  readonly freed: (bytes: number) => void
}

export function releaseMemoryWhenQuiet(parts: ReleaseParts): MemoryRelease {
  const { running, collect = runtimeCollect(), resident = () => process.memoryUsage.rss() } = parts
  if (collect === undefined) return { requested: () => undefined, freed: () => undefined }
  let least = resident()
  /** Bytes that are known to be free since the last time. */
  let known = 0
  let quiet: NodeJS.Timeout | undefined

  const again = (): void => {
    quiet = quiet?.refresh() ?? setTimeout(trim, QUIET_MS).unref()
  }
  const trim = (): void => {
    if (running() > 0) return again()
    if (known < WORTH_FREED && resident() < least + WORTH) return
    collect()
    setTimeout(finish, SECOND_PASS_MS).unref()
  }
  const finish = (): void => {
    if (running() === 0) {
      collect()
      known = 0
    }
    least = resident()
  }
  return {
    requested: again,
    freed(bytes) {
      known += bytes
      again()
    },
  }
}

/** Node's own, with `--expose-gc`. */
function runtimeCollect(): (() => void) | undefined {
  const { gc } = globalThis
  return gc && (() => gc())
}
