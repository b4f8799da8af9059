/** Reads the end of a growing log and follows it, across rotations. */
import {
  closeSync,
  existsSync,
  fstatSync,
  type FSWatcher,
  openSync,
  readSync,
  type Stats,
  watch,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { errorCode } from '../../../lib/user-error.ts'

export interface LogReader {
  /** The complete lines added since the last call. */
  read(): string[]
  /** The incomplete last line. */
  rest(): string
}

const BLOCK = 65_536
const NEWLINE = 10

/** Opens the log at its last `count` lines; undefined if there is no file. */
export function openLog(file: string, count: number): LogReader | undefined {
  const begin = withFile(file, (fd, stats) => ({ stats, at: startOfLast(fd, stats.size, count) }))
  return begin && readerFrom(file, begin)
}

/** The state of the file when it was read, and the read position in bytes. */
interface ReadPosition {
  readonly stats: Stats
  readonly at: number
}

function readerFrom(file: string, begin: ReadPosition): LogReader {
  let position = begin
  let rest = Buffer.alloc(0)

  /** Reads from the current position to the end of the file. */
  const added = (): Buffer => {
    const found = withFile(file, (fd, stats) => {
      // The file was rotated or truncated; the unread rest is in FILE.1.
      const anew = stats.ino !== position.stats.ino || stats.size < position.at
      const before = anew ? [unread(`${file}.1`, position)] : []
      const from = anew ? 0 : position.at
      const bytes = readAt(fd, from, stats.size - from)
      position = { stats, at: from + bytes.length }
      return Buffer.concat([...before, bytes])
    })
    return found ?? Buffer.alloc(0) // between two files
  }
  return {
    read: () => {
      const bytes = Buffer.concat([rest, added()])
      const end = bytes.lastIndexOf(NEWLINE) + 1
      rest = bytes.subarray(end)
      return bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
    },
    rest: () => rest.toString('utf8'),
  }
}

/**
 * Reports new lines until `signal` is aborted or the folder is gone. The folder is watched rather than
 * the file, because a watch on a file ends with its first rename. Rejects if reading the file or
 * `onLines` throws.
 */
export async function follow(
  file: string,
  reader: LogReader,
  { signal, onLines }: { signal: AbortSignal; onLines: (lines: readonly string[]) => void },
): Promise<void> {
  const folder = dirname(file)
  let watcher: FSWatcher | undefined
  let end = (): void => undefined
  try {
    await new Promise<void>((resolve, reject) => {
      end = resolve
      const look = (): void => {
        try {
          onLines(reader.read())
          if (!existsSync(folder)) end()
        } catch (thrown) {
          watcher?.close()
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
        }
      }
      signal.addEventListener('abort', end, { once: true })
      watcher = watch(folder, (_, name) => {
        if (name === null || name === basename(file) || name === basename(folder)) look()
      })
      watcher.once('error', end) // on Windows, if the folder is removed
      look() // lines added before the watch started
      if (signal.aborted) end()
    })
  } finally {
    watcher?.close()
    signal.removeEventListener('abort', end)
  }
}

/** The start of the last `count` lines, in bytes. */
function startOfLast(fd: number, size: number, count: number): number {
  if (count === 0) return size
  let newlines = 0
  for (let end = size; end > 0; end -= BLOCK) {
    const start = Math.max(0, end - BLOCK)
    const block = readAt(fd, start, end - start)
    for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = before(block, at)) {
      if (start + at === size - 1) continue // the end of the last line
      newlines += 1
      if (newlines === count) return start + at + 1
    }
  }
  return 0
}

function before(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)
}

/** The unread rest in the rotated file; empty if that is an older file. */
function unread(kept: string, { stats, at }: ReadPosition): Buffer {
  const end = withFile(kept, (fd, { size, mtimeMs }) =>
    mtimeMs < stats.mtimeMs || size <= at ? undefined : readAt(fd, at, size - at),
  )
  return end ?? Buffer.alloc(0)
}

function readAt(fd: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, start))
}

function withFile<T>(file: string, use: (fd: number, stats: Stats) => T): T | undefined {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined
    throw thrown
  }
  try {
    return use(fd, fstatSync(fd))
  } finally {
    closeSync(fd)
  }
}
