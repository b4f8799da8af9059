/** What passes through is watched within bounds, and its end is known from its events alone. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundary, createStreamInspector } from './stream-inspector.ts'

const event = (data: { readonly type: string; readonly [field: string]: unknown }): Buffer =>
  Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
const START = event({
  type: 'message_start',
  message: { id: 'm', model: 'theirs', usage: { input_tokens: 5, output_tokens: 1 } },
})
const PING = event({ type: 'ping' })
const BLOCK = event({ type: 'content_block_start', index: 0, content_block: { type: 'text' } })
const END = event({
  type: 'message_delta',
  delta: { stop_reason: 'end_turn' },
  usage: { output_tokens: 9 },
})
const STOP = event({ type: 'message_stop' })

describe('before the first word', () => {
  it('nothing is due: another target can still be asked', () => {
    const inspector = createStreamInspector('p')
    expect(inspector.push(START)).toBeUndefined()
    expect(inspector.push(PING)).toBeUndefined()
    expect(inspector.usage()).toMatchObject({ input_tokens: 5 })
    expect(
      Buffer.from(inspector.push(BLOCK) ?? '').equals(Buffer.concat([START, PING, BLOCK])),
    ).toBe(true)
  })

  it('no more is held than a quarter of a megabyte, whatever keeps the stream alive', () => {
    const inspector = createStreamInspector('p')
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => PING))
    let held = START.length
    let due = inspector.push(START)
    while (due === undefined && held < 4 * 1024 * 1024) {
      held += pings.length
      due = inspector.push(pings)
    }
    expect(due?.length).toBe(held)
    expect(held).toBeLessThan(512 * 1024)
  })

  it('an error is thrown, starred, whose kind is its own', () => {
    const inspector = createStreamInspector('p', ['sk-secret-1234'])
    inspector.push(START)
    const error = { type: 'overloaded_error', message: 'busy with sk-secret-1234' }
    expect(() => inspector.push(event({ type: 'error', error }))).toThrow(
      expect.objectContaining({ kind: 'overloaded_error', message: 'p: busy with ***' }) as Error,
    )
  })
})

it('an event without an end is given up', () => {
  const inspector = createStreamInspector('p')
  inspector.push(Buffer.concat([START, BLOCK]))
  const piece = Buffer.alloc(1024 * 1024, 'x')
  let pushed = 0
  expect(() => {
    for (; pushed < 64; pushed += 1) inspector.push(piece)
  }).toThrow('sent an event without an end')
  expect(pushed).toBeLessThan(20)
})

describe('the end', () => {
  it('is that of the events, not what a text says of one', () => {
    const inspector = createStreamInspector('p')
    inspector.push(Buffer.concat([START, BLOCK]))
    const text = '"type":"message_stop" and data: {"type":"message_stop"}'
    const delta = { type: 'text_delta', text }
    inspector.push(event({ type: 'content_block_delta', index: 0, delta }))
    expect([inspector.isOver(), inspector.stopReason()]).toEqual([false, undefined])
    inspector.push(END)
    expect([inspector.isOver(), inspector.stopReason()]).toEqual([false, 'end_turn'])
    inspector.push(STOP)
    expect([inspector.isOver(), inspector.end()]).toEqual([true, undefined])
    expect(inspector.usage()).toMatchObject({ input_tokens: 5, output_tokens: 9 })
  })

  it('may lack the blank line behind it, but not the event', () => {
    const cut = createStreamInspector('p')
    cut.push(Buffer.concat([START, BLOCK, END]))
    expect(() => cut.end()).toThrow('ended its answer before it was complete')
    const bare = createStreamInspector('p')
    bare.push(Buffer.concat([START, BLOCK, END, STOP.subarray(0, -2)]))
    expect(Buffer.from(bare.end() ?? '').toString()).toContain('message_stop')
  })
})

it('the answer names the model that was asked for, once, and no other byte is touched', () => {
  const inspector = createStreamInspector('p', [], 'mine')
  const later = event({ type: 'content_block_delta', index: 0, delta: { model: 'theirs' } })
  const given = Buffer.concat(
    [START, BLOCK, later, END, STOP].map((bytes) => Buffer.from(inspector.push(bytes) ?? '')),
  ).toString()
  const whole = Buffer.concat([START, BLOCK, later, END, STOP]).toString()
  expect(given).toBe(whole.replace('"model":"theirs"', '"model":"mine"'))
})

it('finds the last blank line, whatever ends its lines', () => {
  const ends = ['\n\n', '\r\r', '\n\r\n']
  const some = fc.array(fc.constantFrom('a', '\n', '\r'), { maxLength: 12 })
  fc.assert(
    fc.property(some, (units) => {
      const text = units.join('')
      const behind = Array.from({ length: text.length + 1 }, (_, at) => text.slice(0, at))
        .filter((start) => ends.some((end) => start.endsWith(end)))
        .at(-1)
      expect(boundary(Buffer.from(text), 0)).toBe(behind?.length ?? 0)
    }),
  )
})
