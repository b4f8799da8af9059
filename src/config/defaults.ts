/** The defaults of a config, its ports and its usual place. */
import { join } from 'node:path'
import type { Config, Extensions } from './config.ts'

/** Sessions with a preference use this many ports. */
export const PORT_RANGE = 100
const LAST_PORT = 65_535

/** The ports of sessions with a preference, those after `PORT` first; what is missing at the end of all ports stands before it. */
export function sessionPorts(base: number): number[] {
  const after = Math.min(PORT_RANGE, LAST_PORT - base)
  return Array.from({ length: PORT_RANGE }, (_, index) =>
    index < after ? base + 1 + index : base - PORT_RANGE + index,
  )
}

/** What holds where the file says nothing. */
export const DEFAULTS = {
  usage: { record: true, keepDays: 365 },
  port: 3456,
  host: '127.0.0.1',
  apiKey: '',
  requireToken: null,
  log: true,
  logLevel: 'info',
  apiTimeoutMs: 600_000,
  proxyUrl: '',
  caFile: '',
  claudePath: '',
  nonInteractive: false,
  pingAfterMs: 15_000,
  requestCache: true,
  retry: { repeats: 2, repeatWithinMs: 10_000, afterSend: false },
} as const satisfies Partial<Config>

export const NO_EXTENSIONS: Extensions = { transformers: [], router: '', systemPrompt: '' }

/** The config of a session that needs no file: no providers but the built-in demo. */
export function emptyConfig(): Config {
  return {
    ...DEFAULTS,
    file: '',
    providers: [],
    router: {},
    preferences: {},
    prices: {},
    budgets: [],
    lend: {},
    fallback: {},
    extensions: NO_EXTENSIONS,
    variables: [],
    keyVariables: [],
    warnings: [],
    mistakes: [],
    providerWarnings: {},
  }
}

/** Where the config is looked for in ccr's home folder. */
export function defaultConfigFile(home: string): string {
  return join(home, 'config.json')
}
