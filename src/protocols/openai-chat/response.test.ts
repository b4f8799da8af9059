import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage } from '../../../test/support/stream.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'

// Hand-written chunks in the shapes that providers send.
const delta = (value: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: value, finish_reason: finish }],
})
const call = (value: object) => delta({ tool_calls: [value] })
const END = delta({}, 'stop')
const USAGE = {
  choices: [],
  usage: { prompt_tokens: 100, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 60 } },
}

const message = async (...chunks: unknown[]) =>
  sdkMessage(await chatEvents(reads(chatBytes(...chunks))))

describe('an answer in Chat Completions', () => {
  it('is text with its usage, cached tokens counted once', async () => {
    const answer = await message(
      delta({ role: 'assistant', content: '' }),
      delta({ content: 'Hi' }),
      END,
      USAGE,
      '[DONE]',
    )
    expect(answer).toMatchObject({
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 40, cache_read_input_tokens: 60, output_tokens: 9 },
    })
  })

  it.each(['reasoning_content', 'reasoning'])(
    'has %s as thinking, sealed for its vendor',
    async (field) => {
      const answer = await message(
        delta({ [field]: 'let me' }),
        delta({ [field]: ' see' }),
        delta({ content: '4' }),
        END,
      )
      expect(answer.content).toMatchObject([
        { type: 'thinking', thinking: 'let me see' },
        { text: '4' },
      ])
      const [block] = answer.content
      expect(decodeSignature(block?.type === 'thinking' ? block.signature : '')).toEqual({
        provider: 'p',
        model: 'm',
        textField: field,
      })
    },
  )

  it('is a tool_use although the finish reason says stop', async () => {
    const answer = await message(
      call({ index: 0, id: 'c', function: { name: 'Bash', arguments: '{}' } }),
      END,
    )
    expect(answer).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ id: 'c', name: 'Bash', input: {} }],
    })
  })

  it('keeps calls apart that have an id each but no index', async () => {
    const answer = await message(
      call({ id: 'a', function: { name: 'A', arguments: '{"x":' } }),
      call({ function: { arguments: '1}' } }),
      call({ id: 'b', function: { name: 'B', arguments: '{"y":2}' } }),
      END,
    )
    expect(answer.content).toMatchObject([
      { id: 'a', input: { x: 1 } },
      { id: 'b', input: { y: 2 } },
    ])
  })

  it('keeps calls apart that have neither id nor index', async () => {
    const answer = await message(
      call({ function: { name: 'A', arguments: '{"x":1}' } }),
      call({ function: { name: 'B', arguments: '{"y":2}' } }),
      END,
    )
    expect(answer.content).toMatchObject([
      { name: 'A', input: { x: 1 } },
      { name: 'B', input: { y: 2 } },
    ])
  })

  it('keeps calls apart that all say index 0', async () => {
    const answer = await message(
      call({ index: 0, id: 'a', function: { name: 'A', arguments: '{"x":1}' } }),
      call({ index: 0, id: 'b', function: { name: 'B', arguments: '{"y":2}' } }),
      END,
    )
    expect(answer.content).toMatchObject([
      { id: 'a', input: { x: 1 } },
      { id: 'b', input: { y: 2 } },
    ])
  })

  it('takes one call whose id and name come again with every piece for one', async () => {
    const answer = await message(
      call({ id: 'a', function: { name: 'A', arguments: '{"x"' } }),
      call({ id: 'a', function: { name: 'A', arguments: ':1}' } }),
      END,
    )
    expect(answer.content).toMatchObject([{ id: 'a', input: { x: 1 } }])
  })

  it('takes arguments that are an object', async () => {
    const answer = await message(
      call({ index: 0, id: 'a', function: { name: 'A', arguments: { x: 1 } } }),
      END,
    )
    expect(answer.content).toMatchObject([{ input: { x: 1 } }])
  })

  it('may be one document that was not streamed', async () => {
    const answer = await message({
      choices: [
        {
          message: {
            content: 'Hi',
            tool_calls: [{ id: 'a', function: { name: 'A', arguments: '{}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 2 },
    })
    expect(answer).toMatchObject({
      content: [{ text: 'Hi' }, { id: 'a' }],
      stop_reason: 'tool_use',
    })
  })

  it.each([
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['something_new', 'end_turn'],
  ])('that finished by %s stops with %s', async (finish, reason) => {
    expect((await message(delta({ content: 'x' }, finish))).stop_reason).toBe(reason)
  })

  it('that ends with [DONE] but without a finish reason is complete if it has content', async () => {
    expect((await message(delta({ content: 'x' }), '[DONE]')).stop_reason).toBe('end_turn')
    await expect(message('[DONE]')).rejects.toThrow('before it was complete')
  })

  it.each([
    ['nothing at all', ''],
    ['text and then the end', chatBytes(delta({ content: 'half' }))],
    [
      'a call and then the end',
      chatBytes(call({ index: 0, id: 'a', function: { name: 'A', arguments: '{"x' } })),
    ],
  ])('that is cut fails: %s', async (_, bytes) => {
    await expect(chatEvents(reads(bytes))).rejects.toMatchObject({ kind: 'api_error', status: 502 })
  })

  it('with an error inside fails with what the error says', async () => {
    const error = { error: { message: 'slow down', type: 'rate_limit_error' } }
    await expect(message(delta({ content: 'x' }), error)).rejects.toMatchObject({
      kind: 'rate_limit_error',
      message: 'p: slow down',
    })
  })

  it('with a frame that is no JSON fails', async () => {
    await expect(message('<html>')).rejects.toThrow('not JSON')
  })

  it('whose upstream holds the socket open after the finish reason still ends', async () => {
    async function* open(): AsyncGenerator<Uint8Array> {
      yield* reads(chatBytes(delta({ content: 'x' }), END))
      await new Promise(() => undefined)
    }
    expect(await sdkMessage(await chatEvents(open()))).toMatchObject({ stop_reason: 'end_turn' })
  })

  it('gives the same events however its bytes are cut', async () => {
    const bytes = new TextEncoder().encode(
      chatBytes(
        delta({ reasoning_content: 'ünter 🤔' }),
        delta({ content: 'grüße 👋 ' }),
        call({ index: 0, id: 'a', function: { name: 'A', arguments: '{"x":"é' } }),
        call({ index: 1, id: 'b', function: { name: 'B', arguments: '{"y":' } }),
        call({ index: 0, function: { arguments: '"}' } }),
        call({ index: 1, function: { arguments: '2}' } }),
        delta({}, 'tool_calls'),
        USAGE,
        '[DONE]',
      ),
    )
    const whole = await sdkMessage(await chatEvents(reads(bytes)))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }),
        async (cuts) => {
          const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
          const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
          expect(await sdkMessage(await chatEvents(reads(...pieces)))).toEqual(whole)
        },
      ),
    )
    const single = await chatEvents(reads(...Array.from(bytes, (byte) => Uint8Array.of(byte))))
    expect(await sdkMessage(single)).toEqual(whole)
  })
})

