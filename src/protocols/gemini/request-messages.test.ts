import { describe, expect, it } from 'vitest'
import { geminiBody as encoded, NEWER, OLDER } from '../../../test/support/gemini.ts'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { Message } from '../../messages/request.ts'
import type { GeminiQuirks } from './types.ts'

function contents(messages: readonly Message[], model = OLDER, quirks: Partial<GeminiQuirks> = {}) {
  return encoded({ messages }, model, quirks).contents
}

const use = (id: string, name = 'T', input: unknown = {}) => ({ type: 'tool_use', id, name, input })
const result = (id: string, content: unknown = 'ok', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
})
const text = (text: string) => ({ type: 'text', text })
const file = (type: string, media_type: string) => ({
  type,
  source: { type: 'base64', media_type, data: 'AAAA' },
})
const thought = (payload: string, tool?: string, model = NEWER, provider = 'p') => ({
  type: 'thinking',
  thinking: '',
  signature: encodeSignature({ provider, model, payload, ...(tool === undefined ? {} : { tool }) }),
})
const question = { role: 'user', content: 'q' }

describe('a conversation with Gemini', () => {
  it('alternates user and model, system messages as reminders where they stand', () => {
    expect(
      contents([
        { role: 'user', content: 'a' },
        { role: 'system', content: 'cwd: /x' },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
        { role: 'assistant', content: [text('d')] },
        { role: 'user', content: 'e' },
      ]),
    ).toEqual([
      {
        role: 'user',
        parts: [
          { text: 'a' },
          { text: '<system-reminder>\ncwd: /x\n</system-reminder>' },
          { text: 'b' },
        ],
      },
      { role: 'model', parts: [{ text: 'c' }, { text: 'd' }] },
      { role: 'user', parts: [{ text: 'e' }] },
    ])
  })

  it('begins with the user, as a call must follow a turn of his', () => {
    const messages = [
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [result('a')] },
    ]
    expect(contents(messages).map(({ role }) => role)).toEqual(['user', 'model', 'user'])
  })

  it('answers each call once, in the order of the calls, before all else of the turn', () => {
    const messages = [
      question,
      { role: 'assistant', content: [text('x'), use('a', 'A', { n: 1 }), use('b', 'B'), use('c')] },
      { role: 'user', content: [text('also'), result('b', 'B'), result('a', 'A')] },
    ]
    expect(contents(messages).slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'x' },
          { functionCall: { id: 'a', name: 'A', args: { n: 1 } } },
          { functionCall: { id: 'b', name: 'B', args: {} } },
          { functionCall: { id: 'c', name: 'T', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'A', response: { output: 'A' } } },
          { functionResponse: { id: 'b', name: 'B', response: { output: 'B' } } },
          {
            functionResponse: {
              id: 'c',
              name: 'T',
              response: { output: '[no result: interrupted]' },
            },
          },
          { text: 'also' },
        ],
      },
    ])
    expect(JSON.stringify(contents(messages, OLDER, { ids: false }))).not.toContain('"id"')
  })

  it('marks errors, and shows loaded tools as text', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('a'), use('b')] },
      {
        role: 'user',
        content: [
          result('a', 'no such file', { is_error: true }),
          result('b', [{ type: 'tool_reference', tool_name: 'WebFetch' }]),
        ],
      },
    ]
    expect(contents(messages)[2]?.parts).toMatchObject([
      { functionResponse: { response: { error: 'no such file' } } },
      { functionResponse: { response: { output: 'Tool loaded: WebFetch' } } },
    ])
  })

  it('gives arguments that are no object as an object', () => {
    const messages = [
      question,
      {
        role: 'assistant',
        content: [use('a', 'T', '{"x":1}'), use('b', 'T', { __unparsedToolInput: { raw: '{"x' } })],
      },
    ]
    expect(contents(messages)[1]?.parts).toMatchObject([
      { functionCall: { args: { x: 1 } } },
      { functionCall: { args: { raw: '{"x' } } },
    ])
  })

  it('takes images and PDFs of the user as they are, and names what Gemini refuses', () => {
    const content = [
      file('image', 'image/png'),
      file('image', 'image/gif'),
      file('document', 'application/pdf'),
      { type: 'document', source: { type: 'text', data: 'plain' }, title: 't' },
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.jpg?b' } },
    ]
    const body = encoded({ messages: [{ role: 'user', content }] })
    expect(body.contents[0]?.parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { text: expect.stringContaining('image/gif') as unknown },
      { inlineData: { mimeType: 'application/pdf', data: 'AAAA' } },
      { text: '[document: t]\nplain' },
      { fileData: { fileUri: 'https://x.test/a.jpg?b', mimeType: 'image/jpeg' } },
    ])
    expect(body.dropped).toEqual(['user.image'])
  })

  it('takes images and PDFs of a tool: in the result since Gemini 3, before that behind it', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('a')] },
      { role: 'user', content: [result('a', [text('page'), file('image', 'image/png')])] },
    ]
    const media = { inlineData: { mimeType: 'image/png', data: 'AAAA' } }
    expect(contents(messages, NEWER)[2]?.parts).toEqual([
      {
        functionResponse: { id: 'a', name: 'T', response: { output: 'page' }, parts: [media] },
      },
    ])
    expect(contents(messages)[2]?.parts).toEqual([
      {
        functionResponse: {
          id: 'a',
          name: 'T',
          response: { output: 'page\n[1 image(s) in the next message]' },
        },
      },
      media,
    ])
  })
})

