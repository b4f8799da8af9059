/** Which session a command means: by its preference, its home folder and its config file. */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultConfigFile } from '../config/defaults.ts'
import type { Env } from '../lib/env.ts'

export interface SessionRef {
  /** `default`, or 8 hex digits. */
  readonly id: string
  /** As given in CCR_MODEL_PREFERENCE, trimmed; '' for the default session. */
  readonly preference: string
  /** The home folder of ccr, absolute. */
  readonly home: string
  /** The session's own folder in it. */
  readonly dir: string
  /** The config file of the session, absolute; it need not exist. */
  readonly configFile: string
  /** True when the config file was given by --config or CCR_CONFIG. */
  readonly isCustomConfig: boolean
}

export const DEFAULT_SESSION = 'default'

/** The session that the environment (and `--config`) names. Reads no file of it. */
export function sessionRef(env: Env, options: { readonly config?: string } = {}): SessionRef {
  const home = homeFolder(env)
  const preference = (env['CCR_MODEL_PREFERENCE'] ?? '').trim()
  const given = options.config ?? env['CCR_CONFIG'] ?? ''
  const isCustomConfig = given !== ''
  const configFile = isCustomConfig ? realPath(given) : defaultConfigFile(home)
  const id = sessionId(preference, isCustomConfig ? configFile : undefined)
  return { id, preference, home, dir: sessionFolder(home, id), configFile, isCustomConfig }
}

/** `CCR_HOME`, else `~/.claude-code-router`. */
export function homeFolder(env: Env): string {
  const given = env['CCR_HOME'] ?? ''
  if (given !== '') return resolve(given)
  const user = env['HOME'] ?? ''
  return resolve(user === '' ? homedir() : user, '.claude-code-router')
}

/** Where the folders of a home's sessions are. */
export function sessionsFolder(home: string): string {
  return join(home, 'sessions')
}

export function sessionFolder(home: string, id: string): string {
  return join(sessionsFolder(home), id)
}

/**
 * The first 8 hex digits of the SHA-256 of the preference; with an own config file, of preference,
 * NUL, file. `default` when there is neither.
 */
export function sessionId(preference: string, customConfigFile?: string): string {
  if (preference === '' && customConfigFile === undefined) return DEFAULT_SESSION
  const text = customConfigFile === undefined ? preference : `${preference}\0${customConfigFile}`
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/**
 * The model name that a session's clients are started with: it names no provider, so that the
 * session's preference decides.
 */
export function sessionModelAlias(id: string): string {
  return `ccr-${id}`
}

/**
 * One file has one name, however it was reached, on Windows also in whatever case it was written; a
 * file that is not there yet keeps its path.
 */
function realPath(file: string): string {
  try {
    return process.platform === 'win32' ? realpathSync.native(file) : realpathSync(file)
  } catch {
    return resolve(file)
  }
}
