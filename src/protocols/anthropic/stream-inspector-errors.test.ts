/** What a inspector leaves as it is to the byte, what it stars, and what it says of an answer that fails. */
import { describe, expect, it } from 'vitest'
import { createRepairingInspector } from './repair-stream.ts'
import {
  boundary,
  createStreamInspector,
  requireEnd,
  type StreamInspector,
} from './stream-inspector.ts'

const SECRET = 'my-secret-0123'
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"i","model":"theirs","content":[],"usage":{"input_tokens":5}}}\n\n'
const BLOCK =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'

const repaired = (model = 'm'): StreamInspector =>
  createRepairingInspector(
    {
      provider: 'p',
      model,
      newMessageId: () => 'msg',
      newToolId: () => 'tool',
      takenToolIds: [],
      inputEstimate: 7,
    },
    [SECRET],
  )

const given = (inspector: StreamInspector, ...chunks: readonly string[]): readonly string[] =>
  chunks.map((chunk) => Buffer.from(inspector.push(Buffer.from(chunk)) ?? []).toString())

describe('secrets of a stream', () => {
  it.each([
    [
      'an error by its type',
      'data: {"type":"error","message":"KEY"}\n\n',
      'data: {"type":"error","message":"***"}\n\n',
    ],
    [
      'an error by its type, with blanks',
      'data: {"type": "error", "message": "KEY"}\n\n',
      'data: {"type":"error","message":"***"}\n\n',
    ],
    [
      'an error by its name',
      'event: error\ndata: {"message":"KEY"}\n\n',
      'event: error\ndata: {"message":"***"}\n\n',
    ],
    [
      'an error by its name, without a blank',
      'event:error\ndata:{"message":"KEY"}\n\n',
      'event:error\ndata: {"message":"***"}\n\n',
    ],
    ['an error in words', 'event: error\ndata: no KEY\n\n', 'event: error\ndata: no ***\n\n'],
    [
      'an error that is text',
      'event: error\ndata: "no KEY"\n\n',
      'event: error\ndata: "no ***"\n\n',
    ],
    ['an error that is null', 'event: error\ndata: null\n\n', 'event: error\ndata: null\n\n'],
    [
      'a comment beside an error',
      ': KEY\nevent: error\ndata: no KEY\nid: KEY\n\n',
      ': KEY\nevent: error\ndata: no ***\nid: KEY\n\n',
    ],
    [
      'the event behind an error',
      'event: error\ndata: no KEY\n\nevent: ping\ndata: {"type":"ping","said":"KEY"}\n\n',
      'event: error\ndata: no ***\n\nevent: ping\ndata: {"type":"ping","said":"KEY"}\n\n',
    ],
    [
      'the event before an error',
      'data: {"type":"ping","said":"KEY"}\n\nevent: error\ndata: no KEY\n\n',
      'data: {"type":"ping","said":"KEY"}\n\nevent: error\ndata: no ***\n\n',
    ],
    [
      'a text that speaks of errors',
      'data: {"type":"ping","said":["error","KEY"]}\n\n',
      'data: {"type":"ping","said":["error","KEY"]}\n\n',
    ],
    ['a broken text that speaks of errors', 'data: "error" KEY\n\n', 'data: "error" ***\n\n'],
    [
      'an error without any',
      'event: error\ndata: { "message": "no" }\n\n',
      'event: error\ndata: { "message": "no" }\n\n',
    ],
    [
      'an error whose lines end in their own way',
      'event: error\r\ndata: no KEY\r\r',
      'event: error\r\ndata: no ***\r\r',
    ],
    [
      'an error whose lines end in carriage returns',
      'event: error\rdata: {"message":"KEY"}\r\r',
      'event: error\rdata: {"message":"***"}\r\r',
    ],
    [
      'no error',
      'data: {"type":"ping","said":"KEY"}\n\n',
      'data: {"type":"ping","said":"KEY"}\n\n',
    ],
  ])('are starred in errors alone: %s', (_, sent, expected) => {
    const inspector = createStreamInspector('p', [SECRET])
    const chunks = [START + BLOCK, sent].map((chunk) => chunk.replaceAll('KEY', SECRET))
    expect(given(inspector, ...chunks)).toEqual([START + BLOCK, expected.replaceAll('KEY', SECRET)])
  })

  it('are not looked for where there are none', () => {
    const odd = Buffer.concat([
      Buffer.from('event: error\ndata: "'),
      Buffer.from([0xff]),
      Buffer.from('"\n\n'),
    ])
    const inspector = createStreamInspector('p')
    inspector.push(Buffer.from(START + BLOCK))
    expect(Buffer.from(inspector.push(odd) ?? []).equals(odd)).toBe(true)
    const other = createStreamInspector('p', [SECRET])
    other.push(Buffer.from(START + BLOCK))
    const right = Buffer.concat([Buffer.from('data: "'), Buffer.from([0xff]), Buffer.from('"\n\n')])
    expect(Buffer.from(other.push(right) ?? []).equals(right)).toBe(true)
  })

  it.each([
    ['event: error\ndata: {"detail":"no KEY"}\n\n', 'p: no ***'],
    ['data: {"error":{"message":"no KEY"}}\n\n', 'p: no ***'],
    ['{"error":{"message":"no KEY"}}\n\n', 'p: no ***'],
    ['data: no KEY here\n\n', 'p: no *** here'],
    ['data: worker\ndata: died\n\n', 'p: worker\n died'],
    ['{"error":{"message":"an error: it died"}}\n\n', 'p: an error: it died'],
  ])('are starred in an error of another maker: %j', (sent, message) => {
    const inspector = repaired()
    given(inspector, START + BLOCK, sent.replaceAll('KEY', SECRET))
    expect(() => inspector.end()).toThrow(expect.objectContaining({ message }) as Error)
  })
})

