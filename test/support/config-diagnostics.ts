/** The diagnostics of a config given as text, each with the key or value to which it points. */
import { ConfigError } from '../../src/config/config-error.ts'
import type { Config } from '../../src/config/config.ts'
import type { Env } from '../../src/lib/env.ts'
import { configOf } from '../../src/config/load.ts'

export type LocatedText = readonly [at: string, text: string]

const FILE = '/config.json'

export function configIn(source: string, env: Env = {}): Config {
  return configOf(FILE, source, env)
}

export function warningsIn(source: string, env: Env = {}): LocatedText[] {
  return configIn(source, env).warnings.map((line) => located(source, line))
}

/** Those with which `ccr config check` fails. */
export function mistakesIn(source: string, env: Env = {}): LocatedText[] {
  return configIn(source, env).mistakes.map((line) => located(source, line))
}

export function errorsIn(source: string, env: Env = {}): LocatedText[] {
  try {
    configIn(source, env)
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message.split('\n').map((line) => located(source, line))
    throw error
  }
  throw new Error('nothing is wrong with the config')
}

function located(source: string, line: string): LocatedText {
  const found = /^\/config\.json:(\d+):(\d+): (.*)$/.exec(line)
  if (found === null) throw new Error(`no location: ${line}`)
  const [, row, column, text = ''] = found
  const rest = source.split('\n')[Number(row) - 1]?.slice(Number(column) - 1) ?? ''
  return [/^("[^"]*"|[{[]|[^\s,:}\]]+)/.exec(rest)?.[0] ?? '', text]
}
