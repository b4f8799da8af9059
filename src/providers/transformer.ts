/** Reads `transformer` of existing configs: `{use: ["name", ["name", {options}]], "model": {…}}`. */

export interface UsedTransformer {
  /** In lower case: existing configs write names in either. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

/** The transformers that a provider uses for all its models, in order. */
export function usedTransformers(transformer: unknown): readonly UsedTransformer[] {
  const use = (transformer as { use?: unknown } | null | undefined)?.use
  if (!Array.isArray(use)) return []
  return use.flatMap((entry: unknown) => {
    const [name, options] = Array.isArray(entry) ? (entry as unknown[]) : [entry]
    if (typeof name !== 'string') return []
    return [{ name: name.toLowerCase(), options: isObject(options) ? options : {} }]
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
