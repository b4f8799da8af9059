import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { awsEvent } from '../../test/support/aws-event-stream.ts'
import {
  chatBytes,
  decodedEvents,
  reads,
  requireLegal,
  sdkMessage,
} from '../../test/support/stream.ts'
import { awsEventFrames } from '../framing/aws-event-stream.ts'
import { sseFrames } from '../framing/sse.ts'
import type { StreamEvent } from '../messages/events.ts'
import { repairMessage } from './anthropic/repair-message.ts'
import { createRepairingInspector } from './anthropic/repair-stream.ts'
import { decoder as converse } from './bedrock-converse/response.ts'
import { decoder as gemini } from './gemini/response.ts'
import { decoder as chat } from './openai-chat/response.ts'
import { decoder as responses } from './openai-responses/response.ts'

/**
 * Calls as servers put them together wrongly, the same on each wire. Hand-written after reports of
 * users of several gateways.
 */

/** A piece of an answer's calls, as a server sends it. */
interface Piece {
  /** Which place of the wire (an index) it comes under. */
  readonly at?: number
  readonly id?: string
  readonly name?: string
  readonly args?: unknown
}

const PARTS = { toolNames: ['Bash', 'BashOutput', 'Read', 'T'] }

type Play = (pieces: readonly Piece[]) => Promise<readonly StreamEvent[]>

const playChat: Play = (pieces) =>
  decodedEvents(
    chat,
    sseFrames(
      reads(
        chatBytes(
          ...pieces.map(({ at = 0, id, name, args }) => ({
            choices: [
              { delta: { tool_calls: [{ index: at, id, function: { name, arguments: args } }] } },
            ],
          })),
          { choices: [{ delta: {}, finish_reason: 'tool_calls' }] },
        ),
      ),
    ),
    PARTS,
  )

const playResponses: Play = (pieces) =>
  decodedEvents(
    responses,
    sseFrames(
      reads(
        chatBytes(
          ...pieces.flatMap(({ at = 0, id, name, args }) => [
            ...(name === undefined
              ? []
              : [
                  {
                    type: 'response.output_item.added',
                    output_index: at,
                    item: { type: 'function_call', id: `fc_${String(at)}`, call_id: id, name },
                  },
                ]),
            ...(typeof args === 'string'
              ? [
                  {
                    type: 'response.function_call_arguments.delta',
                    output_index: at,
                    item_id: `fc_${String(at)}`,
                    delta: args,
                  },
                ]
              : []),
          ]),
          { type: 'response.completed', response: { status: 'completed', output: [] } },
        ),
      ),
    ),
    PARTS,
  )

const playConverse: Play = (pieces) =>
  decodedEvents(
    converse,
    awsEventFrames(
      reads(
        ...pieces.flatMap(({ at = 0, id, name, args }) => [
          ...(name === undefined
            ? []
            : [
                awsEvent('contentBlockStart', {
                  contentBlockIndex: at,
                  start: { toolUse: { toolUseId: id, name } },
                }),
              ]),
          ...(args === undefined
            ? []
            : [
                awsEvent('contentBlockDelta', {
                  contentBlockIndex: at,
                  delta: { toolUse: { input: args } },
                }),
              ]),
        ]),
        awsEvent('messageStop', { stopReason: 'tool_use' }),
      ),
    ),
    PARTS,
  )

const playMessages: Play = async (pieces) => {
  let count = 0
  const inspector = createRepairingInspector({
    provider: 'p',
    model: 'm',
    newMessageId: () => 'msg',
    newToolId: () => `toolu_${String((count += 1))}`,
    takenToolIds: [],
    inputEstimate: 1,
    ...PARTS,
  })
  const places = new Set(pieces.map(({ at = 0 }) => at))
  const events = [
    {
      type: 'message_start',
      message: { id: 'm', type: 'message', role: 'assistant', content: [] },
    },
    ...pieces.flatMap(({ at: index = 0, id, name, args }) => [
      ...(name === undefined
        ? []
        : [
            {
              type: 'content_block_start',
              index,
              content_block: { type: 'tool_use', id, name, input: {} },
            },
          ]),
      ...(typeof args === 'string'
        ? [
            {
              type: 'content_block_delta',
              index,
              delta: { type: 'input_json_delta', partial_json: args },
            },
          ]
        : []),
    ]),
    ...[...places].map((index) => ({ type: 'content_block_stop', index })),
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ]
  const out: Uint8Array[] = []
  for (const event of events) {
    const bytes = inspector.push(
      Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
    )
    if (bytes) out.push(bytes)
  }
  const last = inspector.end()
  if (last) out.push(last)
  const read: StreamEvent[] = []
  for await (const frames of sseFrames(Readable.from(out))) {
    read.push(...frames.map(({ data }) => JSON.parse(data) as StreamEvent))
  }
  requireLegal(read)
  return read
}

