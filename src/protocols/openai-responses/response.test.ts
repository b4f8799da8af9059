import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  added,
  args,
  call,
  completed,
  event,
  itemDone,
  message,
  streamed,
  text,
  USAGE,
} from '../../../test/support/responses.ts'
import {
  chatBytes,
  decodedEvents,
  reads,
  sdkMessage,
  TARGET,
  testWriter,
} from '../../../test/support/stream.ts'
import { sseFrames } from '../../framing/sse.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'
import { decoder } from './response.ts'

const stateOf = (block: unknown) => decodeSignature((block as { signature: string }).signature)

describe('an answer of Responses', () => {
  it('is text with usage counted once', async () => {
    const answer = await message(
      event('created', { response: {} }),
      added(0, { type: 'message' }),
      text('Hel'),
      text('lo'),
      event('output_text.done', { output_index: 0, content_index: 0, text: 'Hello' }),
      itemDone(0, { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }),
      completed(),
    )
    expect(answer).toMatchObject({
      content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 20, cache_read_input_tokens: 10, output_tokens: 7 },
    })
  })

  it('tells what it cost, and not to the client', () => {
    const writer = testWriter()
    const decoding = decoder(writer, { ...TARGET, costField: 'cost_in_usd_ticks' })
    const usage = { ...USAGE, cost_in_usd_ticks: 2_500_000_000 }
    decoding.push({ event: '', data: JSON.stringify(completed({ usage })) })
    decoding.end()
    expect(writer.charged).toBe(0.25)
    expect(JSON.stringify(writer.take())).not.toMatch(/cost|charged|ticks/)
  })

  it('may have calls whose arguments interleave, told apart by their place', async () => {
    const answer = await message(
      added(0, call('a')),
      added(1, call('b', { name: 'U' })),
      args(0, '{"x"'),
      args(1, '{"y":'),
      args(0, ':1}'),
      args(1, '2}'),
      itemDone(0, call('a', { arguments: '{"x":1}' })),
      itemDone(1, call('b', { name: 'U', arguments: '{"y":2}' })),
      completed(),
    )
    expect(answer).toMatchObject({
      content: [
        { id: 'a', name: 'T', input: { x: 1 } },
        { id: 'b', name: 'U', input: { y: 2 } },
      ],
      stop_reason: 'tool_use',
    })
  })

  it('keeps calls apart by item where the place is missing', async () => {
    const answer = await message(
      event('output_item.added', { item: call('a') }),
      event('output_item.added', { item: call('b') }),
      event('function_call_arguments.delta', { item_id: 'fc_b', delta: '{"y":2}' }),
      event('function_call_arguments.delta', { item_id: 'fc_a', delta: '{"x":1}' }),
      completed(),
    )
    expect(answer.content).toMatchObject([{ input: { x: 1 } }, { input: { y: 2 } }])
  })

  it.each([
    [
      'an event of its own',
      event('function_call_arguments.done', { output_index: 0, arguments: '{"x":1}' }),
    ],
    ['the finished item', itemDone(0, call('a', { arguments: '{"x":1}' }))],
    ['the finished item, as an object', itemDone(0, call('a', { arguments: { x: 1 } }))],
  ])('may bring arguments only whole, in %s', async (_, end) => {
    const answer = await message(added(0, call('a')), end, completed())
    expect(answer.content).toMatchObject([{ id: 'a', input: { x: 1 } }])
  })

  it('shows reasoning summaries as thinking, paragraph by paragraph, and seals its state', async () => {
    const thought = (summary_index: number, delta: string) =>
      event('reasoning_summary_text.delta', { output_index: 0, summary_index, delta })
    const answer = await message(
      added(0, { type: 'reasoning', encrypted_content: 'early', summary: [] }),
      thought(0, 'One'),
      thought(0, '.'),
      thought(1, 'Two.'),
      itemDone(0, {
        type: 'reasoning',
        encrypted_content: 'gAAA',
        summary: [{ text: 'One.' }, { text: 'Two.' }],
      }),
      added(1, call('a')),
      args(1, '{}'),
      completed(),
    )
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'One.\n\nTwo.' },
      { type: 'tool_use', id: 'a' },
    ])
    expect(stateOf(answer.content[0])).toEqual({ provider: 'p', model: 'm', payload: 'gAAA' })
  })

  it('seals state without a summary in an empty thinking block before its call', async () => {
    const reasoning = { type: 'reasoning', summary: [], encrypted_content: 'gAAA' }
    const answer = await message(
      added(0, reasoning),
      itemDone(0, reasoning),
      added(1, call('a')),
      itemDone(1, call('a', { arguments: '{}' })),
      completed(),
    )
    expect(answer.content).toMatchObject([{ type: 'thinking', thinking: '' }, { type: 'tool_use' }])
    expect(stateOf(answer.content[0])?.payload).toBe('gAAA')
  })

  it('keeps thoughts after text for what follows them, and never ends in thinking', async () => {
    const reasoning = { type: 'reasoning', summary: [{ text: 'hm' }], encrypted_content: 'gAAA' }
    const called = await message(
      text('On it.'),
      itemDone(1, reasoning),
      added(2, call('a')),
      itemDone(2, call('a', { arguments: '{}' })),
      completed(),
    )
    expect(called.content).toMatchObject([{ text: 'On it.' }, { thinking: 'hm' }, { id: 'a' }])
    expect(stateOf(called.content[1])?.payload).toBe('gAAA')
    const cut = await message(text('On it.'), itemDone(1, reasoning), completed())
    expect(cut.content).toMatchObject([{ text: 'On it.' }])
    expect(cut.content).toHaveLength(1)
  })

  it('shows the raw reasoning of open models', async () => {
    const answer = await message(
      event('reasoning_text.delta', { output_index: 0, content_index: 0, delta: 'hm' }),
      text('x', 1),
      completed(),
    )
    expect(answer.content).toMatchObject([{ thinking: 'hm' }, { text: 'x' }])
  })

  it('shows a refusal as text', async () => {
    const answer = await message(
      event('refusal.delta', { output_index: 0, content_index: 0, delta: 'I cannot' }),
      itemDone(0, { type: 'message', content: [{ type: 'refusal', refusal: 'I cannot.' }] }),
      completed(),
    )
    expect(answer.content).toMatchObject([{ text: 'I cannot.' }])
  })

  it('shows a web search as thinking and lists sources that the text does not link to', async () => {
    const cite = (url: string, title: string) =>
      event('output_text.annotation.added', {
        output_index: 1,
        annotation: { type: 'url_citation', url, title },
      })
    const answer = await message(
      added(0, { type: 'web_search_call' }),
      itemDone(0, { type: 'web_search_call', action: { type: 'search', query: 'otters' } }),
      text('Otters hold hands ([a](https://a.org)).', 1),
      cite('https://a.org', 'A'),
      cite('https://b.org', 'B'),
      cite('https://b.org', 'B again'),
      completed(),
    )
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'Searched the web: otters' },
      {
        type: 'text',
        text: 'Otters hold hands ([a](https://a.org)).\n\nSources:\n- [B](https://b.org)\n',
      },
    ])
  })

  it('takes calls apart that the model wrapped into one', async () => {
    const uses = [
      { recipient_name: 'functions.A', parameters: { x: 1 } },
      { recipient_name: 'B', parameters: {} },
    ]
    const wrapped = JSON.stringify({ tool_uses: uses })
    const wrapper = (more: object) => call('a', { name: 'multi_tool_use.parallel', ...more })
    const answer = await message(
      added(0, wrapper({})),
      args(0, wrapped),
      itemDone(0, wrapper({ arguments: wrapped })),
      completed(),
    )
    expect(answer.content).toMatchObject([
      { id: 'a', name: 'A', input: { x: 1 } },
      { id: 'toolu_1', name: 'B', input: {} },
    ])
    const plain = call('a', { name: 'parallel', arguments: '{"jobs":2}' })
    const ofClient = await message(added(0, plain), itemDone(0, plain), completed())
    expect(ofClient.content).toMatchObject([{ id: 'a', name: 'parallel', input: { jobs: 2 } }])
  })

  it('may be one document that was not streamed', async () => {
    const document = {
      object: 'response',
      status: 'completed',
      output: [
        { type: 'reasoning', encrypted_content: 'gAAA', summary: [{ text: 'hm' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] },
        call('a', { arguments: '{"x":1}' }),
      ],
      usage: USAGE,
    }
    const frames = sseFrames(reads(JSON.stringify(document)))
    const answer = await sdkMessage(await decodedEvents(decoder, frames))
    expect(answer).toMatchObject({
      content: [{ thinking: 'hm' }, { text: 'Hi' }, { id: 'a', input: { x: 1 } }],
      stop_reason: 'tool_use',
      usage: { output_tokens: 7 },
    })
    const alone = await message(completed({ output: document.output }))
    expect(alone.content).toEqual(answer.content)
  })

  it.each([
    [
      'code_interpreter_call',
      { code: 'print(1)', outputs: [{ type: 'logs', logs: '1' }] },
      /print\(1\)[^]*1/,
    ],
    ['file_search_call', { queries: ['cats', 'dogs'] }, /cats, dogs/],
    ['mcp_call', { server_label: 's', name: 't', arguments: '{"x":1}', output: 'o' }, /s\.t\(/],
    ['mcp_call', { server_label: 's', name: 't', error: { message: 'no' } }, /no/],
  ])('tells in its thinking what the server did by %s', async (type, item, shown) => {
    const answer = await message(itemDone(0, { type, ...item }), text('so', 1), completed())
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: expect.stringMatching(shown) as string },
      { type: 'text', text: 'so' },
    ])
  })

  it('tells of an image that nobody can see, and of nothing where there is nothing', async () => {
    const image = itemDone(0, { type: 'image_generation_call', result: 'AAAA' })
    expect((await message(image, completed())).content).toMatchObject([{ type: 'text' }])
    const list = itemDone(0, { type: 'mcp_list_tools', tools: [] })
    expect((await message(list, text('a', 1), completed())).content).toMatchObject([{ text: 'a' }])
  })

  it('may call a tool whose input is plain text', async () => {
    const item = { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: 'raw' }
    expect((await message(itemDone(0, item), completed())).content).toMatchObject([
      { type: 'tool_use', id: 'c', name: 'patch', input: { input: 'raw' } },
    ])
  })

  it('tells what xAI’s own tools did, which are no calls for the client', async () => {
    const input = '{"query":"from:x","limit":10}'
    const search = { type: 'custom_tool_call', call_id: 'xs_call_1', name: 'x_keyword_search' }
    const answer = await message(
      added(0, { ...search, input: '', status: 'in_progress' }),
      itemDone(0, { ...search, input, status: 'completed' }),
      text('Found.', 1),
      completed(),
    )
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: `Called x_keyword_search(${input})` },
      { type: 'text', text: 'Found.' },
    ])
    expect(answer.stop_reason).toBe('end_turn')
  })

  it('may tell the rest of a refusal only at its end', async () => {
    const answer = await message(
      event('refusal.delta', { output_index: 0, content_index: 0, delta: 'I ' }),
      event('refusal.done', { output_index: 0, content_index: 0, refusal: 'I cannot.' }),
      completed(),
    )
    expect(answer.content).toMatchObject([{ text: 'I cannot.' }])
  })

  it('gives the same events however its bytes are cut', async () => {
    const bytes = new TextEncoder().encode(
      chatBytes(
        event('reasoning_summary_text.delta', {
          output_index: 0,
          summary_index: 0,
          delta: 'ünter 🤔',
        }),
        itemDone(0, { type: 'reasoning', encrypted_content: 'gAAA', summary: [] }),
        text('grüße 👋 ', 1),
        added(2, call('a')),
        args(2, '{"x":"é'),
        added(3, call('b')),
        args(3, '{"y":'),
        args(2, '"}'),
        args(3, '2}'),
        completed(),
      ),
    )
    const whole = await sdkMessage(await streamed(reads(bytes)))
    expect(whole.content).toHaveLength(4)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }),
        async (cuts) => {
          const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
          const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
          expect(await sdkMessage(await streamed(reads(...pieces)))).toEqual(whole)
        },
      ),
    )
    const single = await streamed(reads(...Array.from(bytes, (byte) => Uint8Array.of(byte))))
    expect(await sdkMessage(single)).toEqual(whole)
  })
})
