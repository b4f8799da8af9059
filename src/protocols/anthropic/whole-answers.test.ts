import { describe, expect, it } from 'vitest'
import { repairParts } from '../../../test/support/repair.ts'
import type { Frame } from '../../messages/events.ts'
import type { Block } from '../../messages/request.ts'
import { invokeStreamToSse, messageToEvents } from './response.ts'
import { repairMessage } from './repair-message.ts'

/** Whole answers of Messages APIs, hand-written. */

const USAGE = { input_tokens: 11, output_tokens: 3, cache_read_input_tokens: 2 }
const TEXT = { type: 'text', text: 'Hello' }
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } }

interface Event {
  readonly type: string
  readonly index?: number
  readonly message?: object
  readonly content_block?: object
  readonly delta?: object
  readonly usage?: object
}

function eventsIn(stream: string | undefined): readonly Event[] {
  return (stream ?? '')
    .split('\n\n')
    .filter(Boolean)
    .map((frame) => {
      const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? []
      const event = JSON.parse(data) as Event
      expect(event.type).toBe(name)
      return event
    })
}

const message = (content: unknown, more: object = {}): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content,
  stop_reason: 'end_turn',
  usage: USAGE,
  ...more,
})

describe('a whole message, told as the stream that was asked for', () => {
  it('begins with everything but its content and its end', () => {
    const [start] = eventsIn(messageToEvents(message([TEXT], { container: 'c' })))
    expect(start).toEqual({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        container: 'c',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: USAGE,
      },
    })
  })

  it('ends with its reason, its stop sequence and its usage', () => {
    const ending = (more: object) => eventsIn(messageToEvents(message([TEXT], more))).slice(-2)
    expect(ending({})).toEqual([
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: USAGE,
      },
      { type: 'message_stop' },
    ])
    const sequence = { stop_reason: 'stop_sequence', stop_sequence: 'END' }
    expect(ending(sequence)[0]?.delta).toEqual(sequence)
  })

  it.each<readonly [string, Block, object, readonly object[]]>([
    ['text', TEXT, { type: 'text', text: '' }, [{ type: 'text_delta', text: 'Hello' }]],
    [
      'text with citations',
      { ...TEXT, citations: [{ cited_text: 'x' }] },
      { type: 'text', text: '', citations: [{ cited_text: 'x' }] },
      [{ type: 'text_delta', text: 'Hello' }],
    ],
    [
      'thoughts',
      { type: 'thinking', thinking: 'Hm', signature: 'sig' },
      { type: 'thinking', thinking: '', signature: '' },
      [
        { type: 'thinking_delta', thinking: 'Hm' },
        { type: 'signature_delta', signature: 'sig' },
      ],
    ],
    [
      'thoughts without a signature',
      { type: 'thinking', thinking: 'Hm' },
      { type: 'thinking', thinking: '', signature: '' },
      [
        { type: 'thinking_delta', thinking: 'Hm' },
        { type: 'signature_delta', signature: '' },
      ],
    ],
    [
      'a call',
      CALL,
      { ...CALL, input: {} },
      [{ type: 'input_json_delta', partial_json: '{"command":"ls"}' }],
    ],
    [
      'a call without input',
      { type: 'tool_use', id: 'toolu_1', name: 'List' },
      { type: 'tool_use', id: 'toolu_1', name: 'List', input: {} },
      [{ type: 'input_json_delta', partial_json: '{}' }],
    ],
    [
      'a call that the server ran',
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
      [{ type: 'input_json_delta', partial_json: '{"query":"x"}' }],
    ],
    [
      'its result, whole',
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
      { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
      [],
    ],
    [
      'redacted thoughts, whole',
      { type: 'redacted_thinking', data: 'abc' },
      { type: 'redacted_thinking', data: 'abc' },
      [],
    ],
  ])('has %s as the client reads it', (_, block, started, deltas) => {
    const inner = eventsIn(messageToEvents(message([TEXT, block]))).slice(4, -2)
    expect(inner).toEqual([
      { type: 'content_block_start', index: 1, content_block: started },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index: 1, delta })),
      { type: 'content_block_stop', index: 1 },
    ])
  })

  it.each([
    undefined,
    null,
    'message',
    {},
    { type: 'error', error: { message: 'x' }, content: [TEXT] },
    message(undefined),
    message('Hello'),
    message([{ text: 'without a type' }]),
  ])('is nothing for what is no message: %j', (document) => {
    expect(messageToEvents(document)).toBeUndefined()
  })
})

