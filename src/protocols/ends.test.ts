/** How answers end, in the words of each API, and what the client is told. */
import { describe, expect, it } from 'vitest'
import type { StopReason } from '../messages/events.ts'
import { stopReason as ofConverse } from './bedrock-converse/response.ts'
import { isFinish, stopReason as ofGemini } from './gemini/response.ts'
import { stopReason as ofChat } from './openai-chat/response-stop-reason.ts'
import { stopReason as ofResponses } from './openai-responses/response.ts'

/** `failed`: no answer at all; the request may be tried elsewhere. */
type End = StopReason | 'failed'
type Ends = Readonly<Record<End, readonly string[]>>

const NONE = { pause_turn: [], model_context_window_exceeded: [], stop_sequence: [] }

const CHAT: Ends = {
  ...NONE,
  end_turn: ['stop', 'end_turn', 'eos', 'complete', 'STOP', 'of_tomorrow', 'constructor'],
  tool_use: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
  max_tokens: ['length', 'max_tokens', 'max_output_tokens', 'model_length', 'MAX_TOKENS'],
  model_context_window_exceeded: ['model_context_window_exceeded', 'context_length_exceeded'],
  stop_sequence: ['stop_sequence'],
  refusal: [
    ...['content_filter', 'sensitive', 'refusal', 'safety', 'recitation'],
    ...['prohibited_content', 'blocklist', 'spii'],
  ],
  failed: [
    ...['error', 'server_error', 'network_error', 'insufficient_system_resource', 'abort'],
    ...['cancelled', 'timeout', 'malformed_function_call', 'malformed_response'],
    ...['unexpected_tool_call', 'too_many_tool_calls', 'function_call_filter'],
    ...['function_call_filter: MALFORMED_FUNCTION_CALL', 'MALFORMED_FUNCTION_CALL'],
  ],
}

const GEMINI: Ends = {
  ...NONE,
  end_turn: ['STOP', 'OF_TOMORROW', 'constructor'],
  tool_use: [],
  max_tokens: ['MAX_TOKENS'],
  refusal: [
    ...['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII'],
    ...['MODEL_ARMOR', 'IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION'],
  ],
  failed: [
    ...['OTHER', 'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'],
    ...['MALFORMED_RESPONSE', 'MISSING_THOUGHT_SIGNATURE', 'NO_IMAGE', 'IMAGE_OTHER'],
  ],
}

const CONVERSE: Ends = {
  ...NONE,
  end_turn: ['end_turn', 'of_tomorrow', 'constructor'],
  tool_use: ['tool_use'],
  max_tokens: ['max_tokens'],
  stop_sequence: ['stop_sequence'],
  refusal: ['content_filtered', 'guardrail_intervened'],
  model_context_window_exceeded: ['model_context_window_exceeded'],
  failed: ['malformed_model_output', 'malformed_tool_use'],
}

describe.each<[string, Ends, (word: string) => StopReason | undefined]>([
  ['Chat Completions', CHAT, ofChat],
  ['Gemini', GEMINI, ofGemini],
  ['Converse', CONVERSE, ofConverse],
])('an answer of %s', (_, ends, read) => {
  const rows = Object.entries(ends).flatMap(([end, words]) =>
    words.map((word): [string, string] => [word, end]),
  )

  it.each(rows)('that ends with %s: %s', (word, end) => {
    expect(read(word) ?? 'failed').toBe(end)
  })
})

describe('an answer of Responses', () => {
  it.each<[object, End]>([
    [{ status: 'completed' }, 'end_turn'],
    [{}, 'end_turn'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'cancelled' }, 'failed'],
    [{ status: 'incomplete' }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: null }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'max_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'refusal'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_tool_calls' } }, 'end_turn'],
    [{ status: 'incomplete', incomplete_details: { reason: 'of_tomorrow' } }, 'max_tokens'],
    [{ status: 'completed', incomplete_details: { reason: 'content_filter' } }, 'end_turn'],
  ])('that is %o: %s', (response, end) => {
    expect(ofResponses(response) ?? 'failed').toBe(end)
  })
})

it('a chunk of Gemini that names no reason is no end', () => {
  const words = [undefined, '', 'FINISH_REASON_UNSPECIFIED', 'STOP', 'OF_TOMORROW']
  expect(words.map((word) => isFinish(word))).toEqual([false, false, false, true, true])
})
