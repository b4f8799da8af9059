import type { UsedTransformer } from '../config/schema/transformer.ts'
import type { Protocol, Target } from '../protocols/protocol.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { omit, withoutCacheControl, withoutSchemaIds } from './clean.ts'
import { customParams } from './custom-params.ts'
import { exitTool } from './exit-tool.ts'
import { forceReasoning } from './force-reasoning.ts'
import { capTokens, completionTokens, sampling } from './limits.ts'
import { reasoning } from './reasoning.ts'
import { repairArguments } from './repair-arguments.ts'
import { thinkTag } from './think-tag.ts'
import { both, onBody, onResponse, type Options, type Transform, unchanged } from './transform.ts'

/** @param wire the name of the wire format that the provider speaks. */
type Maker = (options: Options, wire: string) => Transform

/** The options as fields of the body, such as `{provider: {only: ["azure"]}}` of OpenRouter. */
const intoBody: Maker = (options) => onBody((body) => ({ ...body, ...options }))

const nothing: Maker = () => unchanged

/** What each transformer of existing configs does here, by its name in lower case. */
const MAKERS: Readonly<Record<string, Maker>> = {
  // These choose the wire format, where the provider is made.
  anthropic: nothing,
  openai: nothing,
  'openai-responses': nothing,
  gemini: nothing,
  'vertex-gemini': nothing,
  'vertex-claude': nothing,
  'vertex-openai': nothing,
  // What they did is done for every provider of the kind, or by its row.
  deepseek: nothing,
  streamoptions: nothing,

  openrouter: intoBody,
  vercel: intoBody,
  customparams: customParams,
  maxtoken: capTokens,
  sampling,
  reasoning,
  maxcompletiontokens: (_, wire) => (wire === 'openai-chat' ? completionTokens : unchanged),
  cleancache: () => withoutCacheControl,
  groq: () => both(withoutCacheControl, withoutSchemaIds),
  cerebras: () => onBody((body) => omit(body, 'reasoning')),
  extrathinktag: () =>
    onResponse((writer, target) =>
      thinkTag(writer, target, { open: '<think>', close: '</think>' }),
    ),
  forcereasoning: () => forceReasoning,
  tooluse: () => exitTool,
  enhancetool: () => repairArguments,
}

/** Whether there is a transformer of this name, in lower case. */
export function isTransform(name: string): boolean {
  return Object.hasOwn(MAKERS, name)
}

/**
 * The format with the transformers of a config around it, the first nearest to the wire. Names that
 * are none are left out: the config's warnings tell of them.
 */
export function transformed(
  format: Protocol,
  used: readonly UsedTransformer[],
  wire: string,
): Protocol {
  return used.reduce((inner, { name, options }) => {
    const make = isTransform(name) ? MAKERS[name] : undefined
    return make === undefined ? inner : make(options, wire)(inner)
  }, format)
}

export type Rewrite = (request: MessagesRequest, target: Target) => MessagesRequest

/**
 * What transformers make of a request that passes through to an upstream of the client's own
 * protocol; undefined when they leave it as it is. Its answer they cannot change.
 */
export function rewriting(used: readonly UsedTransformer[]): Rewrite | undefined {
  const changing = used.filter(({ name }) => isTransform(name) && MAKERS[name] !== nothing)
  if (changing.length === 0) return undefined
  const format = transformed(AS_IT_IS, changing, 'anthropic')
  return (request, target) => format.encode(request, target).body as MessagesRequest
}

/** The format of what is not translated. */
const AS_IT_IS: Protocol = {
  encode: (request) => ({ body: request, dropped: [] }),
  decoder: () => {
    throw new Error('answers that pass through are not decoded')
  },
}
