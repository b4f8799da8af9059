/** Counts the crashes of a session, so that clients do not revive one that crashes every time. */
import { readText, replaceFile } from '../lib/files.ts'
import type { SessionRef } from './identity.ts'
import { crashFile } from './paths.ts'

const WINDOW_MS = 60_000
const MOST = 3

/** Notes a crash at `now` (ms since 1970); false when it is the third within a minute. */
export function countCrash(ref: SessionRef, now: number): boolean {
  const recent = readCrashes(ref).filter((at) => at > now - WINDOW_MS && at <= now)
  replaceFile(crashFile(ref), `${JSON.stringify([...recent, now])}\n`)
  return recent.length + 1 < MOST
}

function readCrashes(ref: SessionRef): number[] {
  try {
    const found: unknown = JSON.parse(readText(crashFile(ref)) ?? '[]')
    return Array.isArray(found) ? found.filter((at) => typeof at === 'number') : []
  } catch {
    return []
  }
}
