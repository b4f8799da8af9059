/** Finds what a refused request can be sent without, the most likely change first. */

import { type Change, isInvalid, type Refusal, type Rule, type Without } from './refusal.ts'
import { CACHE_RULES } from './refused-field.ts'
import { BLOCK_RULES, HISTORY_RULES, MEDIA_RULE, SYSTEM_RULES } from './refused-messages.ts'
import { STATE_RULES, THINKING_RULES } from './refused-reasoning.ts'
import { TOOL_RULES } from './refused-tools.ts'
import type { MessagesRequest } from './request.ts'
import { MIN_ANSWER_TOKENS } from './token-limits.ts'

/** What a request can go without, the likeliest first. */
const RULES: readonly Rule[] = [
  ...STATE_RULES,
  ...BLOCK_RULES,
  ...SYSTEM_RULES,
  ...HISTORY_RULES,
  ...THINKING_RULES,
  ...CACHE_RULES,
  ...TOOL_RULES,
  MEDIA_RULE,
]

/** The ways in which the request may succeed after it was refused, the likeliest first. */
export function* requestFallbacks(request: MessagesRequest, refusal: Refusal): Generator<Change> {
  for (const { without, isLasting, isRefused, bare } of RULES) {
    if (!isRefused(refusal)) continue
    const left = bare(request)
    if (left !== request) yield { request: left, without, memory: isLasting ? without : undefined }
  }
  const limit = otherLimit(request, refusal)
  if (limit !== undefined) yield { ...limit, without: LIMIT, mayRepeat: true }
}

const LIMIT = 'max_tokens'

/**
 * A lower limit where only that is more than the model gives, or than its window has room for beside
 * the prompt; a higher one where the model cannot even begin.
 */
function otherLimit(
  request: MessagesRequest,
  refusal: Refusal,
): Pick<Change, 'request' | 'memory'> | undefined {
  const { max_tokens: wanted = 0 } = request
  const { message, remainingTokens, isBesidePrompt } = refusal
  if (isInvalid(refusal) && TOO_SHORT.test(message) && wanted > 0 && wanted < LEAST_TOKENS) {
    return { request: { ...request, max_tokens: LEAST_TOKENS }, memory: undefined }
  }
  const most = remainingTokens ?? remainingAnswer(wanted, refusal)
  if (most === undefined || most >= wanted) return undefined
  const memory = isBesidePrompt ? undefined : `${LIMIT}<=${String(most)}`
  return { request: shorter(request, most), memory }
}

/** What is left of the wanted answer, if that is worth asking for. */
function remainingAnswer(wanted: number, { excess }: Refusal): number | undefined {
  const left = excess === undefined ? 0 : wanted - excess
  return left >= MIN_ANSWER_TOKENS ? left : undefined
}

/** OpenAI, for a limit too low even to think: the client requests one token to test a model. */
const TOO_SHORT =
  /output limit was reached|try again with higher max_tokens|max_(output_|completion_)?tokens['"`]?: integer below minimum/i
const LEAST_TOKENS = 4096

/** An answer of so many tokens at most, of which thinking may take half. */
function shorter(request: MessagesRequest, most: number): MessagesRequest {
  const { thinking } = request
  const { budget_tokens: budget } = (thinking ?? {}) as { budget_tokens?: unknown }
  if (typeof budget !== 'number' || budget < most) return { ...request, max_tokens: most }
  const less = { ...(thinking as object), budget_tokens: Math.floor(most / 2) }
  return { ...request, max_tokens: most, thinking: less }
}

/** The request with a remembered output limit; the very same object if it is below that. */
function limited(request: MessagesRequest, memory: string): MessagesRequest {
  const most = Number(REMEMBERED.exec(memory)?.[1])
  return (request.max_tokens ?? 0) > most ? shorter(request, most) : request
}

const REMEMBERED = /^max_tokens<=(\d{1,9})$/

/** The request without these, as `Change.memory` names them, and which of them it had. */
export function requestWithout(request: MessagesRequest, names: Iterable<string>): Without {
  let left = request
  const dropped: string[] = []
  for (const name of names) {
    const rule = RULES.find(({ without, isLasting }) => isLasting && without === name)
    const bare = rule?.bare(left) ?? limited(left, name)
    if (bare !== left) dropped.push(rule === undefined ? LIMIT : name)
    left = bare
  }
  return { request: left, dropped }
}
