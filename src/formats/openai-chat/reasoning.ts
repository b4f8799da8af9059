import { reasoningOf } from '../../messages/reasoning.ts'
import type { Effort, Reasoning } from '../../messages/reasoning.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { effortOf, nameReasoning } from '../effort.ts'
import type { Target } from '../format.ts'
import type { Quirks, ReasoningQuirk } from './wire.ts'

type Wanted = Effort | 'on' | 'off'

/** Thinking and effort in the provider's own fields, for models that are known to think. */
export function reasoningFields(
  request: MessagesRequest,
  target: Target,
  quirks: Quirks,
  dropped: Set<string>,
): object {
  const reasoning = reasoningOf(request)
  const wanted = wantedOf(reasoning)
  const quirk = quirkFor(target, quirks)
  const only = (request.tools ?? []).length > 0 ? quirk?.besideTools : undefined
  if (wanted === undefined && only === undefined) return {}
  if (quirk === undefined) {
    nameReasoning(reasoning, dropped)
    return {}
  }
  const word = only ?? (wanted === undefined ? undefined : wordOf(quirk, wanted))
  const isTold = only === undefined ? word !== undefined : wanted === 'off'
  if (reasoning.effort !== undefined && !isTold) dropped.add('output_config.effort')
  return { ...toggleField(quirk, wanted), ...effortField(quirk, word) }
}

function quirkFor(target: Target, { reasoning }: Quirks): ReasoningQuirk | undefined {
  return reasoning?.find(({ models }) =>
    models === undefined ? target.can?.reasoning === true : models.test(target.model),
  )
}

function wantedOf(reasoning: Reasoning): Wanted | undefined {
  return effortOf(reasoning) ?? (reasoning.mode === undefined ? undefined : 'on')
}

function wordOf({ words }: ReasoningQuirk, wanted: Wanted): string | undefined {
  return wanted === 'on' ? undefined : words?.[wanted]
}

function toggleField({ toggle }: ReasoningQuirk, wanted: Wanted | undefined): object {
  if (toggle === undefined || wanted === undefined) return {}
  const isOn = wanted !== 'off'
  if (toggle === 'reasoning') return { reasoning: { enabled: isOn } }
  if (toggle === 'enable_thinking') return { enable_thinking: isOn }
  return { thinking: { type: isOn ? 'enabled' : 'disabled' } }
}

function effortField({ effort }: ReasoningQuirk, word: string | undefined): object {
  if (effort === undefined || word === undefined) return {}
  return effort === 'reasoning' ? { reasoning: { effort: word } } : { reasoning_effort: word }
}