describe('the model that was asked for', () => {
  const named = START.replace('theirs', 'mine')
  it.each([
    ['in one piece', [START + BLOCK, STOP], [named + BLOCK, STOP]],
    [
      'behind a ping',
      ['data: {"type":"ping"}\n\n', START, BLOCK],
      ['', '', `data: {"type":"ping"}\n\n${named}${BLOCK}`],
    ],
    ['once', [START + BLOCK, START], [named + BLOCK, START]],
    [
      'behind carriage returns',
      [(START + BLOCK).replaceAll('\n', '\r')],
      [(named + BLOCK).replaceAll('\n', '\r')],
    ],
    [
      'behind both',
      [(START + BLOCK).replaceAll('\n', '\r\n')],
      [(named + BLOCK).replaceAll('\n', '\r\n')],
    ],
    ['not where there is no start', [BLOCK, STOP], [BLOCK, STOP]],
    [
      'not where the start names none',
      [START.replace('"model":"theirs",', '') + BLOCK],
      [START.replace('"model":"theirs",', '') + BLOCK],
    ],
    [
      'not where the start is no event',
      ['data: "message_start"\n\n', BLOCK],
      ['data: "message_start"\n\n', BLOCK],
    ],
    ['in the start, not in the block before it', [BLOCK + START + BLOCK], [BLOCK + named + BLOCK]],
  ])('is named %s', (_, sent, expected) => {
    expect(given(createStreamInspector('p', [], 'mine'), ...sent)).toEqual(expected)
  })

  it('is that of the answer where none was asked for', () => {
    expect(given(createStreamInspector('p'), START + BLOCK)).toEqual([START + BLOCK])
  })
})

