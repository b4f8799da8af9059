/** The table of `ccr models`. */
import { formatModelRef } from '../../../lib/model-ref.ts'
import { serverTitle } from '../../../providers/model-reports/cure.ts'
import { oneLine } from '../../terminal/untrusted-text.ts'
import { type Column, type TableStyle, table } from '../../terminal/table.ts'
import type { ConfiguredModel } from './configured.ts'

const COLUMNS: readonly Column[] = [
  { heading: 'MODEL', cut: 'middle' },
  { heading: 'NAME', cut: 'end', spare: 4 },
  { heading: 'WINDOW', spare: 2 },
  { heading: 'USD IN/OUT', spare: 1 },
  { heading: 'USED BY', cut: 'end', spare: 3 },
]

/** The models as a table; columns without any value are left out. */
export function modelsText(models: readonly ConfiguredModel[], style: TableStyle): string {
  if (models.length === 0) return 'No models: the config has no providers. See: ccr init\n'
  const rows = models.map((model) => [
    reference(model),
    oneLine(model.name ?? ''),
    windowText(model),
    price(model),
    usedBy(model),
  ])
  const known = [...COLUMNS.keys()].filter((n) => rows.some((row) => row[n] !== ''))
  const columns = COLUMNS.filter((_, n) => known.includes(n))
  return table(
    columns,
    rows.map((row) => known.map((n) => row[n] ?? '')),
    style,
  )
}

function reference({ provider, model }: ConfiguredModel): string {
  return formatModelRef({ provider, model: model ?? '(any model)' })
}

/** The window, and the server that reports it; a config and the catalogue need no name. */
function windowText({ contextWindow, windowSource, isUnloaded }: ConfiguredModel): string {
  if (contextWindow === null) return ''
  const window = tokens(contextWindow)
  if (windowSource === null || windowSource === 'config' || windowSource === 'catalogue')
    return window
  const server = windowSource === 'openai' ? 'its server' : serverTitle({ server: windowSource })
  return `${window}, ${server}${isUnloaded ? ' (not loaded)' : ''}`
}

/** `200K`, `1M`, `1.05M`. */
export function tokens(count: number): string {
  if (count < 1000) return String(count)
  if (count < 1_000_000) return `${Math.round(count / 1000)}K`
  return `${Number((count / 1_000_000).toFixed(2))}M`
}

/** The price; `~` marks one that differs between sources, because it depends on who serves the model. */
function price({ price: sold }: ConfiguredModel): string {
  if (sold === null) return ''
  return `${sold.checked === 'differs' ? '~' : ''}${sold.input} / ${sold.output}`
}

function usedBy({ routes, sessions, missing }: ConfiguredModel): string {
  return [
    ...routes,
    ...sessions.map((id) => (id === 'default' ? 'default session' : `session ${id}`)),
    ...(missing.length === 0 ? [] : [`needs ${missing.join(', ')}`]),
  ].join(', ')
}
