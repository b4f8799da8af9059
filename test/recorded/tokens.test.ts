/**
 * The recordings hold no requests, so a count is held against what it can be held against: the
 * texts that models sent, and the output tokens that their providers reported for them.
 */
import { describe, expect, it } from 'vitest'
import { familyOf } from '../../src/gateway/tokens/vendor-rules.ts'
import { tokensOfText } from '../../src/gateway/tokens/tokenizer.ts'
import { recordedBodies, recordedStreams } from './fixtures.ts'
import { RECORDINGS } from '../support/requires.ts'

interface Answer {
  readonly model: string
  readonly text: string
  readonly tokens: number
}

interface Payload {
  readonly model?: string
  readonly modelVersion?: string
  readonly choices?: readonly { readonly delta?: Content; readonly message?: Content }[]
  readonly candidates?: readonly Candidate[]
  readonly message?: { readonly model: string }
  readonly delta?: { readonly text?: string }
  readonly usage?: Usage | null
  readonly usageMetadata?: Usage
}
interface Content {
  readonly content?: string | null
}
interface Usage {
  readonly completion_tokens?: number
  readonly candidatesTokenCount?: number
  readonly output_tokens?: number
}
interface Candidate {
  readonly content?: { readonly parts?: { readonly text?: string; readonly thought?: boolean }[] }
}

/** Answers of text alone; what a call or a hidden thought takes stands in no recording. */
const ANSWERS: Readonly<Record<string, (payloads: readonly Payload[]) => Answer>> = {
  'openai-chat': (chunks) => ({
    model: last(chunks.map((chunk) => chunk.model)) ?? '',
    text: chunks
      .map(({ choices: [choice] = [] }) => (choice?.delta ?? choice?.message)?.content ?? '')
      .join(''),
    tokens: last(chunks.map((chunk) => chunk.usage))?.completion_tokens ?? 0,
  }),
  gemini: (chunks) => ({
    model: last(chunks.map((chunk) => chunk.modelVersion)) ?? '',
    text: chunks
      .flatMap(({ candidates: [candidate] = [] }) => candidate?.content?.parts ?? [])
      .map((part) => (part.thought === true ? '' : (part.text ?? '')))
      .join(''),
    tokens: last(chunks.map((chunk) => chunk.usageMetadata))?.candidatesTokenCount ?? 0,
  }),
  anthropic: (events) => ({
    model: last(events.map((event) => event.message))?.model ?? '',
    text: events.map(({ delta }) => delta?.text ?? '').join(''),
    tokens: last(events.map((event) => event.usage))?.output_tokens ?? 0,
  }),
}

function last<T>(values: readonly (T | null | undefined)[]): T | undefined {
  return values.findLast((value) => value !== undefined && value !== null) ?? undefined
}

/** Around an answer a provider counts up to three tokens of its own. */
const MARKS = 3

describe('counts of recorded answers', RECORDINGS, () => {
  it.each([
    ['openai-chat', 'openai-text'],
    ['openai-chat', 'deepseek-text'],
    ['openai-chat', 'mistral-text'],
    ['gemini', 'google-reasoning-gemini3'],
    ['gemini', 'google-text'],
    ['anthropic', 'anthropic-text'],
  ])('%s %s are within 10 %% of what the provider counted', (format, name) => {
    const streams = recordedStreams(format).filter(([file]) => file.startsWith(name))
    const bodies = recordedBodies(format).filter(([file]) => file.startsWith(name))
    const found = [
      ...streams.map(([, payloads]) => payloads),
      ...bodies.map(([, body]) => [body]),
    ].map((payloads) => ANSWERS[format]!(payloads.map((p) => JSON.parse(p) as Payload)))
    expect(found.length).toBeGreaterThan(0)
    for (const { model, text, tokens } of found) {
      expect(text).not.toBe('')
      const counted = tokensOfText(text) * familyOf(model).perToken
      expect(Math.abs(counted - tokens)).toBeLessThanOrEqual(MARKS + tokens / 10)
    }
  })
})
