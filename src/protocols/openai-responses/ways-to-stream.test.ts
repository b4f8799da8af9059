import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  added,
  call,
  completed,
  event,
  itemDone,
  message,
} from '../../../test/support/responses.ts'

/** One answer, told in each of the ways in which servers tell it. All hand-written. */

type Item =
  | { readonly kind: 'message' | 'reasoning'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: string }

interface Delivery {
  /** In deltas, in wholes, or nothing of it before the snapshot. */
  readonly by: readonly ('deltas' | 'parts' | 'wholes')[]
  readonly announced: boolean
  readonly snapshot: boolean
  /** Whether the wholes come twice. */
  readonly twice: boolean
  readonly ids: 'kept' | 'other in each event' | 'other in the snapshot'
  /** What is added to `output_index` and `content_index` with each event of an item. */
  readonly step: number
  /** The length of a delta, UTF-16 units. */
  readonly cut: number
}

const words = fc.stringMatching(/^[a-z .]{1,12}$/)
const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({ kind: fc.constantFrom('message' as const, 'reasoning' as const), text: words }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constantFrom('Read', 'Bash'),
    args: fc.record({ path: words }).map((input) => JSON.stringify(input)),
  }),
)
/** Things that are told apart by what they say, so that any way to tell them is clear. */
const answer = fc
  .uniqueArray(item, {
    maxLength: 5,
    selector: (one) => (one.kind === 'call' ? one.args : one.text),
  })
  .filter((items) => items.every(isClear))
  .map((items): readonly Item[] => [
    { kind: 'message', text: 'Start: ' },
    ...items,
    { kind: 'message', text: 'End.' },
  ])

function isClear(one: Item, at: number, all: readonly Item[]): boolean {
  const text = textOf(one)
  return all.every((other, i) => i === at || !textOf(other).startsWith(text))
}

const telling: fc.Arbitrary<Delivery> = fc
  .record({
    by: fc.subarray(['deltas', 'parts', 'wholes'] as const),
    announced: fc.boolean(),
    snapshot: fc.boolean(),
    twice: fc.boolean(),
    ids: fc.constantFrom('kept', 'other in each event', 'other in the snapshot'),
    step: fc.constantFrom(0, 1),
    cut: fc.integer({ min: 1, max: 20 }),
  } as const)
  .map((one) => ({
    ...one,
    // Deltas of a call say no name, and a server that counts on while it changes ids says nothing.
    snapshot: one.snapshot || (!one.by.includes('wholes') && !one.announced) || one.by.length === 0,
    step: one.ids === 'other in each event' ? 0 : one.step,
  }))

function textOf(one: Item): string {
  return one.kind === 'call' ? one.args : one.text
}

function whole(one: Item, at: number, id: string): object {
  switch (one.kind) {
    case 'message':
      return { type: 'message', id, content: [{ type: 'output_text', text: one.text }] }
    case 'reasoning':
      return { type: 'reasoning', id, summary: [{ type: 'summary_text', text: one.text }] }
    case 'call':
      return call(`c${String(at)}`, { id, name: one.name, arguments: one.args })
  }
}

function begun(one: Item, at: number, id: string): object {
  if (one.kind === 'call') return call(`c${String(at)}`, { id, name: one.name })
  return { type: one.kind, id, content: [], summary: [] }
}

const EVENTS = {
  message: { type: 'output_text', field: 'text' },
  reasoning: { type: 'reasoning_summary_text', field: 'text' },
  call: { type: 'function_call_arguments', field: 'arguments' },
} as const

function delivered(one: Item, at: number, how: Delivery): readonly object[] {
  let count = 0
  const id = (): string =>
    how.ids === 'other in each event' ? `i${String(at)}.${String((count += 1))}` : `i${String(at)}`
  let index = at * 10
  const next = (): number => (index += how.step)
  const { type, field } = EVENTS[one.kind]
  const part = () => ({ item_id: id(), output_index: next(), content_index: index })
  const text = textOf(one)
  const events: object[] = how.announced ? [added(index, begun(one, at, id()))] : []
  if (how.by.includes('deltas')) {
    for (let from = 0; from < text.length; from += how.cut) {
      events.push(event(`${type}.delta`, { ...part(), delta: text.slice(from, from + how.cut) }))
    }
  }
  for (let times = how.twice ? 2 : 1; times > 0; times -= 1) {
    if (how.by.includes('parts')) events.push(event(`${type}.done`, { ...part(), [field]: text }))
  }
  for (let times = how.twice ? 2 : 1; times > 0; times -= 1) {
    if (how.by.includes('wholes')) events.push(itemDone(next(), whole(one, at, id())))
  }
  return events
}

async function read(items: readonly Item[], how: Delivery) {
  const suffix = how.ids === 'kept' ? '' : '.last'
  const output = items.map((one, at) => whole(one, at, `i${String(at)}${suffix}`))
  const events = items.flatMap((one, at) => delivered(one, at, how))
  const { content } = await message(...events, completed(how.snapshot ? { output } : {}))
  return {
    text: content.flatMap((block) => (block.type === 'text' ? block.text : [])).join(''),
    thinking: content
      .flatMap((block) => (block.type === 'thinking' ? block.thinking : []))
      .join('')
      .replaceAll('\n\n', ''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [`${block.name} ${JSON.stringify(block.input)}`] : [],
    ),
  }
}

function expected(items: readonly Item[]) {
  const texts = (kind: string) =>
    items.flatMap((one) => (one.kind === kind ? [textOf(one)] : [])).join('')
  return {
    text: texts('message'),
    thinking: texts('reasoning'),
    calls: items.flatMap((one) => (one.kind === 'call' ? [`${one.name} ${one.args}`] : [])),
  }
}

describe('an answer of Responses, however it is told', () => {
  it('is the same message, each thing of it once', async () => {
    await fc.assert(
      fc.asyncProperty(answer, telling, async (items, how) => {
        const seen = await read(items, how)
        expect(seen).toEqual(expected(items))
      }),
      { numRuns: 400 },
    )
  })
})
