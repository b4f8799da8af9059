/** Adds the status line to the settings of Claude Code, at the user's request. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setValue } from '../../../config/parse/set-value.ts'
import { decoded, encodedAs } from '../../../lib/encoding.ts'
import { makePrivateFolder, replaceFile } from '../../../lib/files.ts'
import { withLock } from '../../../lib/lock.ts'
import { UserError } from '../../../lib/user-error.ts'
import { homeFolder } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { settingsFiles } from '../../claude/settings-conflicts.ts'

const STATUS_LINE = { type: 'command', command: 'ccr statusline' } as const

/** The settings of the user, which apply to all projects. */
export function userSettings(env: Env): string {
  return settingsFiles(env, process.cwd())[0] ?? ''
}

/** Whether the settings can be read and have no status line. */
export function hasNoStatusLine(env: Env): boolean {
  try {
    const file = userSettings(env)
    return (
      !existsSync(file) || settingsIn(decoded(readFileSync(file)))?.['statusLine'] === undefined
    )
  } catch {
    return false
  }
}

/**
 * Adds ccr's status line to the settings and changes nothing else. Returns false if it is already
 * there. Throws UserError, with nothing changed, if there is another one or the file is broken.
 */
export function installStatusLine(env: Env): Promise<boolean> {
  const file = userSettings(env)
  return withLock(homeFolder(env), 'claude-settings', () => {
    if (!existsSync(file)) {
      makePrivateFolder(dirname(file))
      replaceFile(file, `${JSON.stringify({ statusLine: STATUS_LINE }, null, 2)}\n`)
      return true
    }
    const target = realpathSync(file)
    const bytes = readFileSync(target)
    const source = decoded(bytes)
    const settings = settingsIn(source)
    if (settings === undefined) throw broken(file)
    const present = settings['statusLine']
    if (commandOf(present).startsWith(STATUS_LINE.command)) return false
    if (present !== undefined) throw another(file)
    const text = setValue(source.trim() === '' ? '{}\n' : source, ['statusLine'], STATUS_LINE)
    const changed = encodedAs(bytes, text)
    if (changed === undefined || settingsIn(text) === undefined) throw broken(file)
    replaceFile(target, changed, statSync(target).mode & 0o777)
    return true
  })
}

/** The settings in a text; undefined if claude could not read it either. An empty file has no settings. */
function settingsIn(source: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = source.trim() === '' ? {} : JSON.parse(source)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function commandOf(statusLine: unknown): string {
  const { command } = (statusLine ?? {}) as { readonly command?: unknown }
  return typeof command === 'string' ? command : ''
}

function broken(file: string): UserError {
  return new UserError(
    `${file} is not valid JSON; claude ignores it, and nothing was changed.`,
    'Correct it, then: ccr statusline --install',
  )
}

function another(file: string): UserError {
  return new UserError(
    `${file} already has another status line; nothing was changed.`,
    `To replace it, write: "statusLine": ${JSON.stringify(STATUS_LINE)}`,
  )
}