describe('what is told of an answer', () => {
  it.each([
    ['its start', START + BLOCK, { input_tokens: 5 }, undefined],
    [
      'its end',
      `${BLOCK}data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":3}}\n\n`,
      { output_tokens: 3 },
      'max_tokens',
    ],
    [
      'both',
      `${START}${BLOCK}data: {"delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":3}}\n\n`,
      { input_tokens: 5, output_tokens: 3 },
      'max_tokens',
    ],
    [
      'an end without a reason',
      `${BLOCK}data: {"delta":{"stop_reason":null},"usage":{"output_tokens":3}}\n\n`,
      { output_tokens: 3 },
      undefined,
    ],
    [
      'a null where usage belongs',
      `${START}${BLOCK}data: {"usage":null,"delta":{"stop_reason":"refusal"}}\n\n`,
      { input_tokens: 5 },
      'refusal',
    ],
    [
      'nulls',
      `${BLOCK}data: {"message":null,"delta":null,"a":"usage"}\n\ndata: {"x":{"usage":1}}\n\ndata: null "usage"\n\ndata: ["usage"]\n\n`,
      undefined,
      undefined,
    ],
    [
      'a comment that is none',
      `${BLOCK}: {"usage":{"output_tokens":3}}\nid: 1 {"usage":{"output_tokens":3}}\n\n`,
      undefined,
      undefined,
    ],
  ])('is in %s', (_, sent, usage, reason) => {
    const inspector = createStreamInspector('p')
    inspector.push(Buffer.from(sent))
    expect([inspector.usage(), inspector.stopReason()]).toEqual([usage, reason])
  })

  it('is known of an answer that has not begun, and lasts', () => {
    const inspector = createStreamInspector('p')
    expect(inspector.usage()).toBeUndefined()
    inspector.push(Buffer.from(START))
    expect(inspector.usage()).toEqual({ input_tokens: 5 })
    inspector.push(Buffer.from(BLOCK))
    inspector.push(Buffer.from(BLOCK.slice(0, 30)))
    expect(inspector.usage()).toEqual({ input_tokens: 5 })
    const half = createStreamInspector('p')
    half.push(Buffer.from(START + BLOCK + START.replace('5', '6').slice(0, -1)))
    expect(half.usage()).toEqual({ input_tokens: 5 })
  })
})

describe('the end of a stream', () => {
  const CUT = {
    kind: 'api_error',
    status: 502,
    message: 'p ended its answer before it was complete (no message_stop).',
  }
  it.each([
    ['without its last event', BLOCK],
    ['behind a word that is none of its events', `${BLOCK}id: {"type":"message_stop"}\n\n`],
    [
      'behind a block in which an error is',
      `data: {"type":"content_block_start","content_block":{"content":[{"type":"error"}]}}\n\n`,
    ],
    ['in its last event', `${BLOCK}data: {"type":"message_stop"`],
    ['with an event that only speaks of its last', `${BLOCK}data: {"a":{"type":"message_stop"}}`],
    ['with null', `${BLOCK}data: null`],
  ])('is a failure %s', (_, sent) => {
    const inspector = createStreamInspector('p')
    inspector.push(Buffer.from(sent))
    expect(() => inspector.end()).toThrow(expect.objectContaining(CUT) as Error)
  })

  it('may be the first that there is of an answer', () => {
    const inspector = createStreamInspector('p', [SECRET], 'mine')
    expect(given(inspector, START, STOP.trimEnd())).toEqual(['', ''])
    expect(String(inspector.end())).toBe(START.replace('theirs', 'mine') + STOP)
    expect(inspector.usage()).toEqual({ input_tokens: 5 })
    const failed = createStreamInspector('p', [SECRET])
    given(failed, `data: {"type":"error","error":{"type":"api_error","message":"no ${SECRET}"}}`)
    expect(() => failed.end()).toThrow(expect.objectContaining({ message: 'p: no ***' }) as Error)
  })

  it('begins with what is null or no event, rather than never', () => {
    const sent = ['data: null\n\n', 'data: x\n\n', 'data: 5\n\n']
    expect(sent.map((one) => given(createStreamInspector('p'), one))).toEqual(
      sent.map((one) => [one]),
    )
    expect(given(createStreamInspector('p'), ': hello\nid: 1\n\n')).toEqual([''])
  })
})

it('an event may have sixteen megabytes, and not a byte more', () => {
  const most = Buffer.alloc(16 * 1024 * 1024)
  requireEnd(most, 'p')
  expect(() => {
    requireEnd(Buffer.alloc(most.length + 1), 'p')
  }).toThrow(
    expect.objectContaining({
      kind: 'api_error',
      status: 502,
      message: 'p sent an event without an end.',
    }) as Error,
  )
})

it('what was searched for a blank line is not searched again', () => {
  expect([0, 2, 3].map((searched) => boundary(Buffer.from('\n\na'), searched))).toEqual([2, 0, 0])
  expect(boundary(Buffer.from('\n'), 0)).toBe(0)
})

