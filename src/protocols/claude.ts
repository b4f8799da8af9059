/**
 * Claude models wherever they are served: their versions, and the fields for thinking and effort.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
 */

import type { Effort, Reasoning } from '../messages/reasoning.ts'
import { effortOf } from './reasoning.ts'

/** A Claude model's version as one number (4.6 is 406), undefined for other makers' models. */
export function claudeVersion(model: string): number | undefined {
  const found = /claude-(?:[a-z]+-)?(\d)(?:[-.](\d)(?!\d))?/.exec(model)
  if (found === null) return /claude/.test(model) ? 0 : undefined
  return Number(found[1]) * 100 + Number(found[2] ?? 0)
}

/** The first that decide themselves how much to think, guided by an effort. */
const ADAPTIVE = 406
/** The first whose answers can be held to a schema. */
const STRUCTURED = 405
/** The first that think at all. */
const THINKS = 307
/** The first that know the effort `xhigh`. */
const XHIGH = 407

/** Tokens for models that take a budget and no effort. */
const BUDGET: Readonly<Record<Effort, number>> = {
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_000,
  max: 32_000,
}
const LEAST_BUDGET = 1_024

/** Whether answers of this version can be held to a JSON schema. */
export function takesSchema(version: number): boolean {
  return version >= STRUCTURED
}

/** The fields for thinking; none where this version cannot think, or is not asked to. */
export function thinkingFields(
  version: number,
  reasoning: Reasoning,
  maxTokens: number | undefined,
): object {
  const effort = effortOf(reasoning)
  const thinks = reasoning.mode === 'on' || reasoning.mode === 'budget'
  if (version >= ADAPTIVE) {
    return {
      ...(thinks ? { thinking: { type: 'adaptive' } } : {}),
      ...(effort === undefined || effort === 'off' ? {} : effortField(effort, version)),
    }
  }
  if (!thinks || version < THINKS) return {}
  const wanted = reasoning.budget ?? BUDGET[reasoning.effort ?? 'medium']
  const budget = Math.min(wanted, (maxTokens ?? Infinity) - 1)
  return budget < LEAST_BUDGET ? {} : { thinking: { type: 'enabled', budget_tokens: budget } }
}

function effortField(effort: Effort, version: number): object {
  return { output_config: { effort: effort === 'xhigh' && version < XHIGH ? 'high' : effort } }
}

/** Families that think always. https://platform.claude.com/docs/en/models/fable-5/migration-guide */
const ALWAYS_THINK = /claude-(fable|mythos)/
/** The first Opus that thinks always, and the first Sonnet that knows `between_tools`. */
const NEW_OFF = 505

/**
 * The fields for an answer without thinking up front; none where this version does not think by itself.
 * Sonnet 5.5 refuses `disabled` and takes `between_tools`, Opus 5.5 thinks always:
 * https://platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5,
 * https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5, which advises a low effort.
 */
export function thinkingOffFields(model: string): {
  readonly thinking?: object
  readonly output_config?: object
} {
  const version = claudeVersion(model) ?? 0
  if (!takesSchema(version)) return {}
  const isNew = version >= NEW_OFF
  if (ALWAYS_THINK.test(model) || (isNew && model.includes('opus'))) {
    return { output_config: { effort: 'low' } }
  }
  const type = isNew && model.includes('sonnet') ? 'between_tools' : 'disabled'
  return { thinking: { type } }
}

/** Whether a turn of tool calls must begin with its thinking: only where thinking has a budget. */
export function needsThinkingBack(version: number): boolean {
  return version < ADAPTIVE
}
