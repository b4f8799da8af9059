/** When two model ids mean the same model. */

interface ModelId {
  /** What stands before the last `/`, such as `openai`. */
  readonly path: string
  readonly base: string
  /** The date suffix as written, such as `-20240229`; '' when there is none. */
  readonly date: string
}

const DATE = /[-@]20\d{6}$|-20\d{2}-\d{2}-\d{2}$/

/** The listed ids that are `wanted` itself, or else those that differ in upper and lower case. */
export function sameModels(wanted: string, models: readonly string[]): string[] {
  if (models.includes(wanted)) return [wanted]
  const lower = wanted.toLowerCase()
  return [...new Set(models.filter((model) => model.toLowerCase() === lower))]
}

/**
 * How near two different ids are: 0 when one only names its maker too (`gpt-4` and
 * `openai/gpt-4`), 1 when only one of them has a date (`claude-3-opus` and
 * `claude-3-opus-20240229`); undefined when they are different models.
 */
export function nearness(one: string, other: string): 0 | 1 | undefined {
  const a = parseModelId(one)
  const b = parseModelId(other)
  // Without a base it names no model: `/`, or nothing at all.
  if (a.base === '' || a.base !== b.base || !endsAlike(a.path, b.path)) return undefined
  if (a.date === b.date) return 0
  return a.date === '' || b.date === '' ? 1 : undefined
}

export function lastSegment(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1)
}

/** The number of names before the last. */
export function depth(model: string): number {
  return model.split('/').length - 1
}

function parseModelId(model: string): ModelId {
  const lower = model.toLowerCase()
  const last = lastSegment(lower)
  const date = DATE.exec(last)?.[0] ?? ''
  return {
    path: lower.slice(0, Math.max(0, lower.length - last.length - 1)),
    base: last.slice(0, last.length - date.length),
    date,
  }
}

function endsAlike(one: string, other: string): boolean {
  return (
    `/${one}`.endsWith(`/${other}`) || `/${other}`.endsWith(`/${one}`) || one === '' || other === ''
  )
}