describe('thought signatures', () => {
  const turn = (...content: object[]) =>
    contents([question, { role: 'assistant', content } as Message], NEWER)[1]?.parts

  it('go back on the call that they came with, wherever the client moved the text', () => {
    const call = { functionCall: { name: 'T' }, thoughtSignature: 's' }
    expect(turn(thought('s', 'T'), use('a'), use('b'))).toMatchObject([
      call,
      { functionCall: { id: 'b' } },
    ])
    expect(turn(thought('s', 'T'), text('x'), use('a'))).toMatchObject([{ text: 'x' }, call])
    expect(turn(text('x'), thought('s', 'T'), use('a'))).toMatchObject([{ text: 'x' }, call])
    expect(turn(thought('s', 'T'), text('x'), use('a'))?.[0]).toEqual({ text: 'x' })
  })

  it('go back on the text that they came with', () => {
    expect(turn(thought('s'), text('x'))).toEqual([{ text: 'x', thoughtSignature: 's' }])
  })

  it('of each call go back on each', () => {
    expect(turn(thought('1', 'T'), use('a'), thought('2', 'T'), use('b'))).toMatchObject([
      { thoughtSignature: '1' },
      { thoughtSignature: '2' },
    ])
  })

  it.each([
    ['another model of the provider', thought('s', 'T', 'gemini-2.5-pro')],
    ['another provider', thought('s', 'T', NEWER, 'other')],
    ['nobody', text('x')],
  ])('of %s stay away; the first call says that it has none', (_, before) => {
    const parts = turn(before, use('a'), use('b')) ?? []
    expect(parts.filter((part) => 'functionCall' in part)).toMatchObject([
      { thoughtSignature: 'skip_thought_signature_validator' },
      { functionCall: { id: 'b' } },
    ])
    expect(parts.at(-1)).not.toHaveProperty('thoughtSignature')
  })

  it('are not asked for before Gemini 3', () => {
    const messages = [question, { role: 'assistant', content: [use('a')] }]
    expect(JSON.stringify(contents(messages))).not.toContain('thoughtSignature')
  })

  it('of foreign thinking are named as dropped', () => {
    const content = [{ type: 'thinking', thinking: 't', signature: 'claude' }, text('x')]
    const { dropped } = encoded({ messages: [question, { role: 'assistant', content }] })
    expect(dropped).toEqual(['assistant.thinking'])
  })
})
