/** Recorded answers of OpenAI Responses reach the client completely. */
import type Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { decoder } from '../../src/protocols/openai-responses/response.ts'
import { encode } from '../../src/protocols/openai-responses/request.ts'
import type { InputItem } from '../../src/protocols/openai-responses/types.ts'
import { sseFrames } from '../../src/framing/sse.ts'
import { type Block, parseRequest } from '../../src/messages/request.ts'
import { chatBytes, decodedEvents, reads, sdkMessage, TARGET } from '../support/stream.ts'
import { clientRequests, recordedBodies, recordedStreams } from './fixtures.ts'
import { RECORDINGS } from '../support/requires.ts'

/** The fields of a recording that the simple reader below looks at. */
interface Recorded {
  readonly type: string
  readonly delta?: string
  readonly item?: { readonly type: string; readonly arguments?: string }
  readonly response?: {
    readonly usage?: {
      readonly input_tokens: number
      readonly output_tokens: number
      readonly input_tokens_details: { readonly cached_tokens: number }
    } | null
  }
}

/** One file holds the answers of several turns. */
function answers(payloads: readonly string[]): string[][] {
  const turns: string[][] = []
  for (const payload of payloads) {
    if (payload.startsWith('{"type":"response.created"')) turns.push([])
    turns.at(-1)?.push(payload)
  }
  return turns
}

/** What a recording says, read as simply as possible and without any of ccr's code. */
function readRecording(events: readonly Recorded[]) {
  const deltas = (type: string) =>
    events.map((event) => (event.type === type ? event.delta : '')).join('')
  return {
    text: deltas('response.output_text.delta'),
    thinking: deltas('response.reasoning_summary_text.delta'),
    args: events.flatMap(({ type, item }) =>
      type === 'response.output_item.done' && item?.type === 'function_call'
        ? [JSON.parse(item.arguments ?? '') as unknown]
        : [],
    ),
    usage: events.at(-1)?.response?.usage,
  }
}

async function decoded(body: string, split: number): Promise<Anthropic.Message> {
  const bytes = new TextEncoder().encode(body)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += split) pieces.push(bytes.subarray(at, at + split))
  return sdkMessage(await decodedEvents(decoder, sseFrames(reads(...pieces))))
}

function requireSame(message: Anthropic.Message, truth: ReturnType<typeof readRecording>): void {
  const blocks = message.content
  expect(blocks.map((b) => (b.type === 'text' ? b.text : '')).join('')).toBe(truth.text)
  expect(blocks.map((b) => (b.type === 'thinking' ? b.thinking : '')).join('')).toContain(
    truth.thinking,
  )
  const inputs = blocks.filter((b) => b.type === 'tool_use').map((b) => b.input)
  expect(inputs).toEqual(truth.args)
  expect(message.usage).toMatchObject({
    input_tokens:
      (truth.usage?.input_tokens ?? 0) - (truth.usage?.input_tokens_details.cached_tokens ?? 0),
    cache_read_input_tokens: truth.usage?.input_tokens_details.cached_tokens,
    output_tokens: truth.usage?.output_tokens,
  })
  expect(message.stop_reason).toBe(inputs.length > 0 ? 'tool_use' : 'end_turn')
}

const SPECIAL = ['openai-error.1', 'parallel-tool-call-wrapper.1']

