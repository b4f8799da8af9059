/** The session's log while its config may change: what is written, and what is masked. */
import type { Config } from '../config/config.ts'
import { type Logger, silent } from '../lib/log.ts'
import type { Env } from '../lib/env.ts'
import { createLog, type Sink } from './log.ts'
import { createMask, type Mask } from '../lib/redact.ts'
import { secretsOf } from '../session/secrets.ts'

export interface ReloadableLog extends Logger {
  /** With `LOG: false`. */
  readonly isSilent: boolean
  /** The text without any secret, for what is written elsewhere. */
  masked(text: string): string
  /** Goes by another config from now on. The secrets of those before stay masked: their requests may still run. */
  follow(config: Config): void
}

interface LogParts {
  readonly token: string
  readonly env: Env
  readonly sink: Sink
}

export function createReloadableLog(first: Config, { token, env, sink }: LogParts): ReloadableLog {
  const secrets = new Set([token])
  let mask: Mask = (text) => text
  const open = (config: Config): Logger => {
    for (const secret of secretsOf(config, env)) secrets.add(secret)
    mask = createMask([...secrets])
    return config.log ? createLog(sink, { level: config.logLevel, mask }) : silent
  }
  let current = open(first)
  return {
    debug: (fields, message) => current.debug(fields, message),
    info: (fields, message) => current.info(fields, message),
    warn: (fields, message) => current.warn(fields, message),
    error: (fields, message) => current.error(fields, message),
    get isSilent() {
      return current === silent
    },
    masked: (text) => mask(text),
    follow(config) {
      current = open(config)
    },
  }
}
