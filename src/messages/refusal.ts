/** What a server refuses about a request, and the form of the rules that react to it. */

import type { ErrorKind, GatewayError } from './error.ts'
import type { MessagesRequest } from './request.ts'

/** What a server refuses of a request. */
export interface Refusal {
  readonly kind: ErrorKind
  /** The server's words, without what they quote of the request and what they list as accepted. */
  readonly message: string
  /** The longest answer, in tokens, that is not refused. */
  readonly remainingTokens: number | undefined
  /** Whether another prompt would leave a different number of tokens. */
  readonly isBesidePrompt: boolean
  /** Tokens by which prompt and answer together are too long, if the remaining tokens are not known. */
  readonly excess?: number | undefined
}

/** The target of the request: its names may contain any word. */
export interface RefusedRequest {
  readonly provider: string
  readonly model: string
}

/** How much of an error's text is read, in UTF-16 units. */
const READ_LIMIT = 8192

/**
 * What an error says is wrong with the request itself. Undefined where the same request could
 * succeed elsewhere or later, where it may have been read and be billed, and where ccr or code of
 * the user's refuses it. Of a prompt that is too long, or costs too much, only the room for an answer
 * counts.
 */
export function refusalIn(error: GatewayError, target?: RefusedRequest): Refusal | undefined {
  const { kind, overflow, remainingTokens } = error
  if (error.origin === 'gateway' || error.partial || error.unanswered || error.unreachable)
    return undefined
  if (overflow || kind === 'billing_error') return tokensLeft(error)
  const isServers = kind === 'api_error' && error.shouldRetry !== false
  if (kind !== 'invalid_request_error' && !isServers) return undefined
  const text = error.message.slice(0, READ_LIMIT)
  const words = target === undefined ? text : unnamed(text, target)
  const message = words.replace(QUOTED, '').replace(ACCEPTED, '')
  return { kind, message, remainingTokens, isBesidePrompt: false }
}

/** The answer that fits beside this prompt, or that the account can pay for today. */
function tokensLeft({ kind, remainingTokens, excess }: GatewayError): Refusal | undefined {
  if (remainingTokens === undefined && excess === undefined) return undefined
  return { kind, message: '', remainingTokens, isBesidePrompt: true, excess }
}

/** Values that pydantic quotes: `'input': …` of its lists of errors, `input_value=…` of its texts. */
const QUOTED =
  // bounded: by READ_LIMIT, and what is found ends at the end of the text at the latest
  /,? ?['"]input['"]: .*?(?=\}, ?\{['"](?:type|loc)['"]|$)|input_value=.*?(?=, input_type=|$)/gs

/** "unknown variant `x`, expected one of `text`, `image`", "does not match any of the expected tags: 'text'" */
const ACCEPTED =
  /(?:, expected|expected (?:one of|tags)|(?:supported|accepted|allowed|valid) (?:values|types|fields|options)(?: are)?:|did you mean|\buse ['"`])[^.;\n]*/gi

/** Without the provider's name, which ccr sets before its words, and the model's. */
function unnamed(text: string, { provider, model }: RefusedRequest): string {
  const prefix = `${provider}: `
  const words = text.startsWith(prefix) ? text.slice(prefix.length) : text
  return model.length < SHORTEST_NAME ? words : words.replaceAll(model, 'MODEL')
}

/** A name of fewer characters stands in many words. */
const SHORTEST_NAME = 6

/** Whether a server says the same again: what was changed meanwhile was not what it refuses. */
export function isSameRefusal(one: Refusal, other: Refusal): boolean {
  return (
    one.kind === other.kind &&
    one.remainingTokens === other.remainingTokens &&
    one.excess === other.excess &&
    one.message.replace(ID, '') === other.message.replace(ID, '')
  )
}

/** Ids of requests, times, and places in the body, which is another one now. */
// bounded: by READ_LIMIT, from the beginning of a word to its first digit
const ID = /\b(?=\w*\d)[\w-]{12,}|\bcolumn \d{1,9}/g

/** One change with which a refused request may succeed. */
export interface Rule {
  /** What the changed request goes without, as `x-ccr-dropped` names it. */
  readonly without: string
  /** Whether a server that refuses it refuses it of every request, not only in this conversation. */
  readonly isLasting: boolean
  readonly isRefused: (refusal: Refusal) => boolean
  /** The request without it; the very same object if it has nothing of the kind. */
  readonly bare: (request: MessagesRequest) => MessagesRequest
}

/** A request that differs from the refused one. */
export interface Change extends Pick<Rule, 'without'> {
  readonly request: MessagesRequest
  /** The name under which ccr remembers that the target always refuses it; undefined: it does not. */
  readonly memory: string | undefined
  /** Whether the same change may follow again: an output limit that is lowered. */
  readonly mayRepeat?: boolean
}

export interface Without {
  readonly request: MessagesRequest
  readonly dropped: readonly string[]
}

/** Whether the error is about the request itself. */
export function isInvalid({ kind }: Refusal): boolean {
  return kind === 'invalid_request_error'
}
