import { readdirSync, statSync } from 'node:fs'

/** Folders of ccr's own. */
const OWN: ReadonlySet<string> = new Set([
  'sessions',
  'logs',
  'plugins',
  'presets',
  'usage',
  'compare',
  'locks',
])

/** The coarsest clock of a file system, ms: a change within it may leave a folder's time as it was. */
const COARSEST_MS = 2_000

/**
 * The folders of projects in ccr's home. Asked for each request, so they are read again only where
 * the home's time of change says so.
 */
export function projectFolders(home: string): () => readonly string[] {
  let seen: { readonly changedAt: number; readonly names: readonly string[] } | undefined
  return () => {
    const changedAt = changeOf(home)
    if (seen?.changedAt === changedAt) return seen.names
    const names = foldersIn(home)
    seen = Date.now() - changedAt > COARSEST_MS ? { changedAt, names } : undefined
    return names
  }
}

/** When the folder was changed, ms since 1970; 0 where that cannot be seen: no request fails for it. */
function changeOf(folder: string): number {
  try {
    return statSync(folder).mtimeMs
  } catch {
    return 0
  }
}

function foldersIn(home: string): readonly string[] {
  try {
    const entries = readdirSync(home, { withFileTypes: true })
    return entries.filter((e) => e.isDirectory() && !OWN.has(e.name)).map((e) => e.name)
  } catch {
    return []
  }
}
