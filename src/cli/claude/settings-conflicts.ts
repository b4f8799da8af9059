/**
 * Detects settings files that make claude bypass its session. Since version 2.1, the environment of
 * `ccr code` takes precedence (`CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST`). In older versions the `env` of a
 * settings file takes precedence, and prompts would go elsewhere. Observed with 1.0.128 and 2.0.76.
 */
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../lib/user-error.ts'
import type { Executable } from './find.ts'
import type { Env } from '../../lib/env.ts'

export interface LaunchCheck {
  readonly claude: Executable
  readonly env: Env
  /** Where claude will run. */
  readonly folder: string
  /** The base URL of the session. */
  readonly baseUrl: string
}

/**
 * @throws UserError if the claude to be started is an old version and a settings file sends its
 * requests elsewhere.
 */
export function refuseConflictingSettings({ claude, env, folder, baseUrl }: LaunchCheck): void {
  for (const file of settingsFiles(env, folder)) {
    const name = conflictingSetting(file, baseUrl)
    if (name === undefined || !isOld(claude.args.at(-1) ?? claude.file)) continue
    throw new UserError(
      `${file} sets ${name}, which takes precedence in this version of claude: its requests would not reach the session.`,
      `Update claude (npm install -g @anthropic-ai/claude-code), or remove ${name} from that file.`,
    )
  }
}

/** The settings files of the user and of a project, in increasing order of precedence. */
export function settingsFiles(env: Env, folder: string): readonly string[] {
  const user = (env['CLAUDE_CONFIG_DIR'] ?? '') || join(env['HOME'] || homedir(), '.claude')
  const projectFiles = ['settings.json', 'settings.local.json'].map((name) =>
    join(folder, '.claude', name),
  )
  return [...new Set([join(user, 'settings.json'), ...projectFiles])]
}

/** The setting that sends requests elsewhere; undefined if there is none. */
function conflictingSetting(file: string, baseUrl: string): string | undefined {
  const variables = environmentIn(file)
  const cloud = Object.keys(variables).find(
    (name) => name.startsWith('CLAUDE_CODE_USE_') && isOn(variables[name]),
  )
  if (cloud !== undefined) return `env.${cloud}`
  const { ANTHROPIC_BASE_URL: url } = variables
  return typeof url !== 'string' || url === '' || originOf(url) === originOf(baseUrl)
    ? undefined
    : 'env.ANTHROPIC_BASE_URL'
}

function environmentIn(file: string): Readonly<Record<string, unknown>> {
  try {
    const { env } = JSON.parse(readFileSync(file, 'utf8')) as { env?: unknown }
    return typeof env === 'object' && env !== null ? (env as Record<string, unknown>) : {}
  } catch {
    return {} // claude ignores it too
  }
}

function isOn(value: unknown): boolean {
  return /^(1|true|yes|on)$/i.test(String(value))
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin.replace('//localhost', '//127.0.0.1') : url
}

const MANAGED_VARIABLE = Buffer.from('CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST')

/** Smaller files are scripts that start the program; their version is unknown. */
const SMALLEST = 1024 * 1024

const STEP = 4 * 1024 * 1024

/** Whether the program is too old to know the variable. */
function isOld(file: string): boolean {
  try {
    const path = realpathSync(file)
    return statSync(path).size >= SMALLEST && !fileContains(path, MANAGED_VARIABLE)
  } catch {
    return false
  }
}

function fileContains(file: string, word: Buffer): boolean {
  const opened = openSync(file, 'r')
  try {
    const piece = Buffer.alloc(STEP)
    for (let at = 0; ; at += STEP - word.length) {
      const read = readSync(opened, piece, 0, STEP, at)
      if (piece.subarray(0, read).includes(word)) return true
      if (read < STEP) return false
    }
  } finally {
    closeSync(opened)
  }
}
