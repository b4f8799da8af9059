import type { Paint } from '../output.ts'
import type { ConfiguredModel } from './configured.ts'

const HEADINGS = ['MODEL', 'WINDOW', 'USD IN/OUT', 'USED BY'] as const

/** The models as a table; columns of which nothing is known are left out. */
export function modelsText(models: readonly ConfiguredModel[], paint: Paint): string {
  if (models.length === 0) return 'No models: the config has no providers. See: ccr init\n'
  const rows = models.map((model) => [name(model), windowText(model), price(model), usedBy(model)])
  const columns = [...HEADINGS.keys()].filter((n) => rows.some((row) => row[n] !== ''))
  const width = (n: number): number =>
    Math.max(HEADINGS[n]?.length ?? 0, ...rows.map((row) => row[n]?.length ?? 0))
  const line = (row: readonly string[]): string =>
    columns
      .map((n) => (row[n] ?? '').padEnd(width(n)))
      .join('  ')
      .trimEnd()
  return [paint('dim', line(HEADINGS)), ...rows.map(line)].map((text) => `${text}\n`).join('')
}

function name({ provider, model }: ConfiguredModel): string {
  return `${provider},${model ?? '(any model)'}`
}

function windowText({ contextWindow }: ConfiguredModel): string {
  return contextWindow === null ? '' : tokens(contextWindow)
}

/** `200K`, `1M`, `1.05M`. */
export function tokens(count: number): string {
  if (count < 1000) return String(count)
  if (count < 1_000_000) return `${Math.round(count / 1000)}K`
  return `${Number((count / 1_000_000).toFixed(2))}M`
}

/** `~` before a price over which the sources differ: it depends on who serves the model. */
function price({ price: sold }: ConfiguredModel): string {
  if (sold === null || sold === undefined) return ''
  return `${sold.checked === 'differs' ? '~' : ''}${sold.input} / ${sold.output}`
}

function usedBy({ routes, sessions, missing }: ConfiguredModel): string {
  return [
    ...routes,
    ...sessions.map((id) => (id === 'default' ? 'default session' : `session ${id}`)),
    ...(missing.length === 0 ? [] : [`needs ${missing.join(', ')}`]),
  ].join(', ')
}
