/** Notices when the config file is saved, however an editor does that. */
import type { FSWatcher } from 'node:fs'
import { lstatSync, realpathSync, unwatchFile, watch, watchFile } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface Watch {
  close(): void
}

/** Editors save in several steps; this long after the last one, in ms, the file is looked at. */
const SETTLE_MS = 50

/** How often the file is looked at where the system cannot tell of changes, in ms. */
const POLL_MS = 2_000

/**
 * Calls `onChange` after each change of `file`, also one that puts another file in its place: a
 * watch on the file itself would go on watching the old one, so its folder is watched, and for a
 * link also the folder of what it leads to. May call once too often, never once too few.
 */
export function watchConfig(file: string, onChange: () => void): Watch {
  let open = new Map<string, FSWatcher>()
  let polling = false
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const settle = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      follow()
      onChange()
    }, SETTLE_MS)
    timer.unref()
  }
  const replaceWatchers = (next: Map<string, FSWatcher>): void => {
    for (const watcher of open.values()) watcher.close()
    open = next
    unwatchFile(file)
    polling = false
  }
  const poll = (): void => {
    if (polling || closed) return
    replaceWatchers(new Map())
    watchFile(file, { interval: POLL_MS, persistent: false }, settle)
    polling = true
    settle() // it may have changed while nobody watched
  }
  /** Watches the folders where the file is now. */
  const follow = (): void => {
    if (closed) return
    const { folders, concerns } = placesOf(file)
    if (folders.length === open.size && folders.every((folder) => open.has(folder))) return
    const next = new Map<string, FSWatcher>()
    try {
      for (const folder of folders) {
        const watcher = watch(folder, { persistent: false }, (_, name) => {
          if (name === null || concerns(name)) settle()
        })
        next.set(folder, watcher)
        watcher.on('error', poll)
      }
      replaceWatchers(next)
    } catch {
      // No such folder, or no more watches to be had.
      for (const watcher of next.values()) watcher.close()
      poll()
    }
  }
  follow()
  return {
    close() {
      closed = true
      clearTimeout(timer)
      replaceWatchers(new Map())
    },
  }
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
