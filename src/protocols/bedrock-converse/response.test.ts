import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsEvent, awsException, awsMessage } from '../../../test/support/aws-event-stream.ts'
import { reads, sdkMessage, testWriter } from '../../../test/support/stream.ts'
import { awsEventFrames } from '../../framing/aws-event-stream.ts'
import { sseFrames } from '../../framing/sse.ts'
import { decode } from '../../gateway/attempt/stream-decoder.ts'
import type { StreamEvent } from '../../messages/events.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'
import { decoder } from './response.ts'

const TARGET = { provider: 'p', model: 'anthropic.claude-sonnet-4-5-v1:0' }

async function events(...chunks: readonly Uint8Array[]): Promise<readonly StreamEvent[]> {
  const writer = testWriter()
  const out: StreamEvent[] = []
  const frames = awsEventFrames(reads(...chunks))
  for await (const batch of decode(frames, decoder(writer, TARGET), writer, {
    marked: 10,
    unmarked: 10,
    empty: 10,
  }))
    out.push(...batch)
  return out
}

const message = async (...chunks: readonly Uint8Array[]) => sdkMessage(await events(...chunks))

const delta = (contentBlockIndex: number, fields: object) =>
  awsEvent('contentBlockDelta', { contentBlockIndex, delta: fields, p: 'abc' })
const reason = (index: number, fields: object) => delta(index, { reasoningContent: fields })
const tool = (index: number, id: string) =>
  awsEvent('contentBlockStart', {
    contentBlockIndex: index,
    start: { toolUse: { toolUseId: id, name: 'Bash' } },
  })
const end = (index: number) => awsEvent('contentBlockStop', { contentBlockIndex: index })
const stop = (stopReason: string, more: object = {}) =>
  awsEvent('messageStop', { stopReason, ...more })
const usage = (more: object = {}) =>
  awsEvent('metadata', {
    metrics: { latencyMs: 1 },
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, ...more },
  })
const START = awsEvent('messageStart', { role: 'assistant' })

