/**
 * Transformers of existing configs: a provider's `transformer`, which names changes to requests and
 * answers for all its models (`use`) and for single ones, and the modules under `transformers`.
 */
import { isObject } from '../../lib/json.ts'

/** One transformer in use. */
export interface UsedTransformer {
  /** In lower case: existing configs write names in either. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

/** A module of the user's that holds a transformer. */
export interface UserTransformerConfig {
  /** Absolute. */
  readonly path: string
  /** What its constructor gets. */
  readonly options: unknown
}

/** The transformers that need no module, as their own documentation writes them. */
export const TRANSFORMERS = [
  'Anthropic',
  'OpenAI',
  'openai-responses',
  'gemini',
  'vertex-gemini',
  'vertex-claude',
  'vertex-openai',
  'openrouter',
  'vercel',
  'deepseek',
  'groq',
  'cerebras',
  'reasoning',
  'forcereasoning',
  'extrathinktag',
  'tooluse',
  'enhancetool',
  'maxtoken',
  'maxcompletiontokens',
  'sampling',
  'customparams',
  'cleancache',
  'streamoptions',
] as const

/** The transformers that a provider uses for all its models, in order. */
export function usedTransformers(transformer: unknown): readonly UsedTransformer[] {
  return isObject(transformer) ? read(transformer['use']) : []
}

/** The transformers of all models, then those of this one. */
export function transformersFor(transformer: unknown, model: string): readonly UsedTransformer[] {
  const all = usedTransformers(transformer)
  if (!isObject(transformer) || !Object.hasOwn(transformer, model)) return all
  return [...all, ...usedTransformers(transformer[model])]
}

function read(use: unknown): UsedTransformer[] {
  if (!Array.isArray(use)) return []
  return use.flatMap((entry: unknown) => {
    const [name, options] = Array.isArray(entry) ? (entry as unknown[]) : [entry]
    if (typeof name !== 'string' || name.trim() === '') return []
    return [{ name: name.trim().toLowerCase(), options: isObject(options) ? options : {} }]
  })
}
