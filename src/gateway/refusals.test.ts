import { expect, it } from 'vitest'
import { createRefusals } from './refusals.ts'

const EFFORT = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
const MARKED = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }
const REQUEST = { model: 'x', ...EFFORT, messages: [{ role: 'user', content: [MARKED] }] }

function onClock() {
  const clock = { now: 1_000 }
  return { clock, refusals: createRefusals(() => clock.now) }
}

it('what a target refused is left out of the next request, and named', () => {
  const { refusals } = onClock()
  refusals.learn('p,m', 'thinking')
  refusals.learn('p,m', 'cache_control')
  expect(refusals.without('p,m', REQUEST)).toEqual({
    request: { model: 'x', messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
    dropped: ['thinking', 'cache_control'],
  })
  expect(refusals.without('p,n', REQUEST)).toEqual({ request: REQUEST, dropped: [] })
  const plain = { model: 'x', messages: [] }
  expect(refusals.without('p,m', plain)).toEqual({ request: plain, dropped: [] })
})

it('what hangs on the conversation is not remembered', () => {
  const { refusals } = onClock()
  refusals.learn('p,m', 'max_tokens')
  refusals.learn('p,m', 'assistant.thinking.signature')
  refusals.learn('p,m', 'constructor')
  expect(refusals.without('p,m', REQUEST).request).toBe(REQUEST)
})

it('is tried again after an hour, and after a clock was set back', () => {
  for (const ms of [3_600_001, -3_600_001]) {
    const { clock, refusals } = onClock()
    refusals.learn('p,m', 'thinking')
    clock.now += ms
    expect(refusals.without('p,m', REQUEST).request).toBe(REQUEST)
  }
})

it('forgets the oldest of many targets', () => {
  const { refusals } = onClock()
  for (let n = 0; n <= 500; n += 1) refusals.learn(`p,${String(n)}`, 'thinking')
  expect(refusals.without('p,0', REQUEST).dropped).toEqual([])
  expect(refusals.without('p,500', REQUEST).dropped).toEqual(['thinking'])
})
