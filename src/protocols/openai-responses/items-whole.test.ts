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
import { signatureFrom } from '../../messages/reasoning-signature.ts'
import { TARGET } from '../../../test/support/stream.ts'

/** What an answer says, block by block and to the letter, in the ways in which servers tell it. */

const X = '{"x":1}'

const messageItem = (id: string, ...texts: readonly string[]) => ({
  type: 'message',
  id,
  content: texts.map((one) => ({ type: 'output_text', text: one })),
})
const thought = (id: string, ...texts: readonly string[]) => ({
  type: 'reasoning',
  id,
  summary: texts.map((one) => ({ type: 'summary_text', text: one })),
})
const delta = (item_id: string, piece: string, at: object = {}) =>
  event('output_text.delta', { item_id, delta: piece, ...at })
const summary = (item_id: string, piece: string, summary_index = 0) =>
  event('reasoning_summary_text.delta', { item_id, summary_index, delta: piece })

const contentOf = async (...events: readonly unknown[]) => (await message(...events)).content
const words = (value: string) => ({ type: 'text', text: value })
const thinking = (value: string, payload?: string) => ({
  type: 'thinking',
  thinking: value,
  signature: signatureFrom(TARGET, payload === undefined ? {} : { payload }),
})
const tool = (id: string, input: object, name = 'T') => ({ type: 'tool_use', id, name, input })

describe('the thoughts of an answer', () => {
  it('are all of it where nothing follows them, and name their maker', async () => {
    expect(await contentOf(summary('r', 'One'), summary('r', '.'), completed())).toEqual([
      thinking('One.'),
    ])
  })

  it('have a paragraph for each part of a summary that is told whole', async () => {
    const part = (type: string, summary_index: number, more: object) =>
      event(type, { item_id: 'r', summary_index, ...more })
    expect(
      await contentOf(
        part('reasoning_summary_text.done', 0, { text: 'One.' }),
        part('reasoning_summary_text.done', 1, { text: 'Two.' }),
        part('reasoning_summary_part.done', 1, { part: { text: 'Two.' } }),
        part('reasoning_summary_part.done', 2, { part: { text: 'Three.' } }),
        completed(),
      ),
    ).toEqual([thinking('One.\n\nTwo.\n\nThree.')])
    expect(await contentOf(itemDone(0, thought('r', 'One.', 'Two.')), completed())).toEqual([
      thinking('One.\n\nTwo.'),
    ])
  })

  it('have no paragraphs where they are raw', async () => {
    const raw = { type: 'reasoning', id: 'r', content: [{ text: 'One ' }, { text: 'two.' }] }
    expect(await contentOf(itemDone(0, raw), completed())).toEqual([thinking('One two.')])
  })

  it('are those of the field that came first, also told whole', async () => {
    const raw = event('reasoning_text.done', { item_id: 'r', text: 'Raw.' })
    const short = event('reasoning_summary_text.done', { item_id: 'r', text: 'Short.' })
    expect(await contentOf(raw, short, completed())).toEqual([thinking('Raw.')])
    expect(await contentOf(short, raw, completed())).toEqual([thinking('Short.')])
    expect(await contentOf(raw, { ...short, summary_index: 1 }, completed())).toEqual([
      thinking('Raw.'),
    ])
    const both = { ...thought('r', 'Short. More.'), content: [{ text: 'Raw.' }] }
    expect(await contentOf(summary('r', 'Short.'), itemDone(0, both), completed())).toEqual([
      thinking('Short. More.'),
    ])
  })

  it('are told again where another item has the same, and not where it is cut otherwise', async () => {
    expect(
      await contentOf(
        itemDone(0, thought('r', 'hm')),
        itemDone(1, thought('s', 'hm')),
        completed(),
      ),
    ).toEqual([thinking('hm\n\nhm')])
    expect(
      await contentOf(
        summary('r', 'Hello there'),
        itemDone(0, thought('r', 'Hello')),
        itemDone(1, thought('s', ' there')),
        completed(),
      ),
    ).toEqual([thinking('Hello there')])
    const more = [summary('r', 'One'), itemDone(0, thought('r', 'One', 'Two'))]
    expect(await contentOf(...more, itemDone(1, thought('s', 'Two')), completed())).toEqual([
      thinking('One\n\nTwo\n\nTwo'),
    ])
  })

  it('go on behind an empty message', async () => {
    expect(
      await contentOf(
        itemDone(0, thought('r', 'One.')),
        itemDone(1, messageItem('m', '')),
        itemDone(2, thought('s', 'Two.')),
        completed(),
      ),
    ).toEqual([thinking('One.\n\nTwo.')])
  })
})