describe('a right stream of another maker', () => {
  const piece = (text: string, gap = ''): string =>
    `event: content_block_delta\ndata: {"type":${gap}"content_block_delta","index":${gap}0,"delta":{"type":"text_delta","text":"${text}"}}\n\n`
  const right = START.replace('theirs', 'm') + BLOCK
  it.each([
    ['pieces alike', piece('a') + piece('b') + piece('')],
    ['pieces with blanks', piece('a', ' ') + piece('b', ' ')],
    [
      'a ping between its pieces',
      `${piece('a')}: hello\n\n${piece('b')}event: ping\ndata: {"type": "ping"}\n\n${piece('c')}`,
    ],
    ['a piece with more in it', piece('a') + piece('b').replace('"}}', '","more":1}}')],
    ['a piece in two lines', `${piece('a')}${piece('b').replace('"}}\n', '"}}\nid: 1\n')}`],
    ['a piece whose text looks like its end', piece('a') + piece('\\"}}') + piece('b')],
  ])('passes to the byte at once: %s', (_, more) => {
    expect(given(repaired(), right, more)).toEqual([right, more])
  })

  it.each([
    ['of another block', piece('b').replace('"index":0', '"index":4'), piece('b')],
    ['without a name', piece('b').replace(/^event.*\n/, ''), piece('b')],
  ])('has a piece put right behind right ones: %s', (_, sent, expected) => {
    expect(given(repaired(), right + piece('a'), sent + piece('c'))).toEqual([
      right + piece('a'),
      expected + piece('c'),
    ])
  })

  it.each([
    ['that breaks off', piece('b').replace('"}}', '"}')],
    ['with words behind it', piece('b').replace('"}}\n', '"}}\ndata: x\n')],
  ])('has a broken piece noticed behind right ones: %s', (_, sent) => {
    const inspector = repaired()
    expect(given(inspector, right + piece('a') + piece('b') + sent + piece('c'))).toEqual([
      right + piece('a') + piece('b'),
    ])
    expect(() => inspector.end()).toThrow('p sent a chunk that is not JSON.')
  })

  it('has what is right beside what is not as it came', () => {
    const odd = '{"type": "content_block_stop", "index": 0}'
    const spaced = `event: content_block_stop\ndata: ${odd}\n\n`
    const open = right + piece('a')
    const ping = 'event: ping\ndata: {"type": "ping"}\n\n'
    expect(given(repaired(), `data: ${odd}\n\n`)).toEqual([''])
    expect(given(repaired(), open + `data: ${odd}\n\n` + ping)).toEqual([
      `${open}event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n${ping}`,
    ])
    expect(given(repaired(), open + spaced + ping)).toEqual([open + spaced + ping])
    expect(given(repaired(), piece('a').replace('"type":', '"type": '))).toEqual([
      `event: message_start\ndata: {"type":"message_start","message":{"type":"message","role":"assistant","stop_sequence":null,"model":"m","id":"msg","content":[],"stop_reason":null,"usage":{"input_tokens":7,"output_tokens":0}}}\n\n${BLOCK}${piece('a').replace('"type":', '"type": ')}`,
    ])
  })

  it('has the events that wait told as they came', () => {
    const start = (index: number, id: string): string =>
      `event: content_block_start\ndata: {"type": "content_block_start", "index": ${String(index)}, "content_block": {"type": "tool_use", "id": "${id}", "name": "Bash", "input": {}}}\n\n`
    const args = (index: number, text: string): string =>
      `event: content_block_delta\ndata: {"type": "content_block_delta", "index": ${String(index)}, "delta": {"type": "input_json_delta", "partial_json": "${text}"}}\n\n`
    const stop = (index: number): string =>
      `event: content_block_stop\ndata: {"type": "content_block_stop", "index": ${String(index)}}\n\n`
    const sent = [start(0, 'a'), start(1, 'b'), args(1, '{}'), args(0, '{'), args(0, '}'), stop(0)]
    const head = START.replace('theirs', 'm')
    const expected = [
      head + start(0, 'a'),
      '',
      '',
      args(0, '{'),
      '',
      args(0, '}') + stop(0) + start(1, 'b'),
    ]
    expect(given(repaired(), head + String(sent[0]), ...sent.slice(1))).toEqual(expected)
  })
})
