/** Changes a config: for `ccr model`, `pref`, `provider` and `key`. */
import { realpathSync, statSync } from 'node:fs'
import type { Config } from '../../../config/config.ts'
import { ConfigError } from '../../../config/config-error.ts'
import { configOf } from '../../../config/load.ts'
import { readBytes } from '../../../config/parse/read.ts'
import { decoded, encodedAs } from '../../../lib/encoding.ts'
import { replaceFile } from '../../../lib/files.ts'
import { withLock } from '../../../lib/lock.ts'
import { UserError } from '../../../lib/user-error.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import type { SessionRef } from '../../../session/identity.ts'
import type { Env } from '../../../lib/env.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { unusableModels } from './named-models.ts'

export interface Changed {
  readonly config: Config
  /** The warnings of `ccr config check` for the new text that the old one did not have. */
  readonly warnings: readonly string[]
}

/**
 * Passes the text of the config to `change` and replaces it by the result: atomically, with the same
 * encoding and permissions, through a symbolic link, and one command at a time. A broken config is not
 * changed, and neither is one that the change would break. Throws ConfigError or UserError, with
 * nothing written.
 */
export async function changeConfig(
  ref: SessionRef,
  env: Env,
  change: (source: string, config: Config) => string,
): Promise<Changed> {
  const known = daemonEnvironment(ref, env)
  return withLock(ref.home, 'config', () => {
    const bytes = readBytes(ref.configFile)
    const file = realpathSync(ref.configFile)
    const source = decoded(bytes)
    const before = configOf(ref.configFile, source, known)
    const text = change(source, before)
    const config = whole(ref.configFile, text, known)
    const changed = encodedAs(bytes, text)
    if (changed === undefined) throw garbled(file)
    if (text !== source) replaceFile(file, changed, statSync(file).mode & 0o777)
    return { config, warnings: news(findings(before, source), findings(config, text)) }
  })
}

/** The new text as a config. */
function whole(file: string, text: string, env: Env): Config {
  try {
    return configOf(file, text, env)
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    const what = thrown.message.replaceAll(`${file}:`, '')
    throw new UserError(`the change would break ${file}:\n${what}`, 'Nothing was changed.', thrown)
  }
}

/** The messages without their locations, which may move. */
function findings(config: Config, source: string): string[] {
  const placed = config.warnings.map((text) => text.slice(config.file.length))
  return [
    ...placed.map((text) => text.replace(/^:\d+:\d+: /, '')),
    ...unusableModels(config, source).map(({ message }) => message),
  ]
}

function news(before: readonly string[], after: readonly string[]): string[] {
  // Indexes in a list may have moved.
  const seen = new Set(before.map(withoutIndex))
  return after.filter((text) => !seen.has(withoutIndex(text)))
}

function withoutIndex(text: string): string {
  return text.replaceAll(/\[\d+\]/g, '[]')
}

/** Refuses a text that the config would read as a variable, such as a model id from a server. Throws UserError. */
export function refuseVariable(text: string): void {
  if (!text.includes('$')) return
  throw new UserError(
    `${visible(text)} contains a $, which starts a variable in a config.`,
    'Nothing was changed. If it is intended, write it into the config yourself: ccr config edit',
  )
}

function garbled(file: string): UserError {
  return new UserError(
    `${file} contains characters that are neither UTF-8 nor UTF-16; they would be lost.`,
    'Save it as UTF-8 in your editor, then try again.',
  )
}
