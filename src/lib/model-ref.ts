/** A model of a provider, and the text `provider,model` by which configs and preferences name it. */

export interface ModelRef {
  readonly provider: string
  readonly model: string
}

/** `provider,model`, as `CCR_MODEL_PREFERENCE` and `Router` write it. */
export function formatModelRef({ provider, model }: ModelRef): string {
  return `${provider},${model}`
}

/**
 * The parts of `provider,model`; undefined for a text without a provider before a comma. The first
 * comma separates, since ids of models may have commas themselves. Nothing is trimmed: for what a
 * person may have written, see routing/lookup.ts.
 */
export function parseModelRef(text: string): ModelRef | undefined {
  const comma = text.indexOf(',')
  if (comma < 1) return undefined
  return { provider: text.slice(0, comma), model: text.slice(comma + 1) }
}

/** `provider,model` of each model that a provider lists. */
export function listedModelRefs({
  name,
  models,
}: {
  readonly name: string
  readonly models: readonly string[]
}): string[] {
  return models.map((model) => formatModelRef({ provider: name, model }))
}
