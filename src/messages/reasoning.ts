/** Reads what a request says about thinking and effort. */

import type { Message, MessagesRequest } from './request.ts'

/** How much a client wants its model to think; from the least to the most. */
export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

/** The thinking that a request wants, in whichever of the client's three ways it is written. */
export interface Reasoning {
  /** `off`: no thinking. `budget` and `on` (adaptive): thinking. Undefined: the request does not say. */
  readonly mode: 'off' | 'on' | 'budget' | undefined
  /** Tokens, with mode `budget`. */
  readonly budget: number | undefined
  /** The latest effort: a system message in mid-conversation overrides the request's field. */
  readonly effort: Effort | undefined
}

interface Thinking {
  readonly type?: unknown
  readonly budget_tokens?: unknown
}

/** Reads `thinking`, `output_config.effort`, and the effort of the newest system message. */
export function reasoningOf(request: MessagesRequest): Reasoning {
  const thinking = (request['thinking'] ?? {}) as Thinking
  const budget = thinking.budget_tokens
  return {
    mode: modeOf(thinking.type),
    budget: typeof budget === 'number' ? budget : undefined,
    effort: newestEffort(request.messages) ?? effortOf(request),
  }
}

function modeOf(type: unknown): Reasoning['mode'] {
  // Claude Sonnet 5.5 has `between_tools` in its place.
  if (type === 'disabled' || type === 'between_tools') return 'off'
  if (type === 'enabled') return 'budget'
  return type === 'adaptive' ? 'on' : undefined
}

function newestEffort(messages: readonly Message[]): Effort | undefined {
  for (const message of messages.toReversed()) {
    const effort = message.role === 'system' ? effortOf(message) : undefined
    if (effort !== undefined) return effort
  }
  return undefined
}

function effortOf(holder: Readonly<Record<string, unknown>>): Effort | undefined {
  const { effort } = (holder['output_config'] ?? {}) as { effort?: unknown }
  return EFFORTS.find((known) => known === effort)
}