describe('recorded Responses', RECORDINGS, () => {
  const streams = recordedStreams('openai-responses')
  for (const [name, payloads] of streams) {
    if (SPECIAL.includes(name)) continue
    for (const [turn, answer] of answers(payloads).entries()) {
      const events = answer.map((payload) => JSON.parse(payload) as Recorded)
      const title = `${name}, answer ${String(turn + 1)}`
      it.each([1, 7, 1000, Infinity])(`${title}, read in pieces of %d bytes`, async (split) => {
        requireSame(await decoded(chatBytes(...answer), split), readRecording(events))
      })
      it(`${title}, cut anywhere before its end, is an error`, async () => {
        for (let end = 0; end < answer.length; end += 5) {
          const cut = decodedEvents(decoder, sseFrames(reads(chatBytes(...answer.slice(0, end)))))
          await expect(cut).rejects.toMatchObject({ kind: 'api_error', status: 502 })
        }
      })
    }
  }

  const recorded = (name: string) => streams.find(([file]) => file === name)?.[1] ?? []

  it('tells of an empty account at once', async () => {
    await expect(decoded(chatBytes(...recorded('openai-error.1')), 7)).rejects.toMatchObject({
      kind: 'rate_limit_error',
      shouldRetry: false,
    })
  })

  it('takes apart the calls that the model wrapped into one', async () => {
    // Two events of this recording lack their last brace.
    const payloads = recorded('parallel-tool-call-wrapper.1').map((payload) =>
      payload.includes('"response":{') ? `${payload}}` : payload,
    )
    const message = await decoded(chatBytes(...payloads), 7)
    expect(message.content).toMatchObject([
      { id: 'call_parallel', name: 'weather', input: { location: 'San Francisco' } },
      { id: 'toolu_1', name: 'cityAttractions', input: { city: 'Rome' } },
    ])
  })

  it('gives the encrypted reasoning of every turn back, each before its call', async () => {
    const messages: { role: string; content: readonly Block[] }[] = []
    const states: string[] = []
    for (const answer of answers(recorded('openai-reasoning-encrypted-content.1'))) {
      const { content } = await decoded(chatBytes(...answer), Infinity)
      messages.push({ role: 'assistant', content: content as unknown as Block[] })
      for (const payload of answer) {
        const state = /output_item\.done".*?"encrypted_content":"([^"]+)"/.exec(payload)?.[1]
        if (state !== undefined) states.push(state)
      }
    }
    expect(states).not.toEqual([])
    const { body } = encode({ model: 'x', messages }, TARGET)
    const { input } = body as { input: InputItem[] }
    const sent = input.flatMap((item, at) =>
      item.type === 'reasoning' ? [[item.encrypted_content, input[at + 1]?.type]] : [],
    )
    expect(sent).toEqual(states.map((state) => [state, 'function_call']))
  })

  for (const [name, body] of recordedBodies('openai-responses')) {
    it(`${name}, not streamed`, async () => {
      const document = JSON.parse(body) as {
        output: { content?: { text: string }[] }[]
        usage: ReturnType<typeof readRecording>['usage']
      }
      const events = await decodedEvents(decoder, sseFrames(reads(body)))
      const text = document.output.flatMap((item) => item.content ?? []).map((part) => part.text)
      requireSame(await sdkMessage(events), {
        text: text.join(''),
        thinking: '',
        args: [],
        usage: document.usage,
      })
    })
  }

  for (const [name, body] of clientRequests()) {
    it(`${name} of the real client becomes a legal body with everything the model must know`, () => {
      const request = parseRequest(body)
      const { input, tools, ...rest } = encode(request, TARGET).body as {
        input: InputItem[]
        tools?: { name: string; strict: boolean }[]
      }
      const text = JSON.stringify([input, rest])
      if (body.includes('Primary working directory')) {
        expect(text).toContain('Primary working directory')
      }
      expect(text).not.toMatch(/x-anthropic-billing-header|cache_control/)
      expect(tools?.map((tool) => tool.name) ?? []).not.toContain('DeferredToolPlaceholder')
      const ids = (type: string) =>
        input.flatMap((item) => ('call_id' in item && item.type === type ? [item.call_id] : []))
      expect(ids('function_call_output').sort()).toEqual(ids('function_call').sort())
      for (const [at, item] of input.entries()) {
        if (item.type !== 'function_call') continue
        expect(['function_call', 'function_call_output']).toContain(input[at + 1]?.type)
      }
    })
  }
})