describe('a tool that the server itself ran', () => {
  // In the shape of xAI's documentation; hand-written.
  const served = (type: string, index: number) => ({
    index,
    id: `call_${String(index)}`,
    type,
    function: { name: 'web_search', arguments: '{"query":"x"}' },
  })

  it.each(['web_search_call', 'x_search_call', 'code_interpreter_call', 'mcp_call'])(
    'is no call for the client (%s)',
    async (type) => {
      const answer = await message(
        call(served(type, 0)),
        call({ index: 0, function: { arguments: '' } }),
        delta({ content: 'Found it.' }),
        delta({}, 'tool_calls'),
      )
      expect(answer.content).toMatchObject([{ type: 'text', text: 'Found it.' }])
      expect(answer.stop_reason).toBe('end_turn')
    },
  )

  it('leaves the calls for the client, also under its index', async () => {
    const ls = { type: 'function', function: { name: 'Bash', arguments: '{"command":"ls"}' } }
    const answer = await message(
      call(served('web_search_call', 0)),
      call({ ...ls, index: 1, id: 'call_1' }),
      call({ ...ls, index: 0, id: 'call_2' }),
      delta({}, 'tool_calls'),
    )
    expect(answer.content).toMatchObject([
      { type: 'tool_use', id: 'call_1', input: { command: 'ls' } },
      { type: 'tool_use', id: 'call_2', input: { command: 'ls' } },
    ])
    expect(answer.stop_reason).toBe('tool_use')
  })
})
