import { describe, expect, it } from 'vitest'
import {
  decodedEvents,
  chatBytes,
  reads,
  sdkMessage,
  TARGET,
} from '../../../test/support/stream.ts'
import { sseFrames } from '../../framing/sse.ts'
import { decodeSignature } from '../../messages/reasoning-signature.ts'
import { decoder } from './response.ts'

/** Hand-written. */
const delta = (fields: object, finish: string | null = null): object => ({
  choices: [{ delta: fields, finish_reason: finish }],
})
const document = (message: object, more: object = {}): object => ({
  object: 'chat.completion',
  choices: [{ message, finish_reason: 'stop', ...more }],
})
const CALL = { index: 0, id: 'a', function: { name: 'T', arguments: '{}' } }
const END = delta({}, 'stop')
const SECRET = { type: 'reasoning.encrypted', data: 'x' }

/** The blocks of an answer, the envelopes of its thoughts open. */
async function blocks(...chunks: readonly unknown[]): Promise<readonly object[]> {
  return blocksOf('m', ...chunks)
}

async function blocksOf(model: string, ...chunks: readonly unknown[]): Promise<readonly object[]> {
  const target = { ...TARGET, model }
  const frames = sseFrames(reads(chatBytes(...chunks)))
  const events = await decodedEvents((writer) => decoder(writer, target), frames)
  const { content } = await sdkMessage(events)
  return content.map((block) => {
    if (block.type === 'text') return text(block.text)
    if (block.type === 'tool_use') return use(block.id, block.name, block.input)
    if (block.type !== 'thinking') return block
    const { provider, model: made, ...state } = decodeSignature(block.signature) ?? {}
    expect([provider, made]).toEqual(['p', model])
    return thought(block.thinking, state)
  })
}

const text = (text: string): object => ({ text })
const thought = (thinking: string, state: object = {}): object => ({ thinking, ...state })
const use = (id = 'a', name = 'T', input: unknown = {}): object => ({ id, name, input })
const CAME = { textField: 'reasoning' }

type Row = [what: string, content: readonly object[], ...chunks: unknown[]]

describe('one choice says', () => {
  it.each<Row>([
    [
      'a text in parts',
      [text('Hello')],
      delta({ content: [{ type: 'text', text: 'Hel' }, { type: 'reference' }] }),
      delta({ content: [{ type: 'text', text: 'lo' }] }),
      END,
    ],
    [
      'thoughts in parts',
      [thought('ABC'), text('Hi')],
      delta({ content: [{ type: 'thinking', thinking: 'A' }] }),
      delta({ content: [{ type: 'thinking', thinking: [{ text: 'B' }, {}, { text: 'C' }] }] }),
      delta({ content: [{ type: 'text', text: 'Hi' }] }),
      END,
    ],
    [
      'both in the parts of a document',
      [thought('A'), text('Hi')],
      document({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'A' }] },
          { type: 'text', text: 'Hi' },
        ],
      }),
    ],
    ['a refusal', [text('No.')], delta({ content: null, refusal: 'No.' }), END],
    ['a refusal in a document', [text('No.')], document({ content: null, refusal: 'No.' })],
    [
      'its only call',
      [use('toolu_1', 'T', { x: 1 })],
      delta({ function_call: { name: 'T', arguments: '{"x":' } }),
      delta({ function_call: { arguments: '1}' } }),
      END,
    ],
    [
      'a call whose name comes behind its id',
      [use('a', 'T', { x: 1 })],
      delta({ tool_calls: [{ index: 0, id: 'a', function: null }] }),
      delta({ tool_calls: [{ index: 0, function: { name: 'T', arguments: '{"x":1}' } }] }),
      END,
    ],
    [
      'a call without arguments',
      [text('Hi'), use()],
      delta({ content: 'Hi' }),
      delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'T' } }] }),
      END,
    ],
    [
      'nothing of an empty call',
      [text('Hi')],
      delta({ content: 'Hi', tool_calls: [{ index: 0 }] }),
      END,
    ],
    [
      'no other calls in a further choice',
      [text('Hi'), use('b', 'U')],
      {
        choices: [
          { delta: { content: 'Hi' } },
          { delta: { content: 'Ho', tool_calls: [{ index: 0, function: {} }] } },
          { message: { tool_calls: [{ id: 'b', function: { name: 'U', arguments: '{}' } }] } },
          {},
        ],
      },
      END,
    ],
  ])('%s', async (_, content, ...chunks) => {
    expect(await blocks(...chunks)).toEqual(content)
  })
})

