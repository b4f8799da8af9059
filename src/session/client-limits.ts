/**
 * What Claude Code is told of a model's limits, so that it compacts a conversation at the right size.
 * Its rules were read in and observed with 2.1.330 and 2.1.332 (test/e2e/windows.test.ts).
 */

/** The client compacts when no more than this is left of its window beside the answer, tokens. */
const CLIENT_SPARE = 13_000

/** It keeps room for an answer of its output limit, but for no more than this, tokens. */
const MOST_ANSWER_ROOM = 20_000

/** What it asks for where it knows no output limit, tokens. */
const CLIENT_OUTPUT = 32_000

/** What Claude Code's own prompt and tools take of each request, tokens, without a word of the user's: measured with 2.1.330. */
export const CLIENT_TOKENS = 13_000

/** The least that must be left for a conversation, tokens: below it every turn would be compacted. */
const LEAST_CONVERSATION = 2_000

/** The largest share of the window for an answer: hosts refuse prompts that leave less room than requested. */
const ANSWER_SHARE = 1 / 4

/** What stays free beside the answer in a small window: the request to compact adds about 1,500 tokens. */
const [LEAST_SPARE, SPARE_SHARE] = [2_500, 1 / 8]

/** Limits in tokens. */
export interface ClientLimits {
  readonly contextWindow: number
  /** Undefined where that of the client fits. */
  readonly maxOutput: number | undefined
}

/**
 * The limits to tell the client, for a model with this window and output limit. The window is the true
 * one, except where the room that the client keeps free is too much for it: below 104,000 tokens it is
 * told more, so that it compacts later. A window that is too small for the client stays as it is.
 */
export function clientLimits({
  contextWindow,
  maxOutput,
}: {
  readonly contextWindow: number
  readonly maxOutput?: number | undefined
}): ClientLimits {
  const answer = Math.min(maxOutput ?? CLIENT_OUTPUT, Math.floor(contextWindow * ANSWER_SHARE))
  const isUsual = maxOutput === undefined && answer === CLIENT_OUTPUT
  const more = isTooSmall(contextWindow, maxOutput) ? 0 : CLIENT_SPARE - spare(contextWindow)
  return { contextWindow: contextWindow + more, maxOutput: isUsual ? undefined : answer }
}

/** Whether a window has no room for a conversation beside what the client sends itself, an answer, and the request to compact. */
export function isTooSmall(contextWindow: number, maxOutput: number | undefined): boolean {
  return compactsAt(contextWindow, maxOutput) < CLIENT_TOKENS + LEAST_CONVERSATION
}

/** The size at which the client compacts with `clientLimits`, tokens. */
export function compactsAt(contextWindow: number, maxOutput: number | undefined): number {
  const answer = Math.min(maxOutput ?? CLIENT_OUTPUT, Math.floor(contextWindow * ANSWER_SHARE))
  return contextWindow - Math.min(answer, MOST_ANSWER_ROOM) - spare(contextWindow)
}

function spare(contextWindow: number): number {
  return Math.min(CLIENT_SPARE, Math.max(LEAST_SPARE, Math.ceil(contextWindow * SPARE_SHARE)))
}