/** Each call as `name args`. */
async function calls(play: Play, pieces: readonly Piece[]): Promise<readonly string[]> {
  const { content } = await sdkMessage(await play(pieces))
  const used = content.filter((block) => block.type === 'tool_use')
  expect(new Set(used.map(({ id }) => id)).size).toBe(used.length)
  return used.map(({ name, input }) => `${name} ${JSON.stringify(input)}`)
}

const X1 = '{"x":1}'
const X2 = '{"x":2}'
const first = (args?: string): Piece => ({ id: 'a', name: 'Read', args })

describe.each([
  ['openai-chat', playChat],
  ['openai-responses', playResponses],
  ['bedrock-converse', playConverse],
  ['messages', playMessages],
])('calls of %s', (_, play) => {
  it.each<[string, readonly Piece[], readonly string[]]>([
    ['an empty object before the arguments', [first('{}'), { args: X1 }], [`Read ${X1}`]],
    [
      'an empty object in pieces before arguments in pieces',
      [first('{'), { args: '}' }, { args: '{"x"' }, { args: ':1}' }],
      [`Read ${X1}`],
    ],
    ['an empty object and the arguments in one piece', [first('{}{"x":1}')], [`Read ${X1}`]],
    ['an empty object alone', [first('{}')], ['Read {}']],
    ['an empty object in pieces', [first(' {'), { args: ' } ' }], ['Read {}']],
    ['an empty object twice', [first('{}'), { args: '{}' }], ['Read {}']],
    ['an empty object behind the arguments', [first(X1), { args: '{}' }], [`Read ${X1}`]],
    [
      'empty objects of two calls before their arguments',
      [
        first('{}'),
        { at: 1, id: 'b', name: 'T', args: '{}' },
        { at: 0, args: X1 },
        { at: 1, args: X2 },
      ],
      [`Read ${X1}`, `T ${X2}`],
    ],
    ['another object', [first(X1), { args: X2 }], [`Read ${X1}`, `Read ${X2}`]],
    [
      'another object in pieces',
      [first('{"x"'), { args: ':1}' }, { args: '{"x"' }, { args: ':2}' }],
      [`Read ${X1}`, `Read ${X2}`],
    ],
    [
      'three objects in one piece, cut anywhere',
      [first('{"x":1}{"x"'), { args: ':2} {"x":"}{' }, { args: '\\""}' }],
      [`Read ${X1}`, `Read ${X2}`, 'Read {"x":"}{\\""}'],
    ],
    ['the same object twice', [first(X1), { args: X1 }], [`Read ${X1}`]],
    [
      'the same object once more, written otherwise and in pieces',
      [first('{"x":1,"y":2}'), { args: '{ "y": 2,' }, { args: ' "x": 1 }' }],
      ['Read {"x":1,"y":2}'],
    ],
    [
      'the same object once more, and then another one',
      [first(X1), { args: X1 }, { args: X2 }],
      [`Read ${X1}`, `Read ${X2}`],
    ],
    ['arguments as JSON text of a string', [first(JSON.stringify(X1))], [`Read ${X1}`]],
    [
      'such arguments in pieces',
      [first('"{\\"x'), { args: '\\":1' }, { args: '}"' }],
      [`Read ${X1}`],
    ],
    ['arguments encoded three times', [first(JSON.stringify(JSON.stringify(X1)))], [`Read ${X1}`]],
    [
      'two calls with arguments as JSON text',
      [first(JSON.stringify(X1)), { at: 1, id: 'b', name: 'T', args: JSON.stringify(X2) }],
      [`Read ${X1}`, `T ${X2}`],
    ],
    ['null for no arguments', [first('null')], ['Read {}']],
    ['an empty string as JSON text', [first('""')], ['Read {}']],
    [
      'a name in pieces',
      [{ id: 'a', name: 'Ba' }, { id: 'a', name: 'sh' }, { args: X1 }],
      [`Bash ${X1}`],
    ],
    [
      'a name that is said again, longer',
      [{ id: 'a', name: 'Ba' }, { id: 'a', name: 'Bash' }, { args: X1 }],
      [`Bash ${X1}`],
    ],
    [
      'a name whose beginning is a name',
      [{ id: 'a', name: 'Bash' }, { id: 'a', name: 'Output' }, { args: X1 }],
      [`BashOutput ${X1}`],
    ],
    ['a name without arguments', [{ id: 'a', name: 'Bash' }], ['Bash {}']],
  ])('%s', async (_kind, pieces, expected) => {
    expect(await calls(play, pieces)).toEqual(expected)
  })
})

