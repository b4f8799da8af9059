import { describe, expect, it } from 'vitest'
import {
  added,
  args,
  call,
  completed,
  event,
  itemDone,
  message,
  text,
} from '../../../test/support/responses.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'

/** All hand-written, in the ways that servers are known to tell an answer. */

const messageItem = (id: string, ...texts: readonly string[]) => ({
  type: 'message',
  id,
  content: texts.map((text) => ({ type: 'output_text', text })),
})
const delta = (item_id: string, text: string, at: object = {}) =>
  event('output_text.delta', { item_id, delta: text, ...at })
const X = '{"x":1}'
const Y = '{"x":2}'

describe('an item of an answer of Responses', () => {
  it('is read from the snapshot where it was not streamed', async () => {
    const output = [messageItem('m', 'I look.'), call('a', { arguments: X })]
    const answer = await message(
      added(0, { type: 'message', id: 'm', content: [] }),
      delta('m', 'I look.', { output_index: 0, content_index: 0 }),
      completed({ output }),
    )
    expect(answer).toMatchObject({
      content: [{ text: 'I look.' }, { id: 'a', input: { x: 1 } }],
      stop_reason: 'tool_use',
    })
    const cut = event('incomplete', {
      response: {
        incomplete_details: { reason: 'max_output_tokens' },
        output: [messageItem('m', 'Hello')],
      },
    })
    expect(await message(delta('m', 'Hel'), cut)).toMatchObject({
      content: [{ text: 'Hello' }],
      stop_reason: 'max_tokens',
    })
  })

  it('is told once where the snapshot has it under other ids, cut otherwise or twice', async () => {
    const output = [
      { type: 'reasoning', id: 'r9', summary: [{ text: 'hm' }] },
      messageItem('m8', 'Hel', 'lo'),
      messageItem('m9', ' there'),
      call('z', { arguments: '{ "x": 1 }' }),
      call('z', { arguments: '{ "x": 1 }' }),
      { type: 'web_search_call', id: 'w9', action: { type: 'search', query: 'q' } },
    ]
    const answer = await message(
      event('reasoning_summary_text.delta', { item_id: 'r', summary_index: 0, delta: 'hm' }),
      itemDone(1, { type: 'web_search_call', id: 'w', action: { type: 'search', query: 'q' } }),
      delta('m', 'Hello there', { output_index: 2 }),
      added(3, call('a')),
      args(3, X),
      completed({ output }),
    )
    expect(answer.content).toMatchObject([
      { thinking: 'hm\n\nSearched the web: q' },
      { text: 'Hello there' },
      { id: 'a', input: { x: 1 } },
    ])
    expect(answer.content).toHaveLength(3)
  })

  it('is told apart by its id where all have one place', async () => {
    const one = (id: string, input: string) => [
      added(0, call(id)),
      event('function_call_arguments.delta', {
        output_index: 0,
        item_id: `fc_${id}`,
        delta: input,
      }),
      event('function_call_arguments.done', {
        output_index: 0,
        item_id: `fc_${id}`,
        arguments: input,
      }),
      itemDone(0, call(id, { arguments: input })),
    ]
    const output = [call('a', { arguments: X }), call('b', { arguments: Y })]
    const answer = await message(...one('a', X), ...one('b', Y), completed({ output }))
    expect(answer.content).toMatchObject([
      { id: 'a', input: { x: 1 } },
      { id: 'b', input: { x: 2 } },
    ])
    const texts = await message(
      itemDone(0, messageItem('m', 'One.')),
      itemDone(0, messageItem('n', 'Two.')),
      itemDone(0, messageItem('n', 'Two.')),
      completed(),
    )
    expect(texts.content).toMatchObject([{ text: 'One.Two.' }])
  })

  it('may count its parts and places over the whole answer', async () => {
    const answer = await message(
      delta('m', 'Hello.', { output_index: 1, content_index: 1 }),
      event('output_text.done', {
        item_id: 'm',
        output_index: 2,
        content_index: 2,
        text: 'Hello.',
      }),
      itemDone(3, messageItem('m', 'Hello.')),
      completed(),
    )
    expect(answer.content).toMatchObject([{ text: 'Hello.' }])
  })

  it('is one call whose whole has another call_id, its id elsewhere, and another place', async () => {
    const finished = { ...call('b', { arguments: X }), id: null }
    const answer = await message(
      added(1, call('a')),
      event('function_call_arguments.delta', { item_id: 'fc_a', output_index: 1, delta: X }),
      event('function_call_arguments.done', { item_id: 'fc_a', output_index: 2, arguments: X }),
      itemDone(2, { ...finished, item_id: 'fc_a' }),
      completed(),
    )
    expect(answer.content).toMatchObject([{ id: 'a', input: { x: 1 } }])
    expect(answer.content).toHaveLength(1)
    const nameless = await message(
      added(1, call('a')),
      args(1, X),
      itemDone(2, finished),
      completed(),
    )
    expect(nameless.content).toEqual(answer.content)
  })

  it('may have another id in each event', async () => {
    const answer = await message(
      added(0, { type: 'message', id: 'k1', content: [] }),
      delta('k2', 'Hel', { output_index: 0, content_index: 0 }),
      delta('k3', 'lo', { output_index: 0, content_index: 0 }),
      itemDone(0, messageItem('k4', 'Hello')),
      added(1, call('a', { id: 'k5' })),
      event('function_call_arguments.delta', { item_id: 'k6', output_index: 1, delta: '{"x"' }),
      event('function_call_arguments.delta', { item_id: 'k7', output_index: 1, delta: ':1}' }),
      itemDone(1, call('a', { id: 'k8', arguments: X })),
      completed({ output: [messageItem('k9', 'Hello'), call('a', { id: 'k10', arguments: X })] }),
    )
    expect(answer.content).toMatchObject([{ text: 'Hello' }, { id: 'a', input: { x: 1 } }])
    expect(answer.content).toHaveLength(2)
  })

  it('may share its id with items of its own kind and of others', async () => {
    const answer = await message(
      event('reasoning_text.delta', { item_id: 'i', delta: 'hm' }),
      itemDone(0, messageItem('i', 'One.')),
      itemDone(1, messageItem('i', 'Two.')),
      added(2, call('a', { id: 'i' })),
      itemDone(2, call('a', { id: 'i', arguments: X })),
      added(3, call('b', { id: 'i' })),
      event('function_call_arguments.delta', { item_id: 'i', delta: Y }),
      itemDone(3, call('b', { id: 'i', arguments: Y })),
      completed(),
    )
    expect(answer.content).toMatchObject([
      { thinking: 'hm' },
      { text: 'One.Two.' },
      { id: 'a', input: { x: 1 } },
      { id: 'b', input: { x: 2 } },
    ])
  })

  it('may be told by events that name neither place nor id', async () => {
    const answer = await message(
      event('output_text.delta', { delta: 'Hi' }),
      event('output_item.done', { item: { ...messageItem('', 'Hi.') } }),
      event('function_call_arguments.delta', { delta: X }),
      event('output_item.added', { item: { type: 'function_call', call_id: 'a', name: 'T' } }),
      completed(),
    )
    expect(answer.content).toMatchObject([{ text: 'Hi.' }, { id: 'a', input: { x: 1 } }])
  })

  it('may be whole when it is announced, or named with its arguments', async () => {
    const announced = await message(added(0, messageItem('m', 'Hi')), completed())
    expect(announced.content).toMatchObject([{ text: 'Hi' }])
    const called = await message(added(0, call('a', { arguments: X })), completed())
    expect(called.content).toMatchObject([{ id: 'a', input: { x: 1 } }])
    const whole = { item_id: 'fc_a', name: 'T', arguments: X }
    expect(
      (await message(event('function_call_arguments.done', whole), completed())).content,
    ).toMatchObject([{ id: 'fc_a', name: 'T', input: { x: 1 } }])
  })

  it('is a failure as a call that nothing names', async () => {
    await expect(message(args(0, X), completed())).rejects.toThrow('without a name')
  })

  it('may have an empty object before its arguments, or nothing else', async () => {
    const called = async (...pieces: readonly string[]) => {
      const end = itemDone(0, call('a', { arguments: pieces.at(-1) }))
      const pieceEvents = [added(0, call('a')), ...pieces.map((piece) => args(0, piece))]
      const answer = await message(...pieceEvents, end, text('x', 1), completed())
      expect(await message(...pieceEvents, completed())).toMatchObject({
        content: [answer.content[0]],
      })
      return answer.content
    }
    expect(await called('{}', X)).toMatchObject([{ input: { x: 1 } }, { text: 'x' }])
    expect(await called('{', '}', X)).toMatchObject([{ input: { x: 1 } }, { text: 'x' }])
    expect(await called('{}')).toMatchObject([{ input: {} }, { text: 'x' }])
    expect(
      (await message(added(0, call('a')), args(0, '{'), args(0, '"x":1}'), completed())).content,
    ).toMatchObject([{ input: { x: 1 } }])
  })

  it('may have been cut into several pieces that its whole holds together', async () => {
    const answer = await message(
      delta('a', 'Hel', { output_index: 0 }),
      delta('b', 'lo', { output_index: 1 }),
      itemDone(0, messageItem('a', 'Hello there')),
      completed({ output: [messageItem('a', 'Hello'), messageItem('b', ' there')] }),
    )
    expect(answer.content).toMatchObject([{ text: 'Hello there' }])
    const apart = await message(
      delta('a', 'Hello', { output_index: 0 }),
      itemDone(0, messageItem('a', 'Hel')),
      itemDone(1, messageItem('b', 'lo')),
      completed(),
    )
    expect(apart.content).toMatchObject([{ text: 'Hello' }])
  })

  it('keeps its pieces where its whole says otherwise, and brings parts that had none', async () => {
    const answer = await message(
      event('output_text.delta', { item_id: 'm', content_index: 1, delta: 'two ' }),
      itemDone(0, messageItem('m', 'one ', 'two')),
      completed({ output: [messageItem('m', 'one', 'two.')] }),
    )
    expect(answer.content).toMatchObject([{ text: 'two one ' }])
  })

  it('has a paragraph for each part of its summary, and none for raw thoughts', async () => {
    const raw = (content_index: number, text: string) =>
      event('reasoning_text.delta', { item_id: 'r', content_index, delta: text })
    const answer = await message(
      raw(0, 'One '),
      raw(1, 'two.'),
      event('reasoning_summary_text.delta', { item_id: 'r', summary_index: 0, delta: 'In short.' }),
      itemDone(0, {
        type: 'reasoning',
        id: 'r',
        summary: [{ text: 'In short.' }],
        content: [{ text: 'One two.' }],
        encrypted_content: 'gAAA',
      }),
      text('x', 1),
      completed({ output: [{ type: 'reasoning', id: 'r', encrypted_content: 'late' }] }),
    )
    expect(answer.content).toMatchObject([{ thinking: 'One two.' }, { text: 'x' }])
    const block = answer.content[0] as unknown as { signature: string }
    expect(decodeSignature(block.signature)?.payload).toBe('gAAA')
  })

  it('brings the state of its reasoning in the snapshot, unless what it led to came before', async () => {
    const reasoning = { type: 'reasoning', id: 'r', summary: [{ text: 'hm' }] }
    const output = [{ ...reasoning, encrypted_content: 'gAAA' }, call('a', { arguments: X })]
    const thought = event('reasoning_summary_text.delta', { item_id: 'r', delta: 'hm' })
    const answer = await message(thought, completed({ output }))
    expect(answer.content).toMatchObject([{ thinking: 'hm' }, { id: 'a' }])
    const block = answer.content[0] as unknown as { signature: string }
    expect(decodeSignature(block.signature)?.payload).toBe('gAAA')
    const late = await message(thought, added(1, call('a')), args(1, X), completed({ output }))
    expect(late.content).toMatchObject([{ thinking: 'hm' }, { id: 'a' }])
    expect(late.content).toHaveLength(2)
  })

  it.each(['text', 'refusal'])('may come as whole parts of %s alone', async (field) => {
    const part = (type: string, more: object) =>
      event(type, { item_id: 'm', content_index: 0, ...more })
    const type = field === 'text' ? 'output_text' : 'refusal'
    const answer = await message(
      part('content_part.done', { part: { type, [field]: 'Hi' } }),
      part(`${type}.done`, { [field]: 'Hi' }),
      event('content_part.done', { item_id: 'r', part: { type: 'reasoning_text', text: 'hm' } }),
      added(1, call('a')),
      completed(),
    )
    expect(answer.content).toMatchObject([{ text: 'Hi' }, { thinking: 'hm' }, { id: 'a' }])
  })

  it('is told once where two events end the answer', async () => {
    const output = [messageItem('m', 'Hi')]
    const answer = await message(
      event('done', { response: { output } }),
      completed({ output: [...output, messageItem('n', 'Hi')] }),
    )
    expect(answer.content).toMatchObject([{ text: 'Hi' }])
  })

  it('is taken apart into the calls that it holds also where its whole never comes', async () => {
    const uses = JSON.stringify({ tool_uses: [{ recipient_name: 'A', parameters: { x: 1 } }] })
    const wrapper = call('a', { name: 'multi_tool_use.parallel' })
    const answer = await message(added(0, wrapper), args(0, uses), completed())
    expect(answer.content).toMatchObject([{ id: 'a', name: 'A', input: { x: 1 } }])
  })
})
