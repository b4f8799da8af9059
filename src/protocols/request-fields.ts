/** Request fields that all protocols read in the same way. */

import type { MessagesRequest } from '../messages/request.ts'
import { reasoningOf } from '../messages/reasoning.ts'
import { stopSequencesOf } from '../messages/stop-sequences.ts'
import type { Target } from './protocol.ts'

/** Reports the fields of a request that a protocol does not read. */
export function reportUnsupported(
  request: MessagesRequest,
  read: ReadonlySet<string>,
  dropped: Set<string>,
): void {
  for (const field of Object.keys(request)) if (!read.has(field)) dropped.add(field)
}

/** The output limit counts thinking too; below this limit a model may think and never answer. */
export const ROOM_TO_THINK = 4096

/**
 * How much room an answer needs at least: a model that thinks may use it up before it answers.
 * One of which nothing is known gets room where its answer is short all the same, as that of the
 * client's classifier, whose silence would block the user's tools: 64 tokens that end at a stop
 * sequence (Claude Code 2.1.330), or that are to come without thinking (2.1.332). Not where the client
 * tests a model with one token.
 */
export function minOutputTokens(request: MessagesRequest, thinks: boolean | undefined): number {
  if (thinks !== undefined) return thinks ? ROOM_TO_THINK : 0
  const isVerdict =
    stopSequencesOf(request).length > 0 ||
    (reasoningOf(request).mode === 'off' && (request.max_tokens ?? 0) > 1)
  return isVerdict ? ROOM_TO_THINK : 0
}

/**
 * Most tokens that the answer may have: what the client asks for, but no less than `least`, as far
 * as the model goes.
 */
export function outputLimit(
  request: MessagesRequest,
  target: Target,
  least = 0,
): number | undefined {
  if (request.max_tokens === undefined) return undefined
  return Math.min(Math.max(request.max_tokens, least), target.can?.maxOutput ?? Infinity)
}

/** The limit of output tokens in an encoded body of Responses, whose answers may hide that they reached it. */
export function outputLimitIn(body: object): number | undefined {
  const { max_output_tokens: limit } = body as { readonly max_output_tokens?: unknown }
  return typeof limit === 'number' ? limit : undefined
}

/** A numeric field such as `temperature`, undefined where it is absent or no number. */
export function numberField(request: MessagesRequest, field: string): number | undefined {
  const value = request[field]
  return typeof value === 'number' ? value : undefined
}

/** `stop_sequences` as far as the target takes them; the answer is ended at the others by ccr. */
export function stopSequences(request: MessagesRequest, most: number): readonly string[] {
  return stopSequencesOf(request).slice(0, most)
}

interface OutputConfig {
  readonly format?: { readonly schema?: unknown } | null
  readonly [field: string]: unknown
}

/**
 * The JSON schema that the answer must follow (`output_config.format`), undefined for none. Fields
 * of `output_config` other than it and `effort` are named in `dropped`.
 */
export function outputSchema(request: MessagesRequest, dropped: Set<string>): object | undefined {
  const { format, ...others } = (request['output_config'] ?? {}) as OutputConfig
  for (const field of Object.keys(others)) {
    if (field !== 'effort') dropped.add(`output_config.${field}`)
  }
  const schema = format?.schema
  if (typeof schema === 'object' && schema !== null) return schema
  if (format) dropped.add('output_config.format')
  return undefined
}

/** Longer texts are no ids; they would stand in every usage record. In UTF-16 units. */
const LONGEST_ID = 128

/**
 * The client's conversation, for providers that keep their prompt cache by it: `session_id` in the
 * JSON text of `metadata.user_id` (client 2.1), or what follows `_session_` in an older one.
 */
export function metadataConversationId(request: MessagesRequest): string | undefined {
  const user = (request['metadata'] as { user_id?: unknown } | null | undefined)?.user_id
  if (typeof user !== 'string') return undefined
  const old = /_session_([\w-]{1,128})$/.exec(user)?.[1]
  if (old !== undefined) return old
  try {
    const { session_id: id } = JSON.parse(user) as { session_id?: unknown }
    const isId = typeof id === 'string' && id !== '' && id.length <= LONGEST_ID
    return isId ? id : undefined
  } catch {
    return undefined
  }
}
