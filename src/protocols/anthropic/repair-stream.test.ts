import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serialize, type StreamEvent } from '../../messages/events.ts'
import { repairParts } from '../../../test/support/repair.ts'
import { createRepairingInspector } from './repair-stream.ts'
import type { RepairContext } from './repair-message.ts'

/** Hand-written streams of servers that speak the Messages API in their own way. */

type Loose = Readonly<Record<string, unknown>>

const USAGE = { input_tokens: 100, output_tokens: 1 }

const start = (more: Loose = { usage: USAGE }): Loose => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...more,
  },
})
const block = (index: number, content_block: Loose): Loose => ({
  type: 'content_block_start',
  index,
  content_block,
})
const textBlock = (index: number): Loose => block(index, { type: 'text', text: '' })
const call = (index: number, id = 'toolu_a', input: unknown = {}): Loose =>
  block(index, { type: 'tool_use', id, name: 'Bash', input })
const delta = (index: number, more: Loose): Loose => ({
  type: 'content_block_delta',
  index,
  delta: more,
})
const text = (index: number, given: string): Loose =>
  delta(index, { type: 'text_delta', text: given })
const thought = (index: number, thinking: string): Loose =>
  delta(index, { type: 'thinking_delta', thinking })
const args = (index: number, json: string): Loose =>
  delta(index, { type: 'input_json_delta', partial_json: json })
const stop = (index: number): Loose => ({ type: 'content_block_stop', index })
const end = (stop_reason: string | null = 'end_turn', usage: unknown = { output_tokens: 20 }) => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage,
})
const LAST = { type: 'message_stop' }

const wire = (...events: readonly Loose[]): string =>
  serialize(events as unknown as readonly StreamEvent[])

/** What the client gets of a stream that comes in pieces; throws what ends it. */
function repaired(
  stream: string | readonly Uint8Array[],
  more: Partial<RepairContext> = {},
): string {
  const inspector = createRepairingInspector(repairParts(more))
  const out: Uint8Array[] = []
  for (const chunk of typeof stream === 'string' ? [Buffer.from(stream)] : stream) {
    const due = inspector.push(chunk)
    if (due) out.push(due)
    if (inspector.isOver()) break
  }
  const last = inspector.end()
  if (last) out.push(last)
  return Buffer.concat(out).toString('utf8')
}

interface WireEvent {
  readonly type: string
  readonly index?: number
  readonly content_block?: Loose
  readonly delta?: Loose
  readonly message?: Loose
  readonly usage?: Loose
}

function eventsIn(stream: string): readonly WireEvent[] {
  return stream
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [, name, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(frame) ?? []
      const event = JSON.parse(data) as WireEvent
      expect(event.type).toBe(name)
      return event
    })
}

/** What the client makes of it: a line for each block. */
function answer(...events: readonly Loose[]): readonly string[] {
  return read(repaired(wire(...events)))
}

function read(stream: string): readonly string[] {
  const events = eventsIn(stream)
  requireLegal(events)
  const blocks: string[] = []
  for (const { type, content_block: begun, delta: piece = {} } of events) {
    if (type === 'content_block_start') {
      const { type: kind, id, name } = begun ?? {}
      blocks.push([kind, id, name].filter(Boolean).join(' ') + ':')
    } else if (type === 'content_block_delta') {
      const content = piece['text'] ?? piece['thinking'] ?? piece['partial_json']
      blocks.push(`${blocks.pop() ?? ''}${typeof content === 'string' ? content : '~'}`)
    } else if (type === 'message_delta') {
      blocks.push(`= ${String(piece['stop_reason'])}`)
    }
  }
  return blocks
}

/** One block after the other, numbered; several words on the end are allowed. */
function requireLegal(events: readonly WireEvent[]): void {
  const order = events.filter(({ type }) => type !== 'ping').map(({ type, index }) => [type, index])
  let next = 0
  let open = false
  expect(order[0]?.[0]).toBe('message_start')
  expect(order.at(-1)?.[0]).toBe('message_stop')
  expect(order.at(-2)?.[0]).toBe('message_delta')
  for (const [type, index] of order.slice(1, -2)) {
    if (type === 'message_delta') continue
    expect(index, String(type)).toBe(next)
    expect(open, String(type)).toBe(type !== 'content_block_start')
    open = type !== 'content_block_stop'
    if (!open) next += 1
  }
  expect(open).toBe(false)
}

