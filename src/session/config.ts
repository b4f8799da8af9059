/** Reads the config of a session: that of its file, or none for the demo, which needs no file. */
import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { isDemoPreference } from '../config/demo.ts'
import { loadConfig } from '../config/load.ts'
import { daemonEnvironment } from './environment.ts'
import type { SessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'

/**
 * The config of a session with the environment that its daemon has: variables that this shell
 * lacks are those that the session keeps. Throws ConfigError.
 */
export function sessionConfig(ref: SessionRef, env: Env): Config {
  return readConfig(ref, daemonEnvironment(ref, env))
}

/**
 * The config of a session with exactly this environment. The demo needs no file, unless one was
 * named with --config or CCR_CONFIG. Throws ConfigError.
 */
export function readConfig(ref: SessionRef, env: Env): Config {
  const needsNoFile =
    isDemoPreference(ref.preference) && !ref.isCustomConfig && !existsSync(ref.configFile)
  return needsNoFile ? emptyConfig() : loadConfig(ref.configFile, env)
}
