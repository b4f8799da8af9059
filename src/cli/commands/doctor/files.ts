/** Checks of Claude Code's settings files and of file permissions. */
/** Checks of Claude Code's settings files and of file permissions. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../../lib/command-line.ts'
import { errorCode } from '../../../lib/user-error.ts'
import { sessionsFolder } from '../../../session/identity.ts'
import { keysFile } from '../../../session/kept-keys.ts'
import type { Io } from '../../command.ts'
import { machineSettings } from '../../claude/machine-settings.ts'
import { isModelOfCcr, SAVED_MODEL_ADVICE, savedModel } from '../../claude/saved-model.ts'
import { settingsFiles } from '../../claude/settings-conflicts.ts'
import { area, type Check } from './check.ts'

const settings = area('claude settings')
const permissions = area('permissions')

/**
 * Checks the settings files that claude reads in `folder` for settings that concern ccr.
 * @param managed the files of an administrator.
 */
export function settingsChecks(
  env: Io['env'],
  folder: string,
  managed: readonly string[] = machineSettings(),
): Check[] {
  const [first] = managed
  const apart = managed.length > 1 ? ` and ${String(managed.length - 1)} more` : ''
  const alone =
    `${first ?? ''}${apart}: managed settings of this machine; they count alone, so ccr code cannot ` +
    'give claude the names of the models: /model shows them as "From gateway"'
  return [
    ...settingsFiles(env, folder).flatMap((file) => settingsCheck(file)),
    ...managed.flatMap((file) => settingsCheck(file, true)),
    ...(first === undefined ? [] : [settings('note', alone)]),
    ...savedModelCheck(env),
  ]
}

function savedModelCheck(env: Io['env']): Check[] {
  const model = savedModel(env)
  if (model === undefined || !isModelOfCcr(model)) return []
  const [file = ''] = settingsFiles(env, '.')
  const text = `${file} has "${model}" as claude's default model, which claude without ccr does not know`
  return [settings('note', text, SAVED_MODEL_ADVICE)]
}

function settingsCheck(file: string, managed = false): Check[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(thrown))) return []
    return [settings('warning', `${file} cannot be read (${errorCode(thrown)})`)]
  }
  const names = conflicts(text)
  if (names === undefined) {
    return [settings('warning', `${file} is not valid JSON; claude ignores it`)]
  }
  if (names.length === 0) return []
  const list = `${file} sets ${names.join(', ')}`
  return managed
    ? [settings('warning', `${list}: your administrator's settings may override those of ccr code`)]
    : [settings('note', `${list}: ccr code overrides it; claude without ccr uses it`)]
}

/** The settings that decide where claude sends its requests; undefined for broken JSON. */
function conflicts(text: string): string[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { env, model, apiKeyHelper } = (value ?? {}) as Record<string, unknown>
  const variables = typeof env === 'object' && env !== null ? Object.keys(env) : []
  return [
    ...variables
      .filter((name) => /^(ANTHROPIC_|CLAUDE_CODE_USE_)/.test(name))
      .map((name) => `env.${name}`),
    ...(model === undefined ? [] : ['model']),
    ...(apiKeyHelper === undefined ? [] : ['apiKeyHelper']),
  ]
}

const PRIVATE = ['session.json', 'env.json', 'router.log']

/** Finds files with keys or tokens that other users can read. */
export function permissionChecks(home: string, configFile: string): Check[] {
  if (process.platform === 'win32') return []
  const sessions = sessionsFolder(home)
  const files = [
    home,
    configFile,
    keysFile(home),
    ...names(sessions).flatMap((id) => PRIVATE.map((name) => join(sessions, id, name))),
  ]
  const open = files.filter(readableByOthers)
  if (open.length === 0) return [permissions('ok', 'config and sessions are readable only by you')]
  return open.map((file) =>
    permissions('warning', `${file} can be read by others`, `chmod go-rwx ${shellWord(file)}`),
  )
}

function readableByOthers(file: string): boolean {
  try {
    return (statSync(file).mode & 0o077) !== 0
  } catch {
    return false // it does not exist, or this user cannot see it
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
