import type { Config } from '../../config/config.ts'
import { readConfig } from '../../daemon/setup.ts'
import { daemonEnvironment } from '../../session/environment.ts'
import type { Env, SessionRef } from '../../session/identity.ts'

/**
 * The config of a session with the environment that its daemon has: variables that this shell
 * lacks are those that the session keeps. Throws ConfigError.
 */
export function sessionConfig(ref: SessionRef, env: Env): Config {
  return readConfig(ref, daemonEnvironment(ref, env))
}
