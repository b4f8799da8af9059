import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import JSON5 from 'json5'
import type { RouterConfig } from '../config/config.ts'
import { decoded } from '../lib/encoding.ts'
import type { Logger } from '../lib/log.ts'
import { projectFolders } from './project-folders.ts'

/**
 * A `Router` of its own for a project or for one of its conversations, in ccr's home:
 * `<folder>/<session>.json`, else `<folder>/config.json`, where <folder> is what the client calls
 * the project's folder below its `projects`.
 */
export interface ProjectRouter {
  /** The Router of the client's session; undefined where there is none. */
  find(sessionId: string): Promise<RouterConfig | undefined>
}

export interface ProjectRouterParts {
  /** ccr's home. */
  readonly home: string
  /** The client's folder, usually `~/.claude`. */
  readonly clientHome: string
  readonly log: Logger
}

/** Sessions whose project is remembered. */
const MOST = 1_000

export function createProjectRouter({ home, clientHome, log }: ProjectRouterParts): ProjectRouter {
  const projects = new Map<string, string>()
  const told = new Set<string>()
  const folders = projectFolders(home)

  /**
   * Asks the few folders that ccr's home has, rather than searching all projects of the client. A
   * session that is not found is looked for again: its file may be written after its first request.
   */
  async function projectOf(sessionId: string): Promise<string | undefined> {
    const known = projects.get(sessionId)
    if (known !== undefined) return known
    for (const folder of folders()) {
      if (!(await exists(join(clientHome, 'projects', folder, `${sessionId}.jsonl`)))) continue
      projects.set(sessionId, folder)
      const [oldest] = projects.keys()
      if (projects.size > MOST && oldest !== undefined) projects.delete(oldest)
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
      if (!told.has(text)) log.warn({}, text)
      told.add(text)
    }
    return undefined
  }

  return {
    async find(sessionId) {
      // It becomes part of a path.
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
