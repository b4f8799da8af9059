import { type Effort, type Reasoning, reasoningOf } from '../../messages/reasoning.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { effortOf, reportReasoning } from '../reasoning.ts'
import { outputLimit, ROOM_TO_THINK } from '../request-fields.ts'
import type { Target } from '../protocol.ts'
import { type Family, familyOf, isThird, mostOutput } from './model.ts'

/**
 * Thinking and the output limit, which counts thoughts too.
 * https://ai.google.dev/gemini-api/docs/thinking: Gemini 3 takes a level (all models know LOW and
 * HIGH; it cannot be turned off), 2.5 a budget in tokens; a request with both is refused.
 */
export function thinkingFields(
  request: MessagesRequest,
  target: Target,
  dropped: Set<string>,
): object {
  const reasoning = reasoningOf(request)
  const family = familyOf(target.model)
  const how = controlOf(family, target)
  if (how === undefined) reportReasoning(reasoning, dropped)
  const config = how === undefined ? {} : CONTROLS[how](reasoning, family)
  const wanted = reasoning.mode === 'on' || reasoning.mode === 'budget'
  const all = how !== undefined && wanted ? { includeThoughts: true, ...config } : config
  return {
    maxOutputTokens: limitOf(request, target, !wanted && thinksAlways(family)),
    ...(Object.keys(all).length === 0 ? {} : { thinkingConfig: all }),
  }
}

type Control = 'level' | 'budget'

function controlOf(family: Family, { can }: Target): Control | undefined {
  if (can?.reasoning === false || family.generation === undefined) return undefined
  if (isThird(family)) return 'level'
  return family.generation >= 2.5 ? 'budget' : undefined
}

const CONTROLS: Readonly<Record<Control, (reasoning: Reasoning, family: Family) => object>> = {
  level(reasoning, family) {
    const effort = effortOf(reasoning)
    return effort === undefined ? {} : { thinkingLevel: levelOf(effort, family) }
  },
  budget(reasoning, family) {
    const budget = budgetOf(reasoning, family)
    return budget === undefined ? {} : { thinkingBudget: budget }
  },
}

const LEVEL: Readonly<Record<Effort | 'off', string>> = {
  off: 'LOW',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/** Gemini 3 Pro, alone of its generation, has no medium level. */
function levelOf(effort: Effort | 'off', { generation, size }: Family): string {
  const level = LEVEL[effort]
  return level === 'MEDIUM' && generation === 3 && size === 'pro' ? 'HIGH' : level
}

/** Least budget with thinking on, most, and the one that means off as far as it goes, tokens. */
type Range = readonly [least: number, most: number, off: number]
const FLASH: Range = [0, 24_576, 0]
const RANGE: Readonly<Record<string, Range>> = {
  pro: [128, 32_768, 128],
  flash: FLASH,
  lite: [512, 24_576, 0],
}

/** https://ai.google.dev/gemini-api/docs/openai#thinking */
const BUDGET: Readonly<Record<Effort, number>> = {
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: Infinity,
  max: Infinity,
}

/** The model decides. */
const DYNAMIC = -1

function budgetOf({ mode, budget, effort }: Reasoning, { size }: Family): number | undefined {
  const [least, most, off] = RANGE[size ?? 'flash'] ?? FLASH
  if (mode === 'off') return off
  const wanted = budget ?? (effort === undefined ? undefined : BUDGET[effort])
  if (wanted !== undefined) return Math.min(most, Math.max(least, wanted))
  return mode === 'on' ? DYNAMIC : undefined
}

/** Models that think although nobody asked; the client's limit then means the answer alone. */
function thinksAlways(family: Family): boolean {
  return isThird(family) || (family.generation === 2.5 && family.size === 'pro')
}

function limitOf(request: MessagesRequest, target: Target, room: boolean): number | undefined {
  const limit = outputLimit(request, target, room ? ROOM_TO_THINK : 0)
  if (limit === undefined || target.can?.maxOutput !== undefined) return limit
  return Math.min(limit, mostOutput(familyOf(target.model)))
}
