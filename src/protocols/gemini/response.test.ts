import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geminiEvents } from '../../../test/support/gemini.ts'
import { chatBytes, decodedEvents, reads, sdkMessage } from '../../../test/support/stream.ts'
import { sseFrames } from '../../framing/sse.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'
import { decoder } from './response.ts'
import type { Candidate, Part } from './types.ts'

// Hand-written chunks.
const withParts = (...parts: readonly Part[]) => ({ candidates: [{ content: { parts } }] })
const ended = (finishReason: string, more: Candidate = {}) => ({
  candidates: [{ finishReason, ...more }],
})
const END = ended('STOP')

const message = async (...chunks: readonly unknown[]) =>
  sdkMessage(await geminiEvents(reads(chatBytes(...chunks))))

function sealed(block: unknown) {
  return decodeSignature((block as { signature?: string }).signature)
}

describe('an answer of generateContent', () => {
  it('is text, with every token counted once', async () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 20,
      totalTokenCount: 132,
    }
    const answer = await message(
      withParts({ text: 'Hel' }),
      { ...withParts({ text: 'lo' }), usageMetadata: { promptTokenCount: 100 } },
      { ...END, usageMetadata },
    )
    expect(answer).toMatchObject({
      content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 67, cache_read_input_tokens: 40, output_tokens: 25 },
    })
  })

  it('keeps the count of the provider where a later chunk counts nothing', async () => {
    const { usage } = await message(
      {
        ...withParts({ text: 'x' }),
        usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 },
      },
      { ...END, usageMetadata: { trafficType: 'ON_DEMAND' } },
    )
    expect(usage).toMatchObject({ input_tokens: 3, output_tokens: 1 })
  })

  it('thinks in thinking blocks', async () => {
    const answer = await message(
      withParts({ text: 'hm', thought: true }),
      withParts({ text: 'm', thought: true }),
      withParts({ text: 'Hi' }),
      END,
    )
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'hmm' },
      { type: 'text', text: 'Hi' },
    ])
    expect(sealed(answer.content[0])).toEqual({ provider: 'p', model: 'm' })
  })

  it('calls tools, whole and in parallel, with and without ids', async () => {
    const answer = await message(
      withParts(
        { functionCall: { id: 'c', name: 'A', args: { x: 1 } } },
        { functionCall: { name: 'B', args: {} } },
      ),
      withParts({ functionCall: { name: 'B' } }),
      END,
    )
    expect(answer).toMatchObject({
      content: [
        { type: 'tool_use', id: 'c', name: 'A', input: { x: 1 } },
        { type: 'tool_use', id: 'toolu_1', name: 'B', input: {} },
        { type: 'tool_use', id: 'toolu_2', name: 'B', input: {} },
      ],
      stop_reason: 'tool_use',
    })
  })

  it('puts the signature of a call into a thinking block directly before it', async () => {
    const answer = await message(
      withParts({ text: 'hm', thought: true }),
      withParts({ functionCall: { name: 'A' }, thoughtSignature: 's1' }),
      withParts({ functionCall: { name: 'B' }, thoughtSignature: 's2' }),
      withParts({ text: 'x' }),
      withParts({ functionCall: { name: 'C' }, thoughtSignature: 's3' }),
      END,
    )
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { name: 'A' },
      { type: 'thinking', thinking: '' },
      { name: 'B' },
      { text: 'x' },
      { type: 'thinking', thinking: '' },
      { name: 'C' },
    ])
    const states = answer.content.filter((block) => block.type === 'thinking').map(sealed)
    expect(states).toMatchObject([
      { payload: 's1', tool: 'A' },
      { payload: 's2', tool: 'B' },
      { payload: 's3', tool: 'C' },
    ])
  })

  it('keeps the signature of a text before it, and never ends in a thinking block', async () => {
    const before = await message(withParts({ text: 'Hi', thoughtSignature: 's' }), END)
    expect(before.content).toMatchObject([{ type: 'thinking' }, { text: 'Hi' }])
    expect(sealed(before.content[0])).toMatchObject({ payload: 's' })
    const after = await message(
      withParts({ text: 'Hi' }),
      withParts({ text: '', thoughtSignature: 's' }),
      END,
    )
    expect(after.content).toEqual([expect.objectContaining({ type: 'text', text: 'Hi' })])
    const call = withParts({ functionCall: { name: 'A' } })
    const behind = await message(call, withParts({ text: '', thoughtSignature: 's' }), END)
    expect(behind.content).toMatchObject([{ name: 'A' }])
  })

  it('puts arguments together that come in pieces', async () => {
    const piece = (...partialArgs: object[]) =>
      withParts({ functionCall: { partialArgs, willContinue: true } })
    const answer = await message(
      withParts({ functionCall: { name: 'A', willContinue: true }, thoughtSignature: 's' }),
      piece({ jsonPath: '$.text', stringValue: 'a', willContinue: true }),
      piece({ jsonPath: '$.text', stringValue: 'b', willContinue: true }),
      piece({ jsonPath: '$.text', stringValue: 'c' }, { jsonPath: '$.n', numberValue: 0 }),
      piece({ jsonPath: '$.list[0].ok', boolValue: false }),
      piece({ jsonPath: '$.list[1]["a b"]', nullValue: 'NULL_VALUE' }),
      withParts({ functionCall: {} }),
      withParts({ functionCall: { name: 'B', willContinue: true } }),
      withParts({ functionCall: { partialArgs: [{ jsonPath: '$.x', stringValue: 'y' }] } }),
      END,
    )
    expect(answer.content.filter((block) => block.type === 'tool_use')).toMatchObject([
      { name: 'A', input: { text: 'abc', n: 0, list: [{ ok: false }, { 'a b': null }] } },
      { name: 'B', input: { x: 'y' } },
    ])
  })

  it('cut by the token limit in the middle of a call leaves the call unfinished', async () => {
    const events = await geminiEvents(
      reads(
        chatBytes(
          withParts({ functionCall: { name: 'A', willContinue: true } }),
          withParts({
            functionCall: {
              partialArgs: [{ jsonPath: '$.x', stringValue: 'y', willContinue: true }],
              willContinue: true,
            },
          }),
          ended('MAX_TOKENS'),
        ),
      ),
    )
    const json = events.map((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'input_json_delta'
        ? event.delta.partial_json
        : '',
    )
    expect(json.join('')).toBe('{"x":"y"')
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'max_tokens' } })
  })

  it('shows code that Google ran, tells of files that cannot be shown', async () => {
    const answer = await message(
      withParts({ executableCode: { language: 'PYTHON', code: 'print(1)' } }),
      withParts({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }),
      withParts({ inlineData: { mimeType: 'image/png', data: 'AAAA' } }),
      END,
    )
    const [block] = answer.content
    const text = block?.type === 'text' ? block.text : ''
    expect(text).toContain('```python\nprint(1)\n```')
    expect(text).toContain('```\n1\n```')
    expect(text).toContain('image/png')
    expect(text).not.toContain('AAAA')
  })

  it('lists what it rests on, each source once', async () => {
    const web = { uri: 'https://a.test', title: 'A' }
    const grounding = { groundingMetadata: { groundingChunks: [{ web }, { web }] } }
    const answer = await message(
      withParts({ text: 'Hi' }),
      { candidates: [grounding] },
      ended('STOP', {
        ...grounding,
        citationMetadata: { citationSources: [{ uri: 'https://b.test' }] },
      }),
    )
    expect(answer.content).toMatchObject([
      { text: 'Hi\n\nSources:\n- [A](https://a.test)\n- [https://b.test](https://b.test)' },
    ])
  })

  it.each([
    ['MAX_TOKENS', 'max_tokens'],
    ['SAFETY', 'refusal'],
    ['RECITATION', 'refusal'],
    ['PROHIBITED_CONTENT', 'refusal'],
    ['SOMETHING_NEW', 'end_turn'],
  ])('that finished by %s stops with %s', async (finish, reason) => {
    expect((await message(withParts({ text: 'x' }), ended(finish))).stop_reason).toBe(reason)
  })

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER'])(
    'that finished by %s fails with the reason',
    async (finish) => {
      const broken = message(withParts({ text: 'x' }), ended(finish, { finishMessage: 'why' }))
      await expect(broken).rejects.toMatchObject({ kind: 'api_error', status: 502 })
      await expect(broken).rejects.toThrow(`${finish}": why`)
    },
  )

  it('to a prompt that was blocked is a refusal', async () => {
    const answer = await message({
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: 'No.' },
      usageMetadata: { promptTokenCount: 9 },
    })
    expect(answer).toMatchObject({ stop_reason: 'refusal', content: [{ text: 'No.' }] })
  })

  it.each([
    ['nothing at all', []],
    ['text and then the end', [withParts({ text: 'half' })]],
    ['a finish reason that says nothing', [ended('FINISH_REASON_UNSPECIFIED')]],
    ['half a call', [withParts({ functionCall: { name: 'A', willContinue: true } })]],
  ])('that is cut fails: %s', async (_, chunks) => {
    await expect(message(...chunks)).rejects.toMatchObject({ kind: 'api_error', status: 502 })
  })

  it('with an error inside fails with what the error says', async () => {
    const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
    await expect(message(withParts({ text: 'x' }), { error })).rejects.toMatchObject({
      kind: 'overloaded_error',
      message: 'p: The model is overloaded.',
    })
    await expect(message([{ error }])).rejects.toMatchObject({ kind: 'overloaded_error' })
  })

  it('with a frame that is no JSON object fails', async () => {
    await expect(message('<html>')).rejects.toThrow('not JSON')
    await expect(message('[1]')).rejects.toThrow('not JSON')
  })

  it.each([
    ['a list', [withParts({ text: 'Hel' }), withParts({ text: 'lo' }), END]],
    [
      'one document',
      { candidates: [{ content: { parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }] },
    ],
  ])('may be %s that was not streamed', async (_, body) => {
    const frames = sseFrames(reads(JSON.stringify(body)))
    expect(await sdkMessage(await decodedEvents(decoder, frames))).toMatchObject({
      content: [{ text: 'Hello' }],
      stop_reason: 'end_turn',
    })
  })

  it('whose upstream holds the socket open after the finish reason still ends', async () => {
    async function* held(): AsyncGenerator<Uint8Array> {
      yield* reads(chatBytes(withParts({ text: 'x' }), END))
      await new Promise(() => undefined)
    }
    expect(await sdkMessage(await geminiEvents(held()))).toMatchObject({ stop_reason: 'end_turn' })
  })

  it('gives the same message however its bytes are cut', async () => {
    const bytes = new TextEncoder().encode(
      chatBytes(
        withParts({ text: 'ünter 🤔', thought: true }),
        withParts({ text: 'grüße 👋' }),
        withParts({ functionCall: { name: 'A', args: { x: 'é' } }, thoughtSignature: 's' }),
        withParts({ functionCall: { name: 'B', args: { y: 2 } } }),
        { ...END, usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } },
      ),
    )
    const whole = await sdkMessage(await geminiEvents(reads(bytes)))
    const single = await geminiEvents(reads(...Array.from(bytes, (byte) => Uint8Array.of(byte))))
    expect(await sdkMessage(single)).toEqual(whole)
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(cuts, async (where) => {
        const at = [0, ...where.sort((a, b) => a - b), bytes.length]
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        expect(await sdkMessage(await geminiEvents(reads(...pieces)))).toEqual(whole)
      }),
    )
  })
})
