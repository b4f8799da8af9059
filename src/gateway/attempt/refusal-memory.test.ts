import { expect, it } from 'vitest'
import { requestWithout } from '../../messages/request-fallback.ts'
import { createRefusalMemory, type RefusalMemory } from './retry-without.ts'

const EFFORT = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
const MARKED = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }
const REQUEST = { model: 'x', ...EFFORT, messages: [{ role: 'user', content: [MARKED] }] }

const without = (refusals: RefusalMemory, target: string, request = REQUEST) =>
  requestWithout(request, refusals.of(target))

function onClock() {
  const clock = { now: 1_000 }
  return { clock, refusals: createRefusalMemory(() => clock.now) }
}

it('what a target refused is left out of the next request, and named', () => {
  const { refusals } = onClock()
  refusals.learn('p,m', 'thinking')
  refusals.learn('p,m', 'cache_control')
  expect(without(refusals, 'p,m')).toEqual({
    request: { model: 'x', messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
    dropped: ['thinking', 'cache_control'],
  })
  expect(without(refusals, 'p,n')).toEqual({ request: REQUEST, dropped: [] })
  const plain = { model: 'x', messages: [] }
  expect(requestWithout(plain, refusals.of('p,m'))).toEqual({ request: plain, dropped: [] })
})

it('what one target refused is no matter of another one that refused something else', () => {
  const { refusals } = onClock()
  refusals.learn('p,m', 'thinking')
  refusals.learn('q,n', 'cache_control')
  expect(refusals.of('p,m')).toEqual(['thinking'])
  expect(refusals.of('q,n')).toEqual(['cache_control'])
})

it('is remembered for all of an hour, each field by its own time', () => {
  const { clock, refusals } = onClock()
  refusals.learn('p,m', 'thinking')
  clock.now += 3_600_000
  refusals.learn('p,m', 'cache_control')
  expect(refusals.of('p,m')).toEqual(['thinking', 'cache_control'])
  clock.now += 1
  expect(refusals.of('p,m')).toEqual(['cache_control'])
})

it('is tried again after an hour, and after a clock was set back', () => {
  for (const ms of [3_600_001, -3_600_001]) {
    const { clock, refusals } = onClock()
    refusals.learn('p,m', 'thinking')
    clock.now += ms
    expect(without(refusals, 'p,m').request).toBe(REQUEST)
  }
})

it('forgets the oldest of many things that one target refused', () => {
  const { refusals } = onClock()
  const names = Array.from({ length: 101 }, (_, n) => `max_tokens<=${String(n)}`)
  for (const name of names) refusals.learn('p,m', name)
  expect(refusals.of('p,m')).toEqual(names.slice(1))
})

it('forgets the oldest of many targets', () => {
  const { refusals } = onClock()
  for (let n = 0; n <= 500; n += 1) refusals.learn(`p,${String(n)}`, 'thinking')
  expect(without(refusals, 'p,0').dropped).toEqual([])
  expect(without(refusals, 'p,500').dropped).toEqual(['thinking'])
})
