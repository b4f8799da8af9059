/**
 * Presets of the old router (version 2): `presets/<name>/manifest.json` holds facts about the
 * preset, a config with `#{name}` where an answer goes, and the questions (`schema`).
 */

type Members = Readonly<Record<string, unknown>>

/** A question of a preset. */
export interface PresetInput {
  readonly id: string
  readonly label: string
  readonly required: boolean
  readonly isSecret: boolean
  /** The answer that was given before, else the usual one; undefined for none. */
  readonly value: unknown
}

export interface Preset {
  readonly name: string
  readonly description: string
  readonly version: string
  readonly inputs: readonly PresetInput[]
  /** The config, with the answers put in. Those in `answers` go before the manifest's own. */
  configWith(answers: Members): Members
  /** What ccr does not act on, in sentences. */
  readonly notes: readonly string[]
}

/** What a manifest says about the preset rather than in its config. */
const FACTS: ReadonlySet<string> = new Set([
  ...['name', 'version', 'description', 'author', 'homepage', 'repository', 'license', 'keywords'],
  ...['ccrVersion', 'source', 'sourceType', 'checksum', 'schema', 'template', 'configMappings'],
  ...['userValues', 'noServer', 'claudeCodeSettings', 'provider', 'router'],
])

/** The preset that a manifest describes. */
export function presetOf(manifest: Members, folderName: string): Preset {
  const given = membersOf(manifest['userValues'])
  return {
    name: textOf(manifest['name']) || folderName,
    description: textOf(manifest['description']),
    version: textOf(manifest['version']),
    inputs: listOf(manifest['schema']).map((field) => inputOf(membersOf(field), given)),
    configWith: (answers) => configOf(manifest, { ...usual(manifest), ...given, ...answers }),
    notes: notesOf(manifest),
  }
}

function inputOf(field: Members, given: Members): PresetInput {
  const id = textOf(field['id'])
  const label = textOf(field['label']) || textOf(field['prompt']) || id
  const { type, required, defaultValue } = field
  const isSecret = type === 'password'
  return { id, label, required: required === true, isSecret, value: given[id] ?? defaultValue }
}

function usual(manifest: Members): Members {
  const fields = listOf(manifest['schema']).map(membersOf)
  const pairs = fields.map((field) => [textOf(field['id']), field['defaultValue']] as const)
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}

function configOf(manifest: Members, values: Members): Members {
  const own = Object.entries(manifest).filter(([key]) => !FACTS.has(key))
  const config: Record<string, unknown> = {
    ...(manifest['router'] === undefined ? {} : { Router: manifest['router'] }),
    ...Object.fromEntries(own),
    ...membersOf(manifest['template']),
  }
  const filled = { ...membersOf(filledIn(config, values)) }
  for (const mapping of listOf(manifest['configMappings']).map(membersOf)) {
    if (!listOf(mapping['when'] ?? []).every((when) => holds(membersOf(when), values))) continue
    put(filled, stepsOf(textOf(mapping['target'])), filledIn(mapping['value'], values))
  }
  return filled
}

const PLACE = /#\{([^{}]+)\}/g

/** `#{name}` in every text; a text that is nothing else takes the answer as it is, number or list. */
function filledIn(value: unknown, values: Members): unknown {
  if (typeof value === 'string') {
    const whole = /^#\{([^{}]+)\}$/.exec(value)?.[1]?.trim()
    if (whole !== undefined) return values[whole] ?? value
    return value.replace(PLACE, (place, name: string) => textOf(values[name.trim()]) || place)
  }
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, filledIn(item, values)]),
  )
}

/** The operators of `when`. */
const OPERATORS: Readonly<Record<string, (answer: unknown, value: unknown) => boolean>> = {
  eq: (answer, value) => answer === value,
  ne: (answer, value) => answer !== value,
  in: (answer, value) => listOf(value).includes(answer),
  nin: (answer, value) => !listOf(value).includes(answer),
  gt: (answer, value) => Number(answer) > Number(value),
  lt: (answer, value) => Number(answer) < Number(value),
  gte: (answer, value) => Number(answer) >= Number(value),
  lte: (answer, value) => Number(answer) <= Number(value),
  exists: (answer, value) => (answer !== undefined) === (value !== false),
}

function holds({ field, operator = 'eq', value }: Members, values: Members): boolean {
  return OPERATORS[textOf(operator)]?.(values[textOf(field)], value) ?? false
}

/** `Providers[0].api_key` as its steps. */
function stepsOf(target: string): readonly (string | number)[] {
  return [...target.matchAll(/[^.[\]]+/g)].map(([step]) =>
    /^\d+$/.test(step) ? Number(step) : step,
  )
}

/** Keys that lead out of an object. */
const FORBIDDEN: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype'])

function put(root: object, steps: readonly (string | number)[], value: unknown): void {
  if (steps.length === 0 || steps.some((step) => FORBIDDEN.has(step))) return
  let at = root as Record<string | number, unknown>
  for (const [index, step] of steps.slice(0, -1).entries()) {
    const inner = at[step]
    if (typeof inner !== 'object' || inner === null) {
      at[step] = typeof steps[index + 1] === 'number' ? [] : {}
    }
    at = at[step] as Record<string | number, unknown>
  }
  at[steps.at(-1) ?? ''] = value
}

function notesOf(manifest: Members): string[] {
  const { noServer, claudeCodeSettings, provider } = manifest
  return [
    ...(noServer === true
      ? ['noServer is not read: its sessions go through ccr like all others.']
      : []),
    ...(claudeCodeSettings === undefined
      ? []
      : ["claudeCodeSettings is not read: put it into Claude Code's own settings.json."]),
    ...(typeof provider === 'string'
      ? [`provider "${provider}" is not read: its entry must be under Providers.`]
      : []),
  ]
}

/** An object as it is; anything else has no members. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {}
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
