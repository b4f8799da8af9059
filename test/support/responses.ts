/** Hand-written events of OpenAI Responses, and what ccr makes of them. */
import { decoder } from '../../src/protocols/openai-responses/response.ts'
import { sseFrames } from '../../src/framing/sse.ts'
import { chatBytes, decodedEvents, reads, sdkMessage } from './stream.ts'

export const event = (type: string, more: object = {}) => ({ type: `response.${type}`, ...more })
export const added = (output_index: number, item: object) =>
  event('output_item.added', { output_index, item })
export const itemDone = (output_index: number, item: object) =>
  event('output_item.done', { output_index, item })
export const text = (delta: string, output_index = 0) =>
  event('output_text.delta', { output_index, content_index: 0, delta })
export const args = (output_index: number, delta: string) =>
  event('function_call_arguments.delta', { output_index, delta })
export const call = (id: string, more: object = {}) => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name: 'T',
  arguments: '',
  ...more,
})
export const USAGE = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 5 },
}
export const completed = (more: object = {}) =>
  event('completed', { response: { status: 'completed', output: [], usage: USAGE, ...more } })

export const streamed = (bytes: AsyncIterable<Uint8Array>) =>
  decodedEvents(decoder, sseFrames(bytes))
export const message = async (...events: readonly unknown[]) =>
  sdkMessage(await streamed(reads(chatBytes(...events))))