describe('a whole message of another maker', () => {
  it.each([
    ['a right answer', { content: [TEXT], stop_reason: 'end_turn', usage: USAGE }],
    ['a right call', { content: [TEXT, CALL], stop_reason: 'tool_use', usage: USAGE }],
    ['content that is text', { content: 'Hello', stop_reason: 'stop' }],
    ['no content', { stop_reason: 'stop' }],
  ])('is left as it is: %s', (_, document) => {
    expect(repairMessage(document, repairParts())).toBe(document)
  })

  it('gets the true stop reason, and keeps everything else', () => {
    const reason = (content: readonly object[], given: string): unknown =>
      repairMessage({ content, stop_reason: given, usage: USAGE }, repairParts()).stop_reason
    expect(reason([TEXT], 'stop')).toBe('end_turn')
    expect(reason([TEXT], 'tool_use')).toBe('end_turn')
    expect(reason([CALL], 'end_turn')).toBe('tool_use')
    expect(reason([TEXT], 'length')).toBe('max_tokens')
    const document = { content: [TEXT], stop_reason: 'stop', usage: USAGE, id: 'x', more: 1 }
    expect(repairMessage(document, repairParts())).toEqual({
      ...document,
      stop_reason: 'end_turn',
    })
  })

  it('gets the estimate where its prompt is not counted', () => {
    const counted = (usage: object | null) =>
      repairMessage({ content: [TEXT], stop_reason: 'end_turn', usage }, repairParts()).usage
    expect(counted(null)).toEqual({ input_tokens: 7, output_tokens: 0 })
    expect(counted({ output_tokens: 4 })).toEqual({ input_tokens: 7, output_tokens: 4 })
    expect(counted(USAGE)).toBe(USAGE)
  })

  it('gives calls ids that no other call has', () => {
    const ids = (content: readonly object[], taken: readonly string[] = []) =>
      (
        repairMessage(
          { content, stop_reason: 'tool_use', usage: USAGE },
          repairParts({ takenToolIds: taken }),
        ).content as readonly { readonly id: unknown }[]
      ).map(({ id }) => id)
    expect(ids([CALL, CALL])).toEqual(['toolu_1', 'toolu_new1'])
    expect(ids([CALL], ['toolu_1'])).toEqual(['toolu_new1'])
    const twice = '{"command":"ls"}{"command":"pwd"}'
    expect(ids([{ ...CALL, input: twice }])).toEqual(['toolu_1', 'toolu_new1'])
    expect(ids([{ ...CALL, id: 5 }])).toEqual(['toolu_new1'])
  })

  it.each([
    ['text', '{"command":"ls"}', { command: 'ls' }],
    ['nothing', undefined, {}],
    ['null', null, {}],
    ['a list', [1], { raw: '[1]' }],
  ])('makes an object of an input that is %s', (_, input, expected) => {
    const document = { content: [{ ...CALL, input }], stop_reason: 'tool_use', usage: USAGE }
    expect(repairMessage(document, repairParts()).content).toEqual([{ ...CALL, input: expected }])
  })

  it.each([
    [{ content: [{ ...CALL, name: '' }], stop_reason: 'tool_use' }, 'a tool call without a name'],
    [{ content: [{ ...CALL, name: 5 }], stop_reason: 'tool_use' }, 'a tool call without a name'],
    [{ content: [TEXT], stop_reason: 'network_error' }, 'stop reason "network_error"'],
  ])('that cannot be put right fails with who sent it: %j', (document, words) => {
    expect(() => repairMessage(document, repairParts())).toThrow(
      expect.objectContaining({
        kind: 'api_error',
        status: 502,
        message: expect.stringMatching(new RegExp(`^p .*${words}`)) as string,
      }) as Error,
    )
  })
})

describe('an answer of Bedrock’s Invoke', () => {
  const chunk = (event: object, name = 'chunk'): Frame => ({
    event: name,
    data: JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64') }),
  })

  async function read(...batches: readonly (readonly Frame[])[]): Promise<readonly string[]> {
    async function* all() {
      await Promise.resolve()
      yield* batches
    }
    const out: string[] = []
    for await (const bytes of invokeStreamToSse(all(), 'aws'))
      out.push(Buffer.from(bytes).toString())
    return out
  }

  it('is an event stream, one piece for each read that has any', async () => {
    const start = { type: 'message_start', message: { id: 'ü' } }
    const stop = { type: 'message_stop' }
    const out = await read(
      [chunk(start), chunk({ type: 'ping' })],
      [],
      [{ event: 'other', data: '{"metrics":1}' }],
      [chunk({ nothing: 1 }), { event: 'chunk', data: 'null' }],
      [chunk(stop)],
    )
    expect(out).toEqual([
      `event: message_start\ndata: ${JSON.stringify(start)}\n\nevent: ping\ndata: {"type":"ping"}\n\n`,
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ])
  })

  it('fails with the words of an exception, and for what is not JSON', async () => {
    const exception = { type: 'throttlingException', message: 'Too many tokens, please wait.' }
    await expect(
      read([{ event: 'exception', data: JSON.stringify(exception) }]),
    ).rejects.toMatchObject({ message: expect.stringContaining('Too many tokens') as string })
    const wrong = { kind: 'api_error', status: 502 }
    await expect(read([{ event: 'chunk', data: '{' }])).rejects.toMatchObject(wrong)
    const half = { bytes: Buffer.from('{"type":').toString('base64') }
    await expect(read([{ event: 'chunk', data: JSON.stringify(half) }])).rejects.toMatchObject(
      wrong,
    )
  })
})
