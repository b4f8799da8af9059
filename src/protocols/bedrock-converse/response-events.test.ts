import { describe, expect, it } from 'vitest'
import { sdkMessage, testWriter } from '../../../test/support/stream.ts'
import type { StreamEvent } from '../../messages/events.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'
import { decoder } from './response.ts'

const TARGET = { provider: 'p', model: 'm' }

/** All hand-written. A decoder that is fed event by event; events without a name come bare. */
function fed() {
  const writer = testWriter()
  const decoding = decoder(writer, TARGET)
  const events: StreamEvent[] = []
  const frame = (event: string, data: unknown) => {
    decoding.push({ event, data: typeof data === 'string' ? data : JSON.stringify(data) })
    events.push(...writer.take())
  }
  const message = () => {
    decoding.end()
    return sdkMessage([...events, ...writer.take()])
  }
  return { decoding, frame, message }
}

type Event = readonly [name: string, payload: unknown]

const delta = (contentBlockIndex: number, fields: object): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: fields },
]
const args = (index: number, input: unknown) => delta(index, { toolUse: { input } })
const thought = (index: number, fields: object) => delta(index, { reasoningContent: fields })
const start = (contentBlockIndex: number, toolUse?: object): Event => [
  'contentBlockStart',
  { contentBlockIndex, start: toolUse && { toolUse } },
]
const stop = (stopReason?: string, more: object = {}): Event => [
  'messageStop',
  { stopReason, ...more },
]
const USAGE: Event = ['metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }]

function read(...events: readonly Event[]) {
  const { frame, message } = fed()
  for (const [name, payload] of events) frame(name, payload)
  return message()
}

const whole = (content: unknown, more: object = {}) => {
  const { frame, message } = fed()
  frame('', { output: { message: { content } }, stopReason: 'end_turn', ...more })
  return message()
}

const calls = async (...events: readonly Event[]) => {
  const { content } = await read(...events, stop('tool_use'), USAGE)
  return content.map((block) =>
    block.type === 'tool_use' ? [block.id, block.name, block.input] : block.type,
  )
}

describe('the frames of a ConverseStream', () => {
  it('are read until both the stop reason and the usage came', () => {
    const { decoding, frame } = fed()
    expect(decoding.isDone()).toBe(false)
    frame(...delta(0, { text: 'Hi' }))
    frame(...stop('end_turn'))
    expect(decoding.isDone()).toBe(false)
    frame(...USAGE)
    expect(decoding.isDone()).toBe(true)
    const other = fed()
    other.frame(...USAGE)
    expect(other.decoding.isDone()).toBe(false)
    other.frame(...stop('end_turn'))
    expect(other.decoding.isDone()).toBe(true)
  })

  it('may count nothing, though they say so', async () => {
    const { decoding, frame, message } = fed()
    frame(...delta(0, { text: 'Hi' }))
    frame(...stop('end_turn'))
    frame('metadata', { metrics: { latencyMs: 1 } })
    expect(decoding.isDone()).toBe(true)
    expect(await message()).toMatchObject({ content: [{ text: 'Hi' }], stop_reason: 'end_turn' })
  })

  it('may hold the end mark of other formats, which ends nothing', () => {
    const { decoding, frame } = fed()
    frame(...delta(0, { text: 'half' }))
    frame('', '[DONE]')
    frame('contentBlockStop', '')
    expect(() => {
      decoding.end()
    }).toThrow(
      expect.objectContaining({
        kind: 'api_error',
        status: 502,
        message: 'p ended its answer before it was complete (no messageStop).',
      }),
    )
  })

  it.each(['7', 'null', 'true', '"["', '['])('that hold no object fail: %j', (data) => {
    for (const name of ['', 'messageStop', 'metadata', 'unknown']) {
      expect(() => {
        fed().frame(name, data)
      }).toThrow(
        expect.objectContaining({
          kind: 'api_error',
          status: 502,
          message: 'p sent a chunk that is not JSON.',
        }),
      )
    }
  })

  it('may hold events under their names, and fields beside them that are none', async () => {
    const { decoding, frame, message } = fed()
    frame('', { contentBlockDelta: { delta: { text: 'Hi' } }, metadata: null, p: 'abc' })
    frame('', { messageStop: { stopReason: 'end_turn' }, metadata: 'none' })
    expect(decoding.isDone()).toBe(false)
    expect((await message()).content).toEqual([{ type: 'text', text: 'Hi' }])
  })

  it('say nothing where a text begins, or of what is not known', async () => {
    const response = await read(
      ['messageStart', { role: 'assistant' }],
      start(0),
      ['contentBlockStart', { contentBlockIndex: 0, start: {} }],
      ['contentBlockDelta', { contentBlockIndex: 0 }],
      delta(0, {}),
      delta(0, { text: 'Hi' }),
      ['something', { delta: { text: 'new' } }],
      stop(),
      USAGE,
    )
    expect(response).toMatchObject({
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
    })
    expect(response.content).toHaveLength(1)
  })

  it('fail with the stop reason of a model that failed', async () => {
    await expect(async () =>
      read(delta(0, { text: 'x' }), stop('malformed_tool_use')),
    ).rejects.toMatchObject({
      kind: 'api_error',
      status: 502,
      message: 'p broke off its answer (stop reason "malformed_tool_use").',
    })
  })

  it.each([
    [{ delta: { stop_sequence: '</s>' } }, '</s>'],
    [{ stop_sequence: '</s>' }, '</s>'],
    [{ delta: null, stop_sequence: '</s>' }, '</s>'],
    [{ delta: {} }, null],
    [{}, null],
    [null, null],
  ])('name the stop sequence in %j: %j', async (additionalModelResponseFields, sequence) => {
    const end = stop('stop_sequence', { additionalModelResponseFields })
    expect(await read(delta(0, { text: 'x' }), end, USAGE)).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: sequence,
    })
  })
})

