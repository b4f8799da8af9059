/** `ccr key list`. */
import { isDemoName } from '../../../config/demo.ts'
import { readSource } from '../../../config/parse/read.ts'
import { keptEnvironment } from '../../../session/environment.ts'
import { readKeys } from '../../../session/kept-keys.ts'
import { json as jsonText } from '../../terminal/output.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { keyedEntriesOf, variableIn } from '../provider/entry.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { type Column, tableStyle, table } from '../../terminal/table.ts'

/**
 * Where a key comes from: the shell, `ccr key set`, the last start of the session, the config itself,
 * `several` of these, or nowhere.
 */
type Source = 'shell' | 'kept' | 'session' | 'config' | 'several' | 'none'

interface Row {
  /** Null for a stored key that no provider of this config uses. */
  readonly provider: string | null
  readonly variable: string | null
  readonly source: Source
  /** Whether ccr stores a key, even if another one takes precedence. */
  readonly kept: boolean
}

/** Shows where keys come from, never the keys. Throws ConfigError or UserError. */
export function listKeys(context: CommandContext, json: boolean): Promise<number> {
  const { io } = context
  const rows = rowsOf(context)
  if (json) io.stdout.write(jsonText(rows))
  else if (rows.length === 0) io.stdout.write('No providers. Add one: ccr provider add NAME\n')
  else io.stdout.write(table(COLUMNS, rows.map(cells), tableStyle(io)))
  return Promise.resolve(0)
}

function rowsOf({ ref, io }: CommandContext): Row[] {
  const { file } = sessionConfig(ref, io.env)
  const keys = readKeys(ref.home)
  const session = keptEnvironment(ref)
  const entries = file === '' ? [] : keyedEntriesOf(readSource(file))
  const sourceOf = (variable: string): Source => {
    if ((io.env[variable] ?? '') !== '') return 'shell'
    if (Object.hasOwn(keys, variable)) return 'kept'
    return (session[variable] ?? '') === '' ? 'none' : 'session'
  }
  const rows = entries
    .filter(({ name }) => !isDemoName(name))
    .map(({ name, key, hasCredentials }): Row => {
      const variable = hasCredentials ? undefined : variableIn(key)
      if (variable !== undefined) {
        const kept = Object.hasOwn(keys, variable)
        return { provider: name, variable, source: sourceOf(variable), kept }
      }
      const source = hasCredentials || Array.isArray(key) ? 'several' : key ? 'config' : 'none'
      return { provider: name, variable: null, source, kept: false }
    })
  const taken = new Set(rows.map(({ variable }) => variable))
  const others = Object.keys(keys)
    .filter((variable) => !taken.has(variable))
    .map((variable): Row => ({ provider: null, variable, source: sourceOf(variable), kept: true }))
  return [...rows, ...others]
}

const COLUMNS: readonly Column[] = [
  { heading: 'PROVIDER', cut: 'middle' },
  { heading: 'VARIABLE', cut: 'middle' },
  { heading: 'KEY', cut: 'end' },
]

const WORDS: Readonly<Record<Source, string>> = {
  shell: 'from this shell',
  kept: 'stored by ccr',
  session: 'from the last start of the session',
  config: 'in the config itself',
  several: 'several, in the config',
  none: 'none',
}

function cells({ provider, variable, source, kept }: Row): string[] {
  const more = kept && source !== 'kept' ? ' (ccr stores another one)' : ''
  return [
    provider === null ? '(no provider)' : visible(provider),
    visible(variable ?? ''),
    `${WORDS[source]}${more}`,
  ]
}
