/**
 * Presets of the old router (version 2): `presets/<name>/manifest.json` holds facts about the
 * preset, a config with `#{name}` where an answer goes, and the questions (`schema`).
 */
import { asObject } from '../lib/json.ts'
import { numberOf } from '../lib/number.ts'

type Members = Readonly<Record<string, unknown>>

/** A question of a preset. */
export interface PresetInput {
  readonly id: string
  readonly label: string
  /** As in version 2: unless the manifest says that it is not. */
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
  /** Whether a question is asked at all, as its `when` says of the answers before it. */
  applies(input: PresetInput, answers: Members): boolean
  /** The config, with the answers put in. Those in `answers` go before the manifest's own. */
  configWith(answers: Members): Members
  /** What ccr does not act on, in sentences. */
  readonly notes: readonly string[]
}

/** What a manifest says about the preset rather than in its config. */
const METADATA: ReadonlySet<string> = new Set([
  ...['name', 'version', 'description', 'author', 'homepage', 'repository', 'license', 'keywords'],
  ...['ccrVersion', 'source', 'sourceType', 'checksum', 'schema', 'template', 'configMappings'],
  ...['userValues', 'noServer', 'claudeCodeSettings', 'provider', 'router'],
])

/** The preset that a manifest describes. */
export function presetOf(manifest: Members, folderName: string): Preset {
  const given = asObject(manifest['userValues'])
  const values = (answers: Members) => ({ ...usual(manifest), ...given, ...answers })
  const fields = new Map(fieldsOf(manifest).map((field) => [textOf(field['id']), field]))
  return {
    name: textOf(manifest['name']) || folderName,
    description: textOf(manifest['description']),
    version: textOf(manifest['version']),
    inputs: [...fields.values()].map((field) => inputOf(field, given)),
    applies: ({ id }, answers) => applies(fields.get(id) ?? {}, values(answers)),
    // Copies, because mappings are put into what stands there.
    configWith: (answers) =>
      configOf(structuredClone(manifest), structuredClone(answered(manifest, values(answers)))),
    notes: notesOf(manifest),
  }
}

function inputOf(field: Members, given: Members): PresetInput {
  const id = textOf(field['id'])
  const label = textOf(field['label']) || textOf(field['prompt']) || id
  const { type, required, defaultValue } = field
  const isSecret = type === 'password'
  return { id, label, required: required !== false, isSecret, value: given[id] ?? defaultValue }
}

function fieldsOf(manifest: Members): Members[] {
  return listOf(manifest['schema']).map(asObject)
}

function applies({ when }: Members, values: Members): boolean {
  return listOf(when).every((one) => holds(asObject(one), values))
}

/** The answers without those to questions that are not asked. */
function answered(manifest: Members, values: Members): Members {
  const silent = fieldsOf(manifest).filter((field) => !applies(field, values))
  const ids = new Set(silent.map(({ id }) => textOf(id)))
  return Object.fromEntries(Object.entries(values).filter(([id]) => !ids.has(id)))
}

function usual(manifest: Members): Members {
  const pairs = fieldsOf(manifest).map(
    (field) => [textOf(field['id']), field['defaultValue']] as const,
  )
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined))
}

function configOf(manifest: Members, values: Members): Members {
  const configMembers = Object.entries(manifest).filter(([key]) => !METADATA.has(key))
  const config: Record<string, unknown> = {
    ...(manifest['router'] === undefined ? {} : { Router: manifest['router'] }),
    ...Object.fromEntries(configMembers),
    ...asObject(manifest['template']),
  }
  const filled = { ...asObject(filledIn(config, values)) }
  for (const mapping of listOf(manifest['configMappings']).map(asObject)) {
    if (!listOf(mapping['when']).every((when) => holds(asObject(when), values))) continue
    put(filled, stepsOf(textOf(mapping['target'])), filledIn(mapping['value'], values))
  }
  // A question whose name is a place of the config is answered there.
  for (const [id, value] of Object.entries(values)) {
    if (/[.[]/.test(id)) put(filled, stepsOf(id), value)
  }
  return filled
}

const PLACEHOLDER = /#\{[^{}]+\}|\{\{[^{}]+\}\}/g
const WHOLE = /^(?:#\{[^{}]+\}|\{\{[^{}]+\}\})$/

/**
 * `#{name}` and `{{name}}` in every text; a text that is nothing else takes the answer as it is,
 * number or list. What no question is called stays: the status line has places of its own.
 */
function filledIn(value: unknown, values: Members): unknown {
  if (typeof value === 'string') {
    if (WHOLE.test(value)) return answerAt(value, values) ?? value
    return value.replace(
      PLACEHOLDER,
      (placeholder) => textOf(answerAt(placeholder, values)) || placeholder,
    )
  }
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'StatusLine' ? item : filledIn(item, values),
    ]),
  )
}

/** The answer for `#{name}` or `{{name}}`. */
function answerAt(placeholder: string, values: Members): unknown {
  return memberOf(values, placeholder.slice(2).replaceAll('}', '').trim())
}

/** The operators of `when`. */
const OPERATORS: Readonly<Record<string, (answer: unknown, value: unknown) => boolean>> = {
  eq: (answer, value) => answer === value,
  ne: (answer, value) => answer !== value,
  in: (answer, value) => listOf(value).includes(answer),
  nin: (answer, value) => !listOf(value).includes(answer),
  gt: (answer, value) => numberOf(answer) > numberOf(value),
  lt: (answer, value) => numberOf(answer) < numberOf(value),
  gte: (answer, value) => numberOf(answer) >= numberOf(value),
  lte: (answer, value) => numberOf(answer) <= numberOf(value),
  exists: (answer, value) => (answer !== undefined) === (value !== false),
}

function holds({ field, operator = 'eq', value }: Members, values: Members): boolean {
  const compare = memberOf(OPERATORS, textOf(operator))
  return compare?.(memberOf(values, textOf(field)), value) ?? false
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
  const last = steps.at(-1)
  if (last === undefined || steps.some((step) => FORBIDDEN.has(step))) return
  let at = root as Record<string | number, unknown>
  for (const [index, step] of steps.slice(0, -1).entries()) {
    const inner = at[step]
    if (typeof inner !== 'object' || inner === null) {
      at[step] = typeof steps[index + 1] === 'number' ? [] : {}
    }
    at = at[step] as Record<string | number, unknown>
  }
  at[last] = value
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

/** A member of its own: no object is asked for what all objects have, such as `constructor`. */
function memberOf<T>(members: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? [] : [value]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