describe('calls of a ConverseStream', () => {
  it('may have their arguments before their name', async () => {
    expect(
      await calls(args(4, '{"x":'), start(4, { toolUseId: 'a', name: 'A' }), args(4, '1}')),
    ).toEqual([['a', 'A', { x: 1 }]])
  })

  it('may begin twice with the same, which is one call', async () => {
    const same = start(0, { toolUseId: 'a', name: 'A', input: { x: 1 } })
    expect(await calls(same, same)).toEqual([['a', 'A', { x: 1 }]])
    const nameless = start(0, { name: 'A', input: { x: 1 } })
    expect(await calls(nameless, nameless)).toEqual([['toolu_1', 'A', { x: 1 }]])
  })

  it('may come one after the other under one index, each with its pieces', async () => {
    const started = ['a', 'b', 'c'].flatMap((id) => [
      start(0, { toolUseId: id, name: 'A' }),
      args(0, `{"${id}"`),
      args(0, ':1}'),
    ])
    const others = ['d', 'e', 'f'].flatMap((id) => [
      start(1, { toolUseId: id, name: 'A' }),
      args(1, `{"${id}"`),
      args(1, ':1}'),
    ])
    expect(await calls(...started, ...others)).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, 'A', { [id]: 1 }]),
    )
  })

  it('may come one after the other without ids, told apart by their names', async () => {
    expect(
      await calls(
        start(0, { name: 'A', input: { x: 1 } }),
        start(0, { name: 'B', input: { x: 1 } }),
      ),
    ).toEqual([
      ['toolu_1', 'A', { x: 1 }],
      ['toolu_2', 'B', { x: 1 }],
    ])
  })

  it('are none where the server ran them, until a call of the client has their index', async () => {
    expect(
      await calls(
        start(0, { toolUseId: 's', name: 'anything', type: 'server_tool_use' }),
        args(0, '{"q":1}'),
        start(1, { toolUseId: 't', name: 'nova_code_interpreter' }),
        args(1, '{"q":1}'),
        start(2, { toolUseId: 'u', name: 'nova_grounding', type: 'tool_use' }),
        args(2, '{"q":1}'),
        start(0, { toolUseId: 'a', name: 'A', type: 'tool_use' }),
        args(0, '{"x":1}'),
      ),
    ).toEqual([['a', 'A', { x: 1 }]])
  })
})

describe('thoughts of a ConverseStream', () => {
  const payloads = async (...events: readonly Event[]) => {
    const { content } = await read(...events, delta(9, { text: 'so' }), stop('end_turn'), USAGE)
    return content.flatMap((block) =>
      block.type === 'thinking'
        ? [
            [
              block.thinking,
              JSON.parse(decodeSignature(block.signature)?.payload ?? 'null') as unknown,
            ],
          ]
        : [],
    )
  }

  it('are sealed anew behind a text and behind a call', async () => {
    expect(
      await payloads(
        thought(0, { text: 'one', signature: 's1' }),
        start(1, { toolUseId: 'a', name: 'A', input: {} }),
        thought(2, { text: 'two!', signature: 's2' }),
        delta(3, { text: 'Hi' }),
        thought(4, { text: 'three', signature: 's3' }),
      ),
    ).toEqual([
      ['one', [{ text: 3, signature: 's1' }]],
      ['two!', [{ text: 4, signature: 's2' }]],
      ['three', [{ text: 5, signature: 's3' }]],
    ])
  })

  it('may begin at any index, in pieces of text, of signatures and of what is redacted', async () => {
    expect(
      await payloads(
        thought(1, { text: 'o' }),
        thought(1, { text: 'ne' }),
        thought(1, { signature: 's' }),
        thought(1, { signature: '1' }),
        thought(2, { redactedContent: 'AQ==' }),
        thought(2, { redactedContent: 'AgM=' }),
        thought(2, { text: '!' }),
        thought(1, { text: '?' }),
      ),
    ).toEqual([
      [
        'one!?',
        [
          { text: 3, signature: 's1' },
          { text: 1, signature: '' },
          { text: 1, signature: '' },
        ],
      ],
    ])
  })

  it('that are redacted go back as they came, also where their base64 is written otherwise', async () => {
    expect(
      await payloads(
        thought(0, { redactedContent: 'AQI' }),
        thought(1, { redactedContent: '-_8' }),
      ),
    ).toEqual([['', [{ redacted: 'AQI' }, { redacted: '-_8' }]]])
  })
})

describe('a document of Converse', () => {
  it('may hold texts, citations and blocks that say nothing', async () => {
    const content = [
      { text: 'One ' },
      { citationsContent: { content: [{ text: 'two ' }, {}, { text: 'three.' }] } },
      { citationsContent: {} },
      { citationsContent: { content: [{}] } },
      { image: { format: 'png' } },
      {},
    ]
    expect((await whole(content)).content).toEqual([{ type: 'text', text: 'One two three.' }])
    expect((await whole(undefined)).content).toEqual([])
  })

  it('names the stop sequence', async () => {
    const additionalModelResponseFields = { stop_sequence: '</s>' }
    const response = await whole([{ text: 'x' }], {
      stopReason: 'stop_sequence',
      additionalModelResponseFields,
    })
    expect(response).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: '</s>' })
  })
})