const RIGHT = wire(
  start(),
  { type: 'ping' },
  block(0, { type: 'thinking', thinking: '', signature: '' }),
  thought(0, 'hm'),
  delta(0, { type: 'signature_delta', signature: 'EqQB' }),
  stop(0),
  textBlock(1),
  text(1, 'Grüß"}}\n'),
  text(1, ' dich'),
  text(1, '🦀'),
  stop(1),
  block(2, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
  args(2, '{"query":"x"}'),
  stop(2),
  block(3, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
  stop(3),
  call(4),
  args(4, ''),
  args(4, '{"command":'),
  args(4, '"ls"}'),
  stop(4),
  end('tool_use'),
  LAST,
)

describe('a right stream of a Messages API that is not Anthropic’s', () => {
  it('passes byte for byte, however it is cut and whatever ends its lines', () => {
    const spaced = RIGHT.replaceAll('":', '": ').replaceAll(',"', ', "')
    for (const stream of [RIGHT, spaced, `: hello\n\n${RIGHT}`, RIGHT.replaceAll('\n', '\r\n')]) {
      const bytes = Buffer.from(stream)
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
          const chunks = at.slice(1).map((to, n) => bytes.subarray(at[n], to))
          expect(repaired(chunks)).toBe(stream)
        }),
        { numRuns: 60 },
      )
    }
  })
})