describe('a ConverseStream', () => {
  it('gives thinking, text and tool calls in order, with the true stop reason and usage', async () => {
    const whole = Buffer.concat([
      START,
      reason(0, { text: 'let me ' }),
      reason(0, { text: 'see' }),
      reason(0, { signature: 'sig' }),
      end(0),
      delta(1, { text: 'grüße 👋' }),
      end(1),
      tool(2, 'tooluse_a'),
      delta(2, { toolUse: { input: '{"x":' } }),
      delta(2, { toolUse: { input: '1}' } }),
      end(2),
      tool(3, 'tooluse_b'),
      end(3),
      stop('tool_use'),
      usage({ cacheReadInputTokens: 100, cacheWriteInputTokens: 20, totalTokens: 135 }),
    ])
    const answer = await message(whole)
    expect(answer).toMatchObject({
      stop_reason: 'tool_use',
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
      },
      content: [
        { type: 'thinking', thinking: 'let me see' },
        { type: 'text', text: 'grüße 👋' },
        { type: 'tool_use', id: 'tooluse_a', name: 'Bash', input: { x: 1 } },
        { type: 'tool_use', id: 'tooluse_b', name: 'Bash', input: {} },
      ],
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 20 }),
        async (cuts) => {
          const at = [0, ...cuts.sort((a, b) => a - b), whole.length]
          const pieces = at.slice(1).map((to, i) => whole.subarray(at[i], to))
          expect(await message(...pieces)).toEqual(answer)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('seals every signature with the part of the text that it covers, and what is redacted', async () => {
    const { content } = await message(
      START,
      reason(0, { text: 'one' }),
      reason(0, { signature: 's1' }),
      end(0),
      reason(1, { redactedContent: 'AQID' }),
      reason(1, { redactedContent: 'BAUG' }),
      end(1),
      reason(2, { text: 'two!' }),
      reason(2, { signature: 's2' }),
      end(2),
      delta(3, { text: 'so' }),
      stop('end_turn'),
      usage(),
    )
    const [thinking] = content
    expect(thinking).toMatchObject({ type: 'thinking', thinking: 'onetwo!' })
    const sealed = decodeSignature(thinking?.type === 'thinking' ? thinking.signature : '')
    expect(sealed).toMatchObject(TARGET)
    expect(JSON.parse(sealed?.payload ?? '')).toEqual([
      { text: 3, signature: 's1' },
      { redacted: 'AQIDBAUG' },
      { text: 4, signature: 's2' },
    ])
  })

  it('tells apart what was written to the cache for an hour', async () => {
    const cacheDetails = [
      { ttl: '1h', inputTokens: 15 },
      { ttl: '5m', inputTokens: 5 },
    ]
    const written = { cacheWriteInputTokens: 20, totalTokens: 35, cacheDetails }
    const counted = async (more: object) => {
      const all = await events(START, delta(0, { text: 'x' }), stop('end_turn'), usage(more))
      return all.find((event) => event.type === 'message_delta')?.usage
    }
    expect(await counted(written)).toMatchObject({
      cache_creation_input_tokens: 20,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 15 },
    })
    expect(await counted({})).not.toHaveProperty('cache_creation')
  })

  it('takes usage before the stop reason, and cached tokens that the input includes', async () => {
    const { usage: counts } = await message(
      START,
      delta(0, { text: 'x' }),
      usage({ cacheReadInputTokens: 4 }),
      stop('max_tokens'),
    )
    expect(counts).toMatchObject({ input_tokens: 6, cache_read_input_tokens: 4 })
  })

  it.each([
    ['end_turn', 'end_turn'],
    ['max_tokens', 'max_tokens'],
    ['content_filtered', 'refusal'],
    ['guardrail_intervened', 'refusal'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
    ['something_new', 'end_turn'],
  ])('that stops with %s stops with %s', async (name, reasoned) => {
    const answer = await message(START, delta(0, { text: 'x' }), stop(name), usage())
    expect(answer.stop_reason).toBe(reasoned)
  })

  it('names the stop sequence that it was asked for', async () => {
    const fields = { additionalModelResponseFields: { delta: { stop_sequence: '</s>' } } }
    const answer = await message(
      START,
      delta(0, { text: 'x' }),
      stop('stop_sequence', fields),
      usage(),
    )
    expect(answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: '</s>' })
  })

  it.each([
    ['throttlingException', 'Too many requests', 'rate_limit_error', 429],
    ['modelStreamErrorException', 'x', 'api_error', 502],
    ['serviceUnavailableException', 'x', 'overloaded_error', 503],
    ['internalServerException', 'x', 'api_error', 500],
    ['validationException', 'x', 'invalid_request_error', 400],
    ['validationException', 'Input is too long for requested model.', 'invalid_request_error', 400],
  ])('with the exception %s (%s) is an error', async (type, text, kind, status) => {
    const stream = events(START, delta(0, { text: 'x' }), awsException(type, text))
    await expect(stream).rejects.toMatchObject({ kind, status })
  })

  it.each([
    ['cut before messageStop', [delta(0, { text: 'x' })]],
    ['cut within a call', [tool(0, 'a'), delta(0, { toolUse: { input: '{"x' } })]],
    [
      'cut within the frame behind its end',
      [delta(0, { text: 'x' }), end(0), stop('end_turn'), Buffer.from(usage()).subarray(0, -1)],
    ],
    ['whose call is malformed', [tool(0, 'a'), end(0), stop('malformed_tool_use'), usage()]],
    ['with an event that is no JSON', [awsMessage({ ':event-type': 'contentBlockDelta' }, '[')]],
  ])('%s is an error', async (_what, chunks) => {
    await expect(events(START, ...chunks)).rejects.toMatchObject({ kind: 'api_error', status: 502 })
  })
})

describe('a tool that Bedrock itself ran', () => {
  it('is no call for the client', async () => {
    const grounding = { toolUseId: 'tooluse_a', name: 'nova_grounding', type: 'server_tool_use' }
    const result = { toolUseId: 'tooluse_a', type: 'nova_grounding_result', status: 'success' }
    const response = await message(
      START,
      awsEvent('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: grounding } }),
      delta(0, { toolUse: { input: '{"query":"x"}' } }),
      end(0),
      awsEvent('contentBlockStart', { contentBlockIndex: 1, start: { toolResult: result } }),
      delta(1, { toolResult: [{ text: 'found' }] }),
      end(1),
      delta(2, { text: 'Found it.' }),
      delta(2, { citation: { location: { web: { url: 'https://a.test', domain: 'a.test' } } } }),
      end(2),
      stop('tool_use'),
      usage(),
    )
    expect(response.content).toEqual([{ type: 'text', text: 'Found it.' }])
    expect(response.stop_reason).toBe('end_turn')
  })
})

/** Hand-written after the documentation of Converse. */
describe('an answer of Converse that is no stream', () => {
  const played = async (...values: readonly object[]) => {
    const writer = testWriter()
    const out: StreamEvent[] = []
    const frames = sseFrames(reads(values.map((value) => JSON.stringify(value)).join('\n')))
    for await (const batch of decode(frames, decoder(writer, TARGET), writer)) out.push(...batch)
    return sdkMessage(out)
  }
  const answer = (content: readonly object[], more: object = {}) => ({
    output: { message: { role: 'assistant', content } },
    stopReason: 'end_turn',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 19, cacheReadInputTokens: 4 },
    ...more,
  })

  it('gives thinking, text and tool calls in order, with the true stop reason and usage', async () => {
    const content = [
      { reasoningContent: { reasoningText: { text: 'let me see', signature: 'sig' } } },
      { reasoningContent: { redactedContent: 'AAEC' } },
      { text: 'grüße 👋' },
      { citationsContent: { content: [{ text: ' as it is' }, { text: ' said' }], citations: [] } },
      { toolUse: { toolUseId: 'tooluse_a', name: 'Bash', input: { x: 1 } } },
      { toolUse: { toolUseId: 'tooluse_b', name: 'Bash', input: {} } },
      { toolUse: { toolUseId: 's', name: 'nova_grounding', type: 'server_tool_use', input: {} } },
    ]
    const response = await played(answer(content, { stopReason: 'tool_use' }))
    expect(response).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'let me see' },
        { type: 'text', text: 'grüße 👋 as it is said' },
        { type: 'tool_use', id: 'tooluse_a', name: 'Bash', input: { x: 1 } },
        { type: 'tool_use', id: 'tooluse_b', name: 'Bash', input: {} },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 4 },
    })
    const [thought] = response.content
    const signature = thought?.type === 'thinking' ? thought.signature : ''
    expect(decodeSignature(signature)?.payload).toBe(
      JSON.stringify([{ text: 10, signature: 'sig' }, { redacted: 'AAEC' }]),
    )
  })

  it('may be empty', async () => {
    expect(await played(answer([]))).toMatchObject({ content: [], stop_reason: 'end_turn' })
  })

  it('may be its events, each under its name', async () => {
    const response = await played(
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'fine' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'max_tokens' } },
      { metadata: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } } },
    )
    expect(response).toMatchObject({ content: [{ text: 'fine' }], stop_reason: 'max_tokens' })
  })

  it.each([
    [{ message: 'the frob is unknown' }, 'the frob is unknown'],
    [{ error: { message: 'the frob is unknown' } }, 'the frob is unknown'],
    [answer([{ text: 'half' }], { stopReason: 'malformed_model_output' }), 'broke off'],
    [{ output: {}, metrics: {} }, 'before it was complete'],
    [{}, 'before it was complete'],
  ])('is an error where it says or is one: %j', async (value, words) => {
    await expect(played(value)).rejects.toThrow(words)
  })
})
