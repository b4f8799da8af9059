/** What would be ignored silently in the model objects of a provider. */
import type { Diagnostic } from '../check.ts'
import type { Path } from '../parse/json5-locations.ts'
import { providersOf } from '../provider-list.ts'
import { isComment, pathText } from '../schema/keys.ts'
import { type ListedModel, meantModelKey, modelEntries } from '../schema/models.ts'
import type { ConfigInput } from '../schema/schema.ts'

/** Remarks on `models` of each provider. */
export function modelWarnings(input: ConfigInput): Diagnostic[] {
  return providersOf(input).flatMap(({ provider: { models = [] }, path }) => {
    const inModels = [...path, 'models']
    return [...unknownFields(models, inModels), ...repeated(models, inModels)]
  })
}

/** One remark for each unknown field, where it stands first: lists of catalogues repeat theirs hundreds of times. */
function unknownFields(models: readonly ListedModel[], path: Path): Diagnostic[] {
  const found = new Map<string, { readonly path: Path; count: number }>()
  for (const { step, object } of models) {
    for (const key of Object.keys(object ?? {})) {
      if (Object.hasOwn(modelEntries, key) || isComment(key)) continue
      const first = found.get(key) ?? { path: [...path, step ?? 0, key], count: 0 }
      first.count += 1
      found.set(key, first)
    }
  }
  return [...found].map(([key, { path: first, count }]) => {
    const meant = meantModelKey(key)
    const others = count === 1 ? '' : ` (as in ${String(count - 1)} more)`
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    const text = `${pathText(first)} is not a key of a model${others}; it is ignored${advice}`
    return { path: first, atKey: true, text }
  })
}

/** Objects that describe a model again; an id that is only repeated harms nothing. */
function repeated(models: readonly ListedModel[], path: Path): Diagnostic[] {
  const described = new Set<string>()
  return models.flatMap(({ id, step, object }) => {
    if (object === undefined || step === undefined) return []
    if (!described.has(id)) {
      described.add(id)
      return []
    }
    const text = `a model ${JSON.stringify(id)} is already there; this one is ignored`
    return [{ path: [...path, step], isMistake: true, text }]
  })
}