describe('a message behind the pieces says only what they did not', () => {
  it.each<Row>([
    ['more text', [text('Hello')], delta({ content: 'Hel' }), document({ content: 'Hello' })],
    ['the same text', [text('Hel')], delta({ content: 'Hel' }), document({ content: 'Hel' })],
    ['another text', [text('Hel')], delta({ content: 'Hel' }), document({ content: 'Ho' })],
    ['no text', [text('Hel')], delta({ content: 'Hel' }), document({ content: null })],
    ['no text at all', [use()], delta({ tool_calls: [CALL] }), document({ content: null })],
    [
      'its calls',
      [text('Hi'), use()],
      delta({ content: 'Hi' }),
      document({ content: 'Hi', tool_calls: [CALL] }),
    ],
    [
      'not the calls that came',
      [use()],
      delta({ tool_calls: [CALL] }),
      document({ tool_calls: [{ ...CALL, index: 1, id: 'z' }] }),
    ],
    [
      'more thoughts',
      [thought('hm, so', CAME), text('Hi')],
      delta({ reasoning: 'hm' }),
      document({ reasoning: 'hm, so', content: 'Hi' }),
    ],
    [
      'the same thoughts',
      [thought('hm', CAME), text('Hi')],
      delta({ reasoning: 'hm' }),
      document({ reasoning: 'hm', content: 'Hi' }),
    ],
    [
      'the same thoughts in the other field',
      [thought('hm', { textField: 'reasoning_content' }), text('Hi')],
      delta({ reasoning_content: 'hm' }),
      document({ reasoning_content: 'hm', content: 'Hi' }),
    ],
    [
      'no thoughts behind a text',
      [thought('hm', CAME), text('Hi there')],
      delta({ reasoning: 'hm' }),
      delta({ content: 'Hi' }),
      document({ reasoning: 'hm, so', content: 'Hi there' }),
    ],
    [
      'nothing that stands beside a piece',
      [text('hahaha')],
      { choices: [{ delta: { content: 'ha' }, message: { content: 'ha' } }] },
      { choices: [{ delta: { content: 'haha' }, message: { content: 'haha' } }] },
      END,
    ],
  ])('%s', async (_, content, ...chunks) => {
    expect(await blocks(...chunks)).toEqual(content)
  })
})

describe('state of the reasoning makes no block of its own', () => {
  const found = { citations: ['u'] }
  const sources = '\n\nSources:\n1. [u](u)'
  it.each<Row>([
    [
      'between two pieces of a text',
      [text('Hello')],
      delta({ content: 'Hel' }),
      delta({ reasoning_details: [SECRET] }),
      delta({ content: 'lo' }),
      END,
    ],
    [
      'before the last words behind the finish reason',
      [text('Hello')],
      delta({ content: 'Hel' }),
      delta({ reasoning_details: [SECRET] }, 'stop'),
      delta({ content: 'lo' }),
    ],
    [
      'before the sources',
      [text(`Hi${sources}`)],
      delta({ content: 'Hi' }),
      { ...delta({ reasoning_details: [SECRET] }), ...found },
      '[DONE]',
    ],
    [
      'before the sources where a finish reason came',
      [text(`Hi${sources}`)],
      delta({ content: 'Hi' }),
      { ...delta({ reasoning_details: [SECRET] }, 'stop'), ...found },
      '[DONE]',
    ],
    [
      'between a call and a text',
      [use('a', 'T', { x: 1 }), text('Hi')],
      delta({ tool_calls: [{ ...CALL, function: { name: 'T', arguments: '{' } }] }),
      delta({
        reasoning_opaque: 'x',
        tool_calls: [{ index: 0, function: { arguments: '"x":1}' } }],
      }),
      delta({ content: 'Hi' }),
      END,
    ],
  ])('%s', async (_, content, ...chunks) => {
    expect(await blocks(...chunks)).toEqual(content)
  })
})

