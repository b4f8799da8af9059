import { expect, it } from 'vitest'
import { chatBytes, chatEvents, reads } from '../../../test/support/stream.ts'
import { ServedCalls } from './response-tool-calls.ts'

it('a call of the server is left out with all its pieces, another one under its index is not', () => {
  const served = new ServedCalls()
  const begun = { index: 0, id: 's', type: 'web_search_call', function: { name: 'web_search' } }
  const piece = { index: 0, function: { arguments: '{}' } }
  const mine = { index: 0, id: 'c', type: 'function', function: { name: 'Read' } }
  const of = (call: object): number => served.without([call]).length
  expect([of(begun), of(piece), of({ id: 's' }), of(mine), of(piece)]).toEqual([0, 0, 0, 1, 1])
  expect(of({ index: 1, id: 'd', function: { name: 'Read' } })).toBe(1)
})

it.each<[what: string, served: object, mine: object]>([
  ['has neither id nor index', {}, { id: 'c', index: 0 }],
  ['has an id, where this one has an index', { id: 's' }, { index: 0 }],
  ['has an index, where this one has an id', { index: 0 }, { id: 'c' }],
  ['has another index', { index: 0 }, { index: 1 }],
])('a call is for the client though the one of the server %s', (_, served, mine) => {
  const calls = new ServedCalls()
  expect(calls.without([{ type: 'web_search_call', ...served }])).toEqual([])
  const begun = { type: 'function', function: { name: 'Read' }, ...mine }
  const piece = { function: { arguments: '{}' }, ...mine }
  expect(calls.without([begun, piece])).toEqual([begun, piece])
  const bare = { function: { arguments: '{}' } }
  expect(calls.without([bare])).toEqual([bare])
})

it('a type that is no text is none of the server’s', () => {
  const calls = [{ type: { toString: [] } as unknown as string, function: { name: 'Read' } }]
  expect(new ServedCalls().without(calls)).toEqual(calls)
})

it('words of a refusal are words of the answer', async () => {
  const says = { choices: [{ delta: { refusal: 'I cannot help.' } }] }
  const end = { choices: [{ delta: {}, finish_reason: 'stop' }] }
  const events = await chatEvents(reads(chatBytes(says, end, '[DONE]')))
  expect(JSON.stringify(events)).toContain('I cannot help.')
})
