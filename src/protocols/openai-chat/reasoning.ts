import { type Effort, type Reasoning, reasoningOf } from '../../messages/reasoning.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import {
  cannotBeForced,
  effortOf,
  modelEffort,
  type ModelEffort,
  reportReasoning,
} from '../reasoning.ts'
import type { Target } from '../protocol.ts'
import type { Quirks, ReasoningQuirk } from './wire.ts'

type Wanted = Effort | 'on' | 'off'

/** How a request's thinking goes to a target. */
export interface Thinking {
  /** `thinking`, `reasoning_effort` and the like, as the provider has them. */
  readonly fields: object
  /** Whether a tool can be forced: some models refuse that while they think. */
  readonly canForce: boolean
}

/**
 * Thinking and effort in the provider's own fields, for models that are known to think; which words
 * a model knows, and whether it can stop thinking, does not depend on who serves it. A model that must
 * call a tool and cannot while it thinks does not think for once.
 */
export function thinkingOf(
  { request, target, quirks, isForced }: Asked,
  dropped: Set<string>,
): Thinking {
  const reasoning = reasoningOf(request)
  const quirk = quirkFor(target, quirks)
  const isRefused = isForced && (quirks.thinksOrIsForced === true || cannotBeForced(target.model))
  if (quirk === undefined) {
    reportReasoning(reasoning, dropped)
    return { fields: {}, canForce: !isRefused }
  }
  const known = knownOf(quirk, target)
  // Whether a server of which nothing is known can stop it is not known either.
  const isStopped = isRefused && known.stops && quirk.models !== 'known'
  if (isStopped ? reasoning.mode === 'on' : reasoning.mode === 'off' && !known.stops) {
    dropped.add('thinking')
  }
  const told = { quirk, known, wanted: isStopped ? 'off' : wantedOf(reasoning) } as const
  return { fields: fieldsOf(request, told, dropped), canForce: !isRefused || isStopped }
}

export interface Asked {
  readonly request: MessagesRequest
  readonly target: Target
  readonly quirks: Quirks
  /** Whether the model must call a tool. */
  readonly isForced: boolean
}

/** What holds for a model at a provider. */
interface Known {
  /** Whether it can be told not to think. */
  readonly stops: boolean
  readonly words: Readonly<Partial<Record<Wanted, string>>> | undefined
}

/** The provider's words for this very model, else the model's own, else the provider's for all. */
function knownOf(quirk: ReasoningQuirk, { model }: Target): Known {
  const own = modelEffort(model)
  const ofProvider = quirk.models === undefined ? undefined : quirk.words
  if (own === undefined || ofProvider !== undefined) {
    return { stops: own?.stops !== false || ofProvider?.off === 'none', words: quirk.words }
  }
  const { stops, words } = own
  return { stops, words: words && { ...words, ...offWord({ stops, words }, quirk) } }
}

/** Where there is a switch, no word is needed, and an effort beside it is refused by some. */
function offWord(
  { stops, words }: Required<ModelEffort>,
  { toggle }: ReasoningQuirk,
): ReasoningQuirk['words'] {
  if (!stops) return { off: words.low }
  return toggle === undefined ? { off: 'none' } : {}
}

interface Told {
  readonly quirk: ReasoningQuirk
  readonly known: Known
  readonly wanted: Wanted | undefined
}

function fieldsOf(request: MessagesRequest, told: Told, dropped: Set<string>): object {
  const { quirk, known, wanted } = told
  const hasTools = (request.tools ?? []).length > 0
  const only = hasTools && known.stops ? quirk.besideTools : undefined
  const word = only ?? (wanted && known.words?.[wanted])
  const isTold = only === undefined ? word !== undefined : wanted === 'off'
  if (reasoningOf(request).effort !== undefined && !isTold) dropped.add('output_config.effort')
  return { ...toggleField(told), ...effortField(quirk, word) }
}

function quirkFor(target: Target, { reasoning }: Quirks): ReasoningQuirk | undefined {
  return reasoning?.find(({ models }) => {
    // A model that nothing is known of may think; one that does not refuses it, and is asked again.
    if (models === undefined) return target.can?.reasoning ?? true
    if (models === 'known') return modelEffort(target.model)?.words !== undefined
    return models.test(target.model)
  })
}

function wantedOf(reasoning: Reasoning): Wanted | undefined {
  return effortOf(reasoning) ?? (reasoning.mode === undefined ? undefined : 'on')
}

/** A model that cannot stop thinking refuses to be told so. */
function toggleField({ quirk: { toggle }, known, wanted }: Told): object {
  if (toggle === undefined || wanted === undefined) return {}
  const isOn = wanted !== 'off'
  if (!isOn && !known.stops) return {}
  if (toggle === 'reasoning') return { reasoning: { enabled: isOn } }
  if (toggle === 'enable_thinking') return { enable_thinking: isOn }
  return { thinking: { type: isOn ? 'enabled' : 'disabled' } }
}

function effortField({ effort }: ReasoningQuirk, word: string | undefined): object {
  if (effort === undefined || word === undefined) return {}
  return effort === 'reasoning' ? { reasoning: { effort: word } } : { reasoning_effort: word }
}