describe('thoughts', () => {
  const SIGNED = { payload: 's', stateField: 'extra_content.google' }
  const SIGNED_CALL = { ...CALL, extra_content: { google: { thought_signature: 's' } } }
  const detail = (text: string): object => ({ type: 'reasoning.text', text, index: 0 })
  const state = (...list: readonly object[]): object => ({
    payload: JSON.stringify(list),
    stateField: 'reasoning_details',
  })

  it.each<Row>([
    [
      'that end an answer without a finish reason keep their state',
      [thought('hm', state(detail('hm')))],
      delta({ reasoning_details: [detail('hm')] }),
      '[DONE]',
    ],
    [
      'whose every chunk bears a finish reason keep it whole',
      [thought('A plan', state(detail('A plan'))), text('Hi')],
      delta({ reasoning_details: [detail('A')] }, 'stop'),
      delta({ reasoning_details: [detail(' plan')] }, 'stop'),
      delta({ content: 'Hi' }, 'stop'),
    ],
    [
      'whose pieces begin alike are told whole before a text',
      [thought('hahaha', CAME), text('Hi')],
      delta({ reasoning: 'ha' }),
      delta({ reasoning: 'haha' }),
      delta({ content: 'Hi' }),
      END,
    ],
    [
      'before a call',
      [thought('hahaha', CAME), use()],
      delta({ reasoning: 'ha' }),
      delta({ reasoning: 'haha' }),
      delta({ tool_calls: [CALL] }),
      END,
    ],
    [
      'and at the end',
      [thought('hahaha', CAME)],
      delta({ reasoning: 'ha' }),
      delta({ reasoning: 'haha' }),
      END,
    ],
    [
      'in a list that grows are told once, and go back as they came last',
      [thought('A plan of trips.', state(detail('A plan of trips.'))), text('Hi')],
      delta({ reasoning: '', content: '' }),
      delta({ reasoning_details: [detail('A plan')] }),
      delta({ reasoning_details: [detail('A plan of')] }),
      delta({ reasoning_details: [detail('A plan of trips.')] }),
      delta({ content: 'Hi' }),
      END,
    ],
    [
      'in a list whose second text grows do so too',
      [
        thought(
          'FirstA plan of trips.',
          state(detail('First'), { ...detail('A plan of trips.'), index: 1 }),
        ),
        text('Hi'),
      ],
      delta({ reasoning_details: [detail('First')] }),
      delta({ reasoning_details: [{ ...detail('A plan'), index: 1 }] }),
      delta({ reasoning_details: [{ ...detail('A plan of'), index: 1 }] }),
      delta({ reasoning_details: [{ ...detail('A plan of trips.'), index: 1 }] }),
      delta({ content: 'Hi' }),
      END,
    ],
    [
      'beside a list keep the list in pieces though another text grows',
      [thought('A plan of trips.', { ...CAME, ...state(detail('A plan')) }), text('Hi')],
      delta({ reasoning: 'A plan', reasoning_details: [detail('A')] }),
      delta({ reasoning: 'A plan of', reasoning_details: [detail(' pl')] }),
      delta({ reasoning: 'A plan of trips.', reasoning_details: [detail('an')] }),
      delta({ content: 'Hi' }),
      END,
    ],
    [
      'have their state once',
      [thought('hm', { ...CAME, payload: 'x', stateField: 'reasoning_opaque' }), text('Hi'), use()],
      delta({ reasoning: 'hm', reasoning_opaque: 'x' }),
      delta({ content: 'Hi' }),
      delta({ tool_calls: [CALL] }),
      END,
    ],
    [
      'have that of a call behind all their text',
      [thought('hahaha', { ...CAME, ...SIGNED }), use()],
      delta({ reasoning: 'ha' }),
      delta({ reasoning: 'haha' }),
      delta({ tool_calls: [SIGNED_CALL] }),
      END,
    ],
    [
      'that ended before a text have nothing of a call behind it',
      [thought('hm', CAME), text('Hi'), thought('', SIGNED), use()],
      delta({ reasoning: 'hm' }),
      delta({ content: 'Hi' }),
      delta({ tool_calls: [SIGNED_CALL] }),
      END,
    ],
    [
      'have it in a block before the call that it came with',
      [text('Hi'), thought('', SIGNED), use(), use('b', 'U')],
      delta({ content: 'Hi' }),
      delta({
        tool_calls: [
          SIGNED_CALL,
          { ...CALL, index: 1, id: 'b', function: { name: 'U', arguments: '{}' } },
        ],
      }),
      END,
    ],
  ])('%s', async (_, content, ...chunks) => {
    expect(await blocks(...chunks)).toEqual(content)
  })

  it('between tags are told apart from a text though every chunk bears a finish reason', async () => {
    const content = await blocksOf(
      'qwq-32b',
      delta({ content: '' }, 'stop'),
      delta({ content: '<think>hm' }, 'stop'),
      delta({ content: ', so</thi' }, 'stop'),
      delta({ content: 'nk>Hi' }, 'stop'),
      delta({ content: ' <' }, 'stop'),
    )
    expect(content).toEqual([thought('hm, so', { textField: 'content' }), text('Hi <')])
  })

  it('between tags are told apart from the same text later', async () => {
    const content = await blocksOf(
      'qwq-32b',
      delta({ content: '<think>hm' }),
      delta({ content: '</think>Hi, ' }),
      delta({ content: '<think>' }),
      END,
    )
    expect(content).toEqual([thought('hm', { textField: 'content' }), text('Hi, <think>')])
  })
})
