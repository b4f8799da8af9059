/** Routers of projects: a `Router` of its own for the conversations of one project. */
import { readdirSync, statSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import JSON5 from 'json5'
import type { RouterConfig } from '../config/config.ts'
import { decoded } from '../lib/encoding.ts'
import type { Logger } from '../lib/log.ts'

/**
 * Finds the `Router` of a project or of one of its conversations in ccr's home:
 * `<folder>/<session>.json`, else `<folder>/config.json`, where <folder> is the name of the
 * project's folder in the client's `projects`.
 */
interface ProjectRouter {
  /** The Router for the client's session; undefined if there is none. */
  find(sessionId: string): Promise<RouterConfig | undefined>
}

interface ProjectRouterParts {
  /** ccr's home. */
  readonly home: string
  /** The client's folder, usually `~/.claude`. */
  readonly clientHome: string
  readonly log: Logger
}

/** Most sessions whose project is remembered. */
const MAX_SESSIONS = 1_000

export function createProjectRouter({ home, clientHome, log }: ProjectRouterParts): ProjectRouter {
  const projects = new Map<string, string>()
  const warned = new Set<string>()
  const folders = projectFolders(home)

  /**
   * Looks into the few folders that ccr's home has, rather than into all projects of the client. A
   * session that is not found is looked up again: its file may be written after its first request.
   */
  async function projectOf(sessionId: string): Promise<string | undefined> {
    const known = projects.get(sessionId)
    if (known !== undefined) return known
    for (const folder of folders()) {
      if (!(await exists(join(clientHome, 'projects', folder, `${sessionId}.jsonl`)))) continue
      projects.set(sessionId, folder)
      const [oldest] = projects.keys()
      if (projects.size > MAX_SESSIONS && oldest !== undefined) projects.delete(oldest)
      return folder
    }
    return undefined
  }

  async function routerIn(file: string): Promise<RouterConfig | undefined> {
    const source = await textOf(file)
    if (source === undefined) return undefined
    try {
      const { Router: router } = JSON5.parse<{ Router?: unknown }>(source)
      if (typeof router === 'object' && router !== null) return router as RouterConfig
    } catch (cause) {
      const text = `${file} is left out: ${cause instanceof Error ? cause.message : 'unreadable'}`
      if (!warned.has(text)) log.warn({}, text)
      warned.add(text)
    }
    return undefined
  }

  return {
    async find(sessionId) {
      // The id becomes part of a path.
      if (!/^[\w-]+$/.test(sessionId)) return undefined
      const folder = await projectOf(sessionId)
      if (folder === undefined) return undefined
      return (
        (await routerIn(join(home, folder, `${sessionId}.json`))) ??
        (await routerIn(join(home, folder, 'config.json')))
      )
    },
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return decoded(await readFile(file))
  } catch {
    return undefined
  }
}

/** Folders in ccr's home that belong to ccr, not to a project. */
const CCR_FOLDERS: ReadonlySet<string> = new Set([
  'sessions',
  'logs',
  'plugins',
  'presets',
  'usage',
  'compare',
  'locks',
])

/** The coarsest clock of a file system, ms: two changes within it may leave a folder with the same time. */
const COARSEST_MS = 2_000

/**
 * The folders of projects in ccr's home. They are needed for each request, so the home is read again
 * only when its modification time has changed.
 */
export function projectFolders(home: string): () => readonly string[] {
  let seen: { readonly changedAt: number; readonly names: readonly string[] } | undefined
  return () => {
    const changedAt = changedAtOf(home)
    if (seen?.changedAt === changedAt) return seen.names
    const names = foldersIn(home)
    seen = Date.now() - changedAt > COARSEST_MS ? { changedAt, names } : undefined
    return names
  }
}

/** When the folder was last changed, ms since 1970; 0 if that cannot be read: no request fails for it. */
function changedAtOf(folder: string): number {
  try {
    return statSync(folder).mtimeMs
  } catch {
    return 0
  }
}

function foldersIn(home: string): readonly string[] {
  try {
    const entries = readdirSync(home, { withFileTypes: true })
    return entries.filter((e) => e.isDirectory() && !CCR_FOLDERS.has(e.name)).map((e) => e.name)
  } catch {
    return []
  }
}
