import { join } from 'node:path'
import type { Config, Extensions } from './config.ts'

/** Sessions with a preference use this many ports after `PORT`. */
export const PORT_RANGE = 100

/** What the built-in demo offers when the config does not say. */
export const DEMO_MODELS: readonly string[] = ['demo-a', 'demo-b']

/** What holds where the file says nothing. */
export const DEFAULTS = {
  usage: { record: true, keepDays: 365 },
  port: 3456,
  host: '127.0.0.1',
  apiKey: '',
  requireToken: false,
  log: true,
  logLevel: 'info',
  apiTimeoutMs: 600_000,
  proxyUrl: '',
  caFile: '',
  claudePath: '',
  nonInteractive: false,
  pingAfterMs: 20_000,
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
    fallback: {},
    extensions: NO_EXTENSIONS,
    variables: [],
    warnings: [],
  }
}

/** Where the config is looked for in ccr's home folder. */
export function defaultConfigFile(home: string): string {
  return join(home, 'config.json')
}