describe('the state of thoughts', () => {
  const sealed = (id: string, payload: string, ...texts: readonly string[]) => ({
    ...thought(id, ...texts),
    encrypted_content: payload,
  })

  it('is not that with which they were announced', async () => {
    const early = added(0, sealed('r', 'early'))
    expect(await contentOf(early, summary('r', 'hm'), completed())).toEqual([thinking('hm')])
    expect(await contentOf(early, text('x', 1), completed())).toEqual([words('x')])
    expect(await contentOf(early, completed())).toEqual([])
  })

  it('makes no block where there is neither state nor thought', async () => {
    expect(await contentOf(itemDone(0, thought('r')), text('x', 1), completed())).toEqual([
      words('x'),
    ])
  })

  it('is told once where its item comes twice', async () => {
    const done = itemDone(0, sealed('r', 's1', 'hm'))
    expect(await contentOf(done, text('a', 1), done, text('b', 1), completed())).toEqual([
      thinking('hm', 's1'),
      words('ab'),
    ])
  })

  it('stays with what is thought after it', async () => {
    const search = { type: 'web_search_call', id: 'w', action: { type: 'search', query: 'q' } }
    for (const [first, whole] of [
      [sealed('r', 's1', 'hm'), 'hm\n\nSearched the web: q'],
      [sealed('r', 's1'), 'Searched the web: q'],
    ] as const) {
      expect(
        await contentOf(itemDone(0, first), itemDone(1, search), text('x', 2), completed()),
      ).toEqual([thinking(whole, 's1'), words('x')])
    }
    const late = event('reasoning_summary_text.done', { item_id: 'r', text: 'One more.' })
    expect(await contentOf(itemDone(0, sealed('r', 's1', 'One')), late, completed())).toEqual([
      thinking('One more.', 's1'),
    ])
    const next = [itemDone(1, sealed('s', 's2', 'b')), text('x', 2), completed()]
    expect(await contentOf(itemDone(0, sealed('r', 's1', 'a')), ...next)).toEqual([
      thinking('a\n\nb', 's2'),
      words('x'),
    ])
  })

  it('is that of each block where text stands between them', async () => {
    const events = [itemDone(0, sealed('r', 's1', 'a')), text('x', 1), summary('s', 'b')]
    expect(await contentOf(...events, text('y', 3), completed())).toEqual([
      thinking('a', 's1'),
      words('x'),
      thinking('b'),
      words('y'),
    ])
  })

  it('comes from the snapshot where its item was only announced', async () => {
    expect(
      await contentOf(added(0, thought('r')), completed({ output: [sealed('r', 's1')] })),
    ).toEqual([thinking('', 's1')])
  })

  it('is left out where the snapshot has it after what it led to', async () => {
    const output = [sealed('r', 's1', 'hm'), call('a', { arguments: X }), messageItem('m', 'Done.')]
    expect(
      await contentOf(summary('r', 'hm'), added(1, call('a')), args(1, X), completed({ output })),
    ).toEqual([thinking('hm'), tool('a', { x: 1 }), words('Done.')])
  })
})

describe('the text of an answer', () => {
  it('may be a refusal in pieces', async () => {
    const refusal = (piece: string) => event('refusal.delta', { item_id: 'm', delta: piece })
    expect(await contentOf(refusal('I '), refusal('cannot.'), completed())).toEqual([
      words('I cannot.'),
    ])
  })

  it('is told again where another message has the same', async () => {
    expect(
      await contentOf(
        itemDone(0, messageItem('m', 'Hi ')),
        itemDone(1, messageItem('n', 'Hi ')),
        completed(),
      ),
    ).toEqual([words('Hi Hi ')])
    const more = [delta('m', 'one '), itemDone(0, messageItem('m', 'one ', 'two '))]
    expect(await contentOf(...more, itemDone(1, messageItem('n', 'two ')), completed())).toEqual([
      words('one two two '),
    ])
  })

  it('links to what the whole message cites, whatever its parts are', async () => {
    const content = [
      null,
      { type: 'output_text', text: 'So.' },
      { annotations: [{ type: 'url_citation', url: 'https://a.org', title: 'A' }, null] },
      { annotations: null },
    ]
    expect(await contentOf(itemDone(0, { type: 'message', content }), completed())).toEqual([
      words('So.\n\nSources:\n- [A](https://a.org)\n'),
    ])
    expect(await contentOf(itemDone(0, { type: 'message', content: 'So.' }), completed())).toEqual([
      words('So.'),
    ])
    expect(await contentOf(itemDone(0, { type: 'message', content: null }), completed())).toEqual(
      [],
    )
  })

  it('may be a JSON object under an id that changes', async () => {
    const at = { output_index: 0, content_index: 0 }
    const events = [delta('k1', X, at), delta('k2', ' is it.', at)]
    expect(
      await contentOf(...events, itemDone(0, messageItem('k3', `${X} is it.`)), completed()),
    ).toEqual([words(`${X} is it.`)])
  })

  it('is untouched by events without content', async () => {
    expect(
      await contentOf(
        event('output_item.added'),
        event('output_item.done'),
        event('output_item.added', { item: null }),
        event('output_item.done', { item: null }),
        args(0, ''),
        event('function_call_arguments.delta', { output_index: 0 }),
        event('function_call_arguments.done', { output_index: 0, arguments: '' }),
        event('output_text.delta', { delta: null }),
        event('output_text.done', {}),
        text('Hi', 1),
        completed(),
      ),
    ).toEqual([words('Hi')])
  })
})

describe('a server’s own search', () => {
  const search = (action?: object | null) =>
    itemDone(0, { type: 'web_search_call', id: 'w', action })

  it('is told and counted once, though its item comes twice', async () => {
    const done = search({ type: 'search', query: 'q' })
    const answer = await message(done, done, text('x', 1), completed())
    expect(answer.content).toEqual([thinking('Searched the web: q'), words('x')])
    expect(answer.usage.server_tool_use).toMatchObject({ web_search_requests: 1 })
  })

  it.each<[object | null | undefined, number | undefined, string[]]>([
    [undefined, undefined, []],
    [null, undefined, []],
    [{ type: 'open_page', url: 'https://a.org' }, undefined, ['Opened https://a.org']],
    [{ type: 'search' }, 1, []],
  ])('that did %j counts as %j', async (action, count, lines) => {
    const answer = await message(search(action), text('x', 1), completed())
    expect(answer.content).toEqual([...lines.map((line) => thinking(line)), words('x')])
    expect(answer.usage.server_tool_use?.web_search_requests).toBe(count)
  })
})