describe.each([
  ['openai-chat', playChat],
  ['bedrock-converse', playConverse],
  ['messages', playMessages],
])('calls of %s under one index', (_, play) => {
  it.each<[string, readonly Piece[], readonly string[]]>([
    [
      'with another id',
      [first(X1), { id: 'b', name: 'Read', args: X1 }],
      [`Read ${X1}`, `Read ${X1}`],
    ],
    [
      'with another name, whose arguments come later',
      [first(X1), { id: 'a', name: 'T' }, { args: X2 }],
      [`Read ${X1}`, `T ${X2}`],
    ],
  ])('%s', async (_kind, pieces, expected) => {
    expect(await calls(play, pieces)).toEqual(expected)
  })
})

const playGemini = (...functionCalls: readonly object[]): Promise<readonly StreamEvent[]> =>
  decodedEvents(
    gemini,
    sseFrames(
      reads(
        chatBytes(
          ...functionCalls.map((functionCall) => ({
            candidates: [{ content: { parts: [{ functionCall }] } }],
          })),
          { candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] },
        ),
      ),
    ),
    PARTS,
  )

describe('calls of gemini', () => {
  it.each<[string, readonly object[], readonly string[]]>([
    ['a name first, then arguments', [{ name: 'Read' }, { args: { x: 1 } }], [`Read ${X1}`]],
    ['an empty object first', [{ name: 'Read', args: {} }, { args: { x: 1 } }], [`Read ${X1}`]],
    [
      'arguments without a name behind a whole call',
      [{ name: 'Read', args: { x: 1 } }, { args: { x: 2 } }],
      [`Read ${X1}`, `Read ${X2}`],
    ],
    ['arguments as JSON text', [{ name: 'Read', args: X1 }], [`Read ${X1}`]],
    [
      'arguments as JSON text of a string',
      [{ name: 'Read', args: JSON.stringify(X1) }],
      [`Read ${X1}`],
    ],
    [
      'two equal calls',
      [
        { name: 'Read', args: { x: 1 } },
        { name: 'Read', args: { x: 1 } },
      ],
      [`Read ${X1}`, `Read ${X1}`],
    ],
  ])('%s', async (_kind, parts, expected) => {
    expect(await calls(() => playGemini(...parts), [])).toEqual(expected)
  })
})

describe('calls in a document', () => {
  const REPAIR = {
    provider: 'p',
    model: 'm',
    newMessageId: () => 'msg',
    newToolId: () => 'toolu_1',
    takenToolIds: [],
    inputEstimate: 1,
  }
  it.each<[string, unknown, readonly string[]]>([
    ['as JSON text', X1, [X1]],
    ['as JSON text of a string', JSON.stringify(X1), [X1]],
    ['behind an empty object', `{}${X1}`, [X1]],
    ['twice', `${X1}${X1}`, [X1]],
    ['two objects', `${X1}${X2}`, [X1, X2]],
    ['none', '', ['{}']],
    ['null', null, ['{}']],
    ['null as text', 'null', ['{}']],
  ])('arguments %s', async (_kind, received, expected) => {
    const tool_calls = [{ id: 'a', function: { name: 'T', arguments: received } }]
    const document = { choices: [{ message: { tool_calls }, finish_reason: 'tool_calls' }] }
    const playDocument = (): Promise<readonly StreamEvent[]> =>
      decodedEvents(chat, sseFrames(reads(JSON.stringify(document))), PARTS)
    expect(await calls(playDocument, [])).toEqual(expected.map((args) => `T ${args}`))

    const content = [{ type: 'tool_use', id: 'a', name: 'T', input: received }]
    const usage = { input_tokens: 1, output_tokens: 1 }
    const mended = repairMessage({ content, usage, stop_reason: 'tool_use' }, REPAIR)
    const blocks = mended.content as readonly { readonly id: string; readonly input: object }[]
    expect(blocks.map(({ input }) => JSON.stringify(input))).toEqual(expected)
    expect(new Set(blocks.map(({ id }) => id)).size).toBe(blocks.length)
  })
})
