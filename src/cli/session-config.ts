import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import { isDemo } from '../routing/preference.ts'
import { daemonEnvironment } from '../session/environment.ts'
import type { Env, SessionRef } from '../session/identity.ts'

/**
 * The config of a session with the environment that its daemon has; a demo session needs no file
 * of its own. Throws ConfigError.
 */
export function sessionConfig(ref: SessionRef, env: Env): Config {
  const needsNone = isDemo(ref.preference) && !ref.ownConfig && !existsSync(ref.configFile)
  return needsNone ? emptyConfig() : loadConfig(ref.configFile, daemonEnvironment(ref, env))
}
