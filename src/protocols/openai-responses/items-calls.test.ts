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
} from '../../../test/support/responses.ts'
import { chatBytes, reads, TARGET } from '../../../test/support/stream.ts'
import { signatureFrom } from '../../messages/reasoning-signature.ts'

/** The calls of an answer, to the letter, in the ways in which servers tell them. */

const X = '{"x":1}'
const Y = '{"x":2}'

const contentOf = async (...events: readonly unknown[]) => (await message(...events)).content
const words = (value: string) => ({ type: 'text', text: value })
const tool = (id: string, input: object, name = 'T') => ({ type: 'tool_use', id, name, input })
const piece = (item_id: string, delta: string) =>
  event('function_call_arguments.delta', { item_id, delta })
const wholeArgs = (output_index: number, value: unknown, more: object = {}) =>
  event('function_call_arguments.done', { output_index, arguments: value, ...more })

describe('a call of an answer', () => {
  it('is told as it comes', async () => {
    const events = await streamed(
      reads(
        chatBytes(added(0, call('a')), args(0, '{"x"'), args(0, ':1'), args(0, '}'), completed()),
      ),
    )
    expect(
      events.flatMap((one) =>
        one.type === 'content_block_delta' && one.delta.type === 'input_json_delta'
          ? [one.delta.partial_json]
          : [],
      ),
    ).toEqual(['{"x"', ':1', '}'])
  })

  it('may be named while its arguments come', async () => {
    expect(
      await contentOf(args(0, '{"x"'), added(0, call('a')), args(0, ':1}'), completed()),
    ).toEqual([tool('a', { x: 1 })])
    expect(await contentOf(wholeArgs(0, X), added(0, call('a')), completed())).toEqual([
      tool('a', { x: 1 }),
    ])
    expect(
      await contentOf(args(0, '{'), itemDone(0, call('a', { arguments: X })), completed()),
    ).toEqual([tool('a', { x: 1 })])
  })

  it('may be announced once more while its arguments come', async () => {
    const begun = added(0, call('a'))
    expect(await contentOf(begun, args(0, '{"x"'), begun, args(0, ':1}'), completed())).toEqual([
      tool('a', { x: 1 }),
    ])
  })

  it('keeps its name where its whole has none', async () => {
    for (const name of [undefined, null, '']) {
      expect(
        await contentOf(
          added(0, call('a')),
          itemDone(0, call('a', { name, arguments: X })),
          completed(),
        ),
      ).toEqual([tool('a', { x: 1 })])
    }
  })

  it('has the id of its item where it has no other, and one of ours where it has none', async () => {
    const nameless = { type: 'function_call', name: 'T', arguments: X }
    expect(await contentOf(itemDone(0, { ...nameless, id: 'fc' }), completed())).toEqual([
      tool('fc', { x: 1 }),
    ])
    expect(await contentOf(itemDone(0, nameless), completed())).toEqual([tool('toolu_1', { x: 1 })])
  })

  it('is one though it is announced once more when it is whole', async () => {
    const again = added(0, call('a'))
    const done = itemDone(0, call('a', { arguments: X }))
    expect(await contentOf(again, done, again, completed())).toEqual([tool('a', { x: 1 })])
    const unknown = added(0, call('a', { call_id: undefined }))
    expect(await contentOf(unknown, done, again, completed())).toEqual([tool('fc_a', { x: 1 })])
    const other = itemDone(0, call('a', { call_id: 'b', arguments: X }))
    expect(await contentOf(again, other, again, completed())).toEqual([tool('a', { x: 1 })])
  })

  it('is found by its call_id where two are open at one place', async () => {
    const begun = (id: string) => added(0, call(id, { id: `begun_${id}` }))
    const done = (id: string, value: string) =>
      itemDone(0, call(id, { id: `done_${id}`, arguments: value }))
    expect(
      await contentOf(begun('a'), begun('b'), done('a', X), done('b', Y), completed()),
    ).toEqual([tool('a', { x: 1 }), tool('b', { x: 2 })])
  })

  it('is not changed by what comes after its whole', async () => {
    const done = itemDone(0, call('a', { arguments: X }))
    const after = [piece('fc_a', Y), text('x', 1), completed()]
    expect(await contentOf(added(0, call('a')), done, ...after)).toEqual([
      tool('a', { x: 1 }),
      words('x'),
    ])
    expect(
      await contentOf(done, itemDone(0, call('a', { arguments: Y })), text('x', 1), completed()),
    ).toEqual([tool('a', { x: 1 }), words('x')])
  })

  it('is one where its arguments come whole twice, in every form', async () => {
    expect(
      await contentOf(
        added(0, call('a')),
        args(0, X),
        args(0, X),
        wholeArgs(0, X),
        wholeArgs(0, { x: 1 }),
        itemDone(0, call('a', { arguments: '{ "x": 1 }' })),
        completed({ output: [call('z', { arguments: { x: 1 } })] }),
      ),
    ).toEqual([tool('a', { x: 1 })])
  })

  it('may have an empty object before its arguments and other ids afterwards', async () => {
    expect(
      await contentOf(
        added(0, call('a', { id: 'k1' })),
        args(0, '{}'),
        args(0, X),
        itemDone(0, call('a', { id: 'k2', arguments: X })),
        completed(),
      ),
    ).toEqual([tool('a', { x: 1 })])
    expect(
      await contentOf(added(0, call('a')), args(0, '{}'), wholeArgs(0, X), completed()),
    ).toEqual([tool('a', { x: 1 })])
  })

  it.each([
    { pieces: ['{}'] },
    { pieces: ['{', '}'] },
    { pieces: ['{ ', '}', ' '] },
    { pieces: [' ', '{}'] },
    { pieces: [] },
  ])(
    'without arguments, told by $pieces, has an empty input',
    async ({ pieces }: { readonly pieces: readonly string[] }) => {
      const pieceEvents = pieces.map((one) => args(0, one))
      const expected = [tool('a', {}), words('x')]
      const end = itemDone(0, call('a', { arguments: '{}' }))
      expect(
        await contentOf(added(0, call('a')), ...pieceEvents, end, text('x', 1), completed()),
      ).toEqual(expected)
      expect(
        await contentOf(added(0, call('a')), ...pieceEvents, text('x', 1), completed()),
      ).toEqual(expected)
    },
  )

  it('that nothing names is a failure, though nothing else came of it', async () => {
    for (const events of [
      [piece('fc_a', X)],
      [wholeArgs(0, X, { item_id: 'fc_a' })],
      [added(0, { type: 'function_call', call_id: 'a' })],
      [itemDone(0, call('a', { name: '', arguments: X }))],
    ]) {
      await expect(message(text('x', 1), ...events, completed())).rejects.toThrow('without a name')
    }
  })

  it('ends the thoughts before it', async () => {
    const thought = (id: string, delta: string) =>
      event('reasoning_summary_text.delta', { item_id: id, summary_index: 0, delta })
    const done = itemDone(1, call('a', { arguments: X }))
    const thinking = (value: string) => ({
      type: 'thinking',
      thinking: value,
      signature: signatureFrom(TARGET),
    })
    expect(
      await contentOf(thought('r', 'One.'), done, thought('s', 'Two.'), text('x', 3), completed()),
    ).toEqual([thinking('One.'), tool('a', { x: 1 }), thinking('Two.'), words('x')])
  })
})