describe('a broken stream of a Messages API', () => {
  it('has its events named', () => {
    const bare = RIGHT.replace(/^event: .*\n/gm, '')
    expect(repaired(bare)).toBe(RIGHT)
    expect(repaired(RIGHT.replace(/^event: .*$/gm, 'event: message'))).toBe(RIGHT)
  })

  it('takes the type from the name, and events without a blank line between', () => {
    const untyped = `event: ping\ndata: {}\n\n${RIGHT}`
    expect(eventsIn(repaired(untyped)).some(({ type }) => type === 'ping')).toBe(true)
    expect(repaired(RIGHT.replaceAll('\n\n', '\n') + '\n')).toBe(RIGHT)
  })

  it('puts the input of a start into a piece, once', () => {
    const whole = ['tool_use toolu_a Bash:{"command":"ls"}', '= tool_use']
    const given = call(0, 'toolu_a', { command: 'ls' })
    expect(answer(start(), given, stop(0), end('tool_use'), LAST)).toEqual(whole)
    const repeated = args(0, '{"command":"ls"}')
    expect(answer(start(), given, repeated, stop(0), end('tool_use'), LAST)).toEqual(whole)
    expect(answer(start(), given, args(0, '{}'), stop(0), end('tool_use'), LAST)).toEqual(whole)
    const encoded = call(0, 'toolu_a', '{"command":"ls"}')
    expect(answer(start(), encoded, stop(0), end('tool_use'), LAST)).toEqual(whole)
  })

  it('puts text, thoughts and their state of a start into pieces', () => {
    const thinking = block(0, { type: 'thinking', thinking: 'hm', signature: 's' })
    const started = block(1, { type: 'text', text: 'He' })
    const blocks = answer(start(), thinking, stop(0), started, text(1, 'llo'), stop(1), end(), LAST)
    expect(blocks).toEqual(['thinking:hm~', 'text:Hello', '= end_turn'])
  })

  it('fills a start without usage with the estimate, which is no usage of the server', () => {
    const inspector = createRepairingInspector(repairParts())
    const out = inspector.push(Buffer.from(wire(start({}), textBlock(0), text(0, 'x'), stop(0))))
    expect(eventsIn(String(out))[0]?.message).toMatchObject({
      id: 'msg_1',
      usage: { input_tokens: 7, output_tokens: 0 },
    })
    expect(inspector.usage()).toBeUndefined()
    inspector.push(
      Buffer.from(wire(end('end_turn', { input_tokens: 123, output_tokens: 20 }), LAST)),
    )
    expect(inspector.usage()).toEqual({ input_tokens: 123, output_tokens: 20 })
    expect(inspector.stopReason()).toBe('end_turn')
  })

  it('has the start, the end and the usage that are missing', () => {
    const stream = repaired(wire(textBlock(0), text(0, 'x'), stop(0), end('end_turn', null)))
    expect(read(stream)).toEqual(['text:x', '= end_turn'])
    expect(eventsIn(stream)[0]?.message).toMatchObject({ id: 'msg_new', model: 'm' })
    expect(eventsIn(stream).at(-2)?.usage).toEqual({ output_tokens: 0 })
    const halfLast = `${wire(start(), textBlock(0), text(0, 'x'), stop(0), end())}event: message_st`
    expect(read(repaired(halfLast))).toEqual(['text:x', '= end_turn'])
  })

  it('tells the content of a start where no events do', () => {
    const given = start({ usage: USAGE, content: [{ type: 'text', text: 'x' }] })
    expect(answer(given, end(), LAST)).toEqual(['text:x', '= end_turn'])
    expect(answer(given, textBlock(0), text(0, 'x'), stop(0), end(), LAST)).toEqual([
      'text:x',
      '= end_turn',
    ])
  })

  it('keeps pieces in a block of their kind', () => {
    const blank = [start(), call(0), args(0, '{}'), text(0, '\n'), stop(0), end('tool_use'), LAST]
    expect(answer(...blank)).toEqual(['tool_use toolu_a Bash:{}', '= tool_use'])
    const events = [start(), call(0), text(0, 'hi'), args(0, '{}'), stop(0), end('tool_use'), LAST]
    expect(answer(...events)).toEqual(['tool_use toolu_a Bash:{}', 'text:hi', '= tool_use'])
    const mixed = [start(), textBlock(0), thought(0, 'hm'), text(0, 'x'), stop(0), end(), LAST]
    expect(answer(...mixed)).toEqual(['text:', 'thinking:hm', 'text:x', '= end_turn'])
    const bare = [start(), thought(0, 'hm'), stop(0), text(1, 'x'), stop(1), end(), LAST]
    expect(answer(...bare)).toEqual(['thinking:hm', 'text:x', '= end_turn'])
  })

  it('numbers blocks whose indexes come again, jump or are missing', () => {
    const one = (at: number, content: string): readonly Loose[] => [
      textBlock(at),
      text(at, content),
      stop(at),
    ]
    const blocks = ['text:a', 'text:b', '= end_turn']
    expect(answer(start(), ...one(0, 'a'), ...one(0, 'b'), end(), LAST)).toEqual(blocks)
    expect(answer(start(), ...one(1, 'a'), ...one(5, 'b'), end(), LAST)).toEqual(blocks)
    const unnumbered = [...one(0, 'a'), ...one(0, 'b')].map(
      ({ type, content_block, delta: piece }) => ({ type, content_block, delta: piece }),
    )
    expect(answer(start(), ...unnumbered, end(), LAST)).toEqual(blocks)
    const unended = [textBlock(0), text(0, 'a'), textBlock(1), text(1, 'b')]
    expect(answer(start(), ...unended, end(), LAST)).toEqual(blocks)
    const twice = [start(), start(), textBlock(0), textBlock(0), text(0, 'a'), stop(0), stop(0)]
    expect(answer(...twice, end(), LAST)).toEqual(['text:a', '= end_turn'])
  })

  it('tells calls that come side by side one after the other', () => {
    const both = [call(0), call(1, 'toolu_b'), args(0, '{"a":'), args(1, '{"b":'), args(0, '1}')]
    const blocks = answer(start(), ...both, args(1, '2}'), stop(0), stop(1), end('tool_use'), LAST)
    expect(blocks).toEqual([
      'tool_use toolu_a Bash:{"a":1}',
      'tool_use toolu_b Bash:{"b":2}',
      '= tool_use',
    ])
  })

  it('gives calls ids of their own where one comes again or is missing', () => {
    const calls = [call(0), stop(0), call(1), stop(1), call(2, ''), stop(2)]
    const stream = wire(start(), ...calls, end('tool_use'), LAST)
    expect(read(repaired(stream))).toEqual([
      'tool_use toolu_a Bash:',
      'tool_use toolu_new1 Bash:',
      'tool_use toolu_new2 Bash:',
      '= tool_use',
    ])
    expect(read(repaired(stream, { takenToolIds: ['toolu_a'] }))[0]).toBe(
      'tool_use toolu_new1 Bash:',
    )
  })

  it('tells the true stop reason, in the words of the API', () => {
    const written = [start(), textBlock(0), text(0, 'x'), stop(0)]
    const called = [start(), call(0), args(0, '{}'), stop(0)]
    expect(answer(...written, end('stop'), LAST).at(-1)).toBe('= end_turn')
    expect(answer(...written, end('length'), LAST).at(-1)).toBe('= max_tokens')
    expect(answer(...written, end('tool_use'), LAST).at(-1)).toBe('= end_turn')
    expect(answer(...called, end('end_turn'), LAST).at(-1)).toBe('= tool_use')
    expect(answer(...called, LAST).at(-1)).toBe('= tool_use')
    expect(answer(...written, end('pause_turn'), LAST).at(-1)).toBe('= pause_turn')
    expect(answer(...written, end(), end(null), LAST).at(-1)).toBe('= end_turn')
  })

  it('keeps content behind its end', () => {
    const late = [start(), end(), textBlock(0), text(0, 'x'), stop(0), LAST]
    expect(answer(...late)).toEqual(['= end_turn', 'text:x', '= end_turn'])
  })

  it('leaves out what is behind the end and what OpenAI’s streams end with', () => {
    const stream = wire(start(), textBlock(0), text(0, 'x'), stop(0), end())
    const done = 'data: [DONE]\n\n'
    expect(repaired(stream + done + wire(LAST) + done + wire(textBlock(1)))).toBe(
      stream + wire(LAST),
    )
  })
})

