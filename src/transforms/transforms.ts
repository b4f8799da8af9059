/** The built-in transformers of configs: the table of their names, and how they wrap a protocol. */
import type { UsedTransformer } from '../config/schema/transformer.ts'
import type { Protocol, Target } from '../protocols/protocol.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { customParams, omit, withoutCacheControl, withoutSchemaIds } from './body-fields.ts'
import { exitTool } from './exit-tool.ts'
import { forceReasoning, reasoning } from './reasoning.ts'
import { capTokens, completionTokens, sampling } from './limits.ts'
import { repairArguments } from './repair-arguments.ts'
import { thinkTag } from './think-tag.ts'
import {
  chained,
  onBody,
  onResponse,
  type TransformOptions,
  type Transform,
  unchanged,
} from './transform.ts'

/** @param protocolName the protocol that the provider speaks. */
type TransformFactory = (options: TransformOptions, protocolName: string) => Transform

/** The options as fields of the body, such as `{provider: {only: ["azure"]}}` of OpenRouter. */
const intoBody: TransformFactory = (options) => onBody((body) => ({ ...body, ...options }))

const noChange: TransformFactory = () => unchanged

/** The factory of each built-in transformer, by its name in lower case. */
const FACTORIES: Readonly<Record<string, TransformFactory>> = {
  // These choose the protocol, which happens where the provider is configured.
  anthropic: noChange,
  openai: noChange,
  'openai-responses': noChange,
  gemini: noChange,
  'vertex-gemini': noChange,
  'vertex-claude': noChange,
  'vertex-openai': noChange,
  // Their changes are made for every provider of the kind, or by its definition.
  deepseek: noChange,
  streamoptions: noChange,

  openrouter: intoBody,
  vercel: intoBody,
  customparams: customParams,
  maxtoken: capTokens,
  sampling,
  reasoning,
  maxcompletiontokens: (_, protocolName) =>
    protocolName === 'openai-chat' ? completionTokens : unchanged,
  cleancache: () => withoutCacheControl,
  groq: () => chained(withoutCacheControl, withoutSchemaIds),
  cerebras: () => onBody((body) => omit(body, 'reasoning')),
  extrathinktag: () =>
    onResponse((writer, target) =>
      thinkTag(writer, target, { open: '<think>', close: '</think>' }),
    ),
  forcereasoning: () => forceReasoning,
  tooluse: () => exitTool,
  enhancetool: () => repairArguments,
}

/** Whether there is a built-in transformer with this name, in lower case. */
export function isTransform(name: string): boolean {
  return Object.hasOwn(FACTORIES, name)
}

/**
 * The protocol with the transformers of a config around it, the first one innermost. Unknown names are
 * left out: the config's diagnostics report them.
 */
export function withTransforms(
  protocol: Protocol,
  used: readonly UsedTransformer[],
  protocolName: string,
): Protocol {
  return used.reduce((inner, { name, options }) => {
    const make = isTransform(name) ? FACTORIES[name] : undefined
    return make === undefined ? inner : make(options, protocolName)(inner)
  }, protocol)
}

export type RequestRewrite = (request: MessagesRequest, target: Target) => MessagesRequest

/**
 * The change that transformers make to a request that is forwarded to an upstream of the client's
 * protocol; undefined if they make none. They cannot change the answer to such a request.
 */
export function requestRewrite(used: readonly UsedTransformer[]): RequestRewrite | undefined {
  const changing = used.filter(({ name }) => isTransform(name) && FACTORIES[name] !== noChange)
  if (changing.length === 0) return undefined
  const protocol = withTransforms(PASS_THROUGH, changing, 'anthropic')
  return (request, target) => protocol.encode(request, target).body as MessagesRequest
}

/** The protocol of requests that are forwarded without translation. */
const PASS_THROUGH: Protocol = {
  encode: (request) => ({ body: request, dropped: [] }),
  decoder: () => {
    throw new Error('answers that pass through are not decoded')
  },
}
