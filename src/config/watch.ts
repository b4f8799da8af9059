/** Watches the config file, whichever way an editor saves it. */
import { type FSWatcher, lstatSync, realpathSync, type Stats, statSync, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

export interface Watch {
  close(): void
}

/** Editors save in several steps; this long after the last one, in ms, the file is looked at. */
const SETTLE_MS = 50

/** How often the file is looked at, in ms. */
export interface Looks {
  /** Where the system cannot report changes. */
  readonly unwatchedMs: number
  /**
   * In addition to the system's reports. It reports nothing when a folder further up is moved or
   * mounted over, and on some network and shared file systems nothing at all.
   */
  readonly watchedMs: number
}

const LOOKS: Looks = { unwatchedMs: 2_000, watchedMs: 10_000 }

/**
 * Calls `onChange` after each change of `file`, also one that puts another file in its place: a
 * watch on the file itself would go on watching the old one, so its folder is watched, and for a
 * link also the folder of what it leads to. A folder that is removed or moved is watched again once
 * it is back. May call once too often, never once too few.
 */
export function watchConfig(file: string, onChange: () => void, looks: Looks = LOOKS): Watch {
  /** By the folder that it watches. */
  let open = new Map<string, FSWatcher>()
  let looking: NodeJS.Timeout | undefined
  let lookingEveryMs = 0
  let isLooking = false
  let seen = stampOf(file)
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const settle = (): void => {
    if (closed) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      timer = undefined
      follow()
      seen = stampOf(file)
      onChange()
    }, SETTLE_MS)
    timer.unref()
  }
  const look = async (): Promise<void> => {
    if (isLooking) return // a file system that is unreachable may take long
    isLooking = true
    const now = await stat(file).then(stamp, () => '')
    isLooking = false
    if (now !== seen && timer === undefined) settle()
  }
  const lookEvery = (ms: number): void => {
    clearInterval(looking)
    looking = setInterval(() => void look(), ms).unref()
    lookingEveryMs = ms
  }
  const replaceWatchers = (next: Map<string, FSWatcher>): void => {
    for (const watcher of open.values()) watcher.close()
    open = next
  }
  const unwatched = (): void => {
    if (closed) return
    replaceWatchers(new Map())
    if (lookingEveryMs === looks.unwatchedMs) return
    lookEvery(looks.unwatchedMs)
    settle() // it may have changed while there was no watch
  }
  /** A folder was removed or moved, and its watch with it. */
  const lost = (): void => {
    replaceWatchers(new Map())
    settle()
  }
  /** Watches the folders where the file is now. */
  const follow = (): void => {
    const { folders, concerns } = placesOf(file)
    const next = new Map<string, FSWatcher>()
    try {
      const names = folders.map(identityOf)
      if (names.length === open.size && names.every((name) => open.has(name))) return
      folders.forEach((folder, n) => {
        const watcher = watch(folder, { persistent: false }, (_, name) => {
          if (name === basename(folder)) lost()
          else if (name === null || concerns(name)) settle()
        })
        next.set(names[n] ?? folder, watcher)
        watcher.on('error', unwatched)
      })
      replaceWatchers(next)
      lookEvery(looks.watchedMs)
    } catch {
      // No such folder, or no more watches to be had.
      for (const watcher of next.values()) watcher.close()
      unwatched()
    }
  }
  follow()
  return {
    close() {
      closed = true
      clearTimeout(timer)
      replaceWatchers(new Map())
      clearInterval(looking)
    },
  }
}

/** Tells a file from what it was before; '' when there is none. */
function stampOf(file: string): string {
  try {
    return stamp(statSync(file))
  } catch {
    return ''
  }
}

function stamp({ dev, ino, size, mtimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs].join(' ')
}

/** Tells a folder from another one that has come into its place. Throws when there is none. */
function identityOf(folder: string): string {
  const { dev, ino } = statSync(folder)
  return [folder, dev, ino].join(' ')
}

interface Places {
  readonly folders: readonly string[]
  /** Whether a name in one of the folders has to do with the file. */
  readonly concerns: (name: string) => boolean
}

function placesOf(file: string): Places {
  const real = realPath(file)
  const folders = [...new Set([dirname(file), dirname(real)])]
  // Links may lead over other links (`config.json` -> `..data/config.json`): any name may matter.
  if (isLink(file)) return { folders, concerns: () => true }
  const names = new Set([basename(file), basename(real)])
  return { folders, concerns: (name) => names.has(name) }
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true
}