describe('a stream of a Messages API that cannot be put right', () => {
  const failure = (...events: readonly (Loose | string)[]): unknown => {
    const stream = events.map((one) => (typeof one === 'string' ? one : wire(one))).join('')
    try {
      return repaired(stream)
    } catch (thrown) {
      return (thrown as Error).message
    }
  }
  const opened = [start(), textBlock(0), text(0, 'x')]

  it('ends in an error', () => {
    expect(failure(...opened)).toMatch('before it was complete')
    expect(failure(...opened, LAST)).toMatch('before the end of a block')
    expect(failure(start(), LAST)).toMatch('without content')
    expect(failure(...opened, end('network_error'), LAST)).toMatch('network_error')
    expect(failure(start(), args(0, '{"a":1}'), end(), LAST)).toMatch('did not begin')
    expect(failure(start(), block(0, { type: 'tool_use', id: 'x' }), stop(0))).toMatch(
      'without a name',
    )
    expect(failure(...opened, text(0, 5 as unknown as string))).toMatch('no text')
    expect(failure(...opened, 'data: upstream connect error\n\n')).toMatch('upstream connect error')
    expect(failure(...opened, 'data: {"error":{"message":"too busy"}}\n\n')).toMatch('too busy')
    expect(failure(...opened, 'event: error\ndata: {"detail":"worker died"}\n\n')).toMatch(
      'worker died',
    )
  })

  it.each([
    '{"error":{"message":"worker died"}}',
    '{"error":{"message":"worker died"}}\n\n',
    '{\n  "error": {\n    "message": "worker died"\n  }\n}\n\n',
    'error: {"message":"worker died"}\n\n',
    'event: error\n{"detail":"worker died"}\n',
    '{"object":"error","message":"worker died","code":500}\n',
    '[{"error":{"message":"worker died"}}]\n',
  ])('ends with the words of an error that is no event: %j', (raw) => {
    expect(failure(...opened, raw)).toMatch('worker died')
    expect(failure(raw)).toMatch('worker died')
  })

  it.each([': keep-alive\n\n', 'event: ping\n\n', '{"alive":true}\n\n', 'retry: 500\n\n'])(
    'is not one with %j in it',
    (raw) => {
      expect(repaired(`${wire(...opened)}${raw}${wire(stop(0), end(), LAST)}`)).toContain(
        'end_turn',
      )
    },
  )

  it('gives what came before the fault', () => {
    const inspector = createRepairingInspector(repairParts())
    const due = inspector.push(
      Buffer.from(`${wire(...opened)}data: oh no it broke\n\n${wire(end())}`),
    )
    expect(String(due)).toBe(wire(...opened))
    expect(inspector.isOver()).toBe(true)
    expect(() => inspector.end()).toThrow('oh no it broke')
  })

  it('passes an error as it is', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
    expect(failure(...opened, error)).toBe(wire(...opened, error))
  })
})

describe('any events at all', () => {
  const any = fc.oneof(
    fc.constantFrom(start(), start({}), LAST, { type: 'ping' }),
    fc.constantFrom('end_turn', 'tool_use', null).map((reason) => end(reason)),
    fc
      .tuple(
        fc.nat(2),
        fc.constantFrom(
          textBlock,
          stop,
          (at: number) => call(at),
          (at: number) => call(at, 'b', { a: 1 }),
        ),
      )
      .map(([at, make]) => make(at)),
    fc
      .tuple(
        fc.nat(2),
        fc.constantFrom('x', ' ', '{}', '{"a":1}'),
        fc.constantFrom(text, thought, args),
      )
      .map(([at, content, make]) => make(at, content)),
  )

  it('become an answer in order, or an error, the same however they are cut', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 14 }), fc.nat(400), (events, cut) => {
        const bytes = Buffer.from(wire(...events))
        const outcome = (chunks: readonly Uint8Array[]): string => {
          try {
            return repaired(chunks)
          } catch (thrown) {
            return `! ${(thrown as Error).message}`
          }
        }
        const whole = outcome([bytes])
        if (!whole.startsWith('!')) requireLegal(eventsIn(whole))
        expect(outcome([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(whole)
      }),
      { numRuns: 1_000 },
    )
  })
})