describe('a call that holds others', () => {
  const uses = (...inputs: readonly object[]) =>
    JSON.stringify({
      tool_uses: inputs.map((parameters) => ({ recipient_name: 'functions.A', parameters })),
    })
  const wrapper = (value = '') => call('a', { name: 'parallel', arguments: value })
  const both = [tool('a', { x: 1 }, 'A'), tool('toolu_1', { x: 2 }, 'A')]
  const whole = uses({ x: 1 }, { x: 2 })

  it('is taken apart once, whatever it is announced with and however often it comes', async () => {
    for (const events of [
      [added(0, wrapper()), args(0, whole)],
      [added(0, wrapper('{}')), args(0, whole)],
      [added(0, wrapper()), args(0, whole), args(0, whole)],
      [added(0, wrapper()), args(0, whole.slice(0, 20)), itemDone(0, wrapper(whole))],
      [added(0, wrapper()), wholeArgs(0, whole)],
      [added(0, wrapper(whole))],
      [itemDone(0, wrapper(whole)), itemDone(0, wrapper(whole))],
      [added(0, wrapper()), args(0, whole), itemDone(0, wrapper())],
    ]) {
      expect(await contentOf(...events, completed())).toEqual(both)
      expect(await contentOf(...events, completed({ output: [wrapper(whole)] }))).toEqual(both)
    }
  })

  it('is not changed by what comes after its whole', async () => {
    const again = itemDone(0, wrapper(uses({ x: 3 })))
    expect(await contentOf(itemDone(0, wrapper(whole)), again, completed())).toEqual(both)
  })

  it('has the id of its item for the first of them where it has no other', async () => {
    const done = itemDone(0, { ...wrapper(whole), call_id: undefined })
    expect(await contentOf(done, completed())).toEqual([
      tool('fc_a', { x: 1 }, 'A'),
      tool('toolu_1', { x: 2 }, 'A'),
    ])
    const nameless = itemDone(0, { ...wrapper(uses({ x: 1 })), call_id: undefined, id: null })
    expect(await contentOf(nameless, completed())).toEqual([tool('toolu_1', { x: 1 }, 'A')])
  })

  it('may be no such call but the beginning of a name', async () => {
    const named = (name: string) => added(0, call('a', { name }))
    expect(
      await contentOf(named('parallel'), named('parallel_runs'), args(0, X), completed()),
    ).toEqual([tool('a', { x: 1 }, 'parallel_runs')])
  })
})
