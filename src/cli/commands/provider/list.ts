/** `ccr provider list`. */
import type { ProviderConfig } from '../../../config/config.ts'
import { isDemoProvider } from '../../../config/demo.ts'
import { readSource } from '../../../config/parse/read.ts'
import { providerOf } from '../../../providers/configured/provider.ts'
import { json as jsonText } from '../../terminal/output.ts'
import type { CommandContext } from '../../client/command-context.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { type Column, tableStyle, table } from '../../terminal/table.ts'
import { entriesOf, variableIn } from './entry.ts'

/** Where the key of a provider comes from. The key itself is never shown. */
type KeyState = 'set' | 'missing' | 'none' | 'written'

interface Row {
  readonly name: string
  /** Without parts that may be secret. */
  readonly url: string
  readonly format: string | null
  readonly models: readonly string[]
  readonly takesAny: boolean
  readonly key: KeyState
  readonly keyVariable: string | null
}

/** Prints the providers of the config. Throws ConfigError. */
export function listProviders({ ref, io }: CommandContext, json: boolean): Promise<number> {
  const config = sessionConfig(ref, io.env)
  const entries = config.file === '' ? [] : entriesOf(readSource(config.file))
  const rows = config.providers.map((provider): Row => {
    const written = entries.find(({ name }) => name === provider.name)?.key
    return rowOf(provider, variableIn(written) ?? null)
  })
  if (json) io.stdout.write(jsonText(rows))
  else if (rows.length === 0) io.stdout.write('No providers. Add one: ccr provider add NAME\n')
  else io.stdout.write(table(COLUMNS, rows.map(cells), tableStyle(io)))
  return Promise.resolve(0)
}

function rowOf(provider: ProviderConfig, keyVariable: string | null): Row {
  const { name, models, apiKey, missing, takesAny = models.length === 0 } = provider
  const key =
    missing.length > 0
      ? 'missing'
      : apiKey === ''
        ? 'none'
        : keyVariable === null
          ? 'written'
          : 'set'
  return {
    name,
    url: bare(provider.url),
    format: formatOf(provider),
    models,
    takesAny,
    key,
    keyVariable: keyVariable ?? missing[0] ?? null,
  }
}

/** The URL without user, password and query, which may contain secrets. */
function bare(url: string): string {
  if (!URL.canParse(url)) return ''
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

function formatOf(provider: ProviderConfig): string | null {
  if (isDemoProvider(provider)) return null
  try {
    return providerOf(provider).protocolName
  } catch {
    return null
  }
}

const COLUMNS: readonly Column[] = [
  { heading: 'PROVIDER', cut: 'middle' },
  { heading: 'MODELS', align: 'end', spare: 2 },
  { heading: 'KEY', cut: 'middle' },
  { heading: 'ENDPOINT', cut: 'middle', spare: 1 },
]

function cells({ name, url, models, takesAny, key, keyVariable }: Row): string[] {
  const count = models.length === 0 && takesAny ? 'any' : String(models.length)
  const where = keyVariable === null ? '' : ` (${visible(keyVariable)})`
  return [visible(name), count, `${KEYS[key]}${where}`, visible(url)]
}

const KEYS: Readonly<Record<KeyState, string>> = {
  set: 'set',
  missing: 'missing',
  none: 'none',
  written: 'in the config',
}
