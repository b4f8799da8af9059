import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeSignature } from '../messages/reasoning-signature.ts'
import type { Message } from '../messages/request.ts'
import { type Accepts, turnsOf, isFromProvider, resultText } from './conversation.ts'

const ALL: Accepts = {
  midSystem: 'system',
  mediaInResults: true,
  images: true,
  document: () => true,
  thinking: () => true,
}

function turns(messages: readonly Message[], accepts: Partial<Accepts> = {}) {
  const dropped = new Set<string>()
  const conversation = turnsOf(messages, { ...ALL, ...accepts }, dropped)
  return { conversation, dropped: [...dropped] }
}

const text = (t: string) => ({ type: 'text', text: t })
const use = (id: string) => ({ type: 'tool_use', id, name: 'T', input: {} })
const result = (id: string, content: unknown = 'ok', is_error = false) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  is_error,
})
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
const PDF = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
}

describe('a conversation', () => {
  it('has the results of calls directly behind them, then what was said meanwhile', () => {
    const { conversation } = turns([
      { role: 'assistant', content: [use('a'), use('b')] },
      { role: 'user', content: [text('beside'), result('b')] },
      { role: 'system', content: 'note' },
      { role: 'user', content: [result('a')] },
    ])
    expect(conversation.map((turn) => turn.role)).toEqual([
      'assistant',
      'results',
      'user',
      'system',
    ])
    const results = conversation[1]?.role === 'results' ? conversation[1].results : []
    expect(results.map(({ call }) => call.id)).toEqual(['b', 'a'])
  })

  it('joins turns of one role', () => {
    const { conversation } = turns([
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: 'c' },
      { role: 'assistant', content: 'd' },
    ])
    expect(conversation).toEqual([
      { role: 'user', parts: [text('a'), text('b')] },
      { role: 'assistant', blocks: [text('c'), text('d')] },
    ])
  })

  it('lifts images and documents out of results for formats that have no place for them', () => {
    const messages = [
      { role: 'assistant', content: [use('a'), use('b')] },
      { role: 'user', content: [result('a', [text('x'), PNG], true), result('b', [PDF])] },
      { role: 'user', content: 'go' },
    ]
    const [, results, user] = turns(messages, { mediaInResults: false }).conversation
    expect(results?.role === 'results' && results.results.map(resultText)).toEqual([
      '[error] x\n[1 image(s) in the next message]',
      '[1 document(s) in the next message]',
    ])
    expect(user).toEqual({ role: 'user', parts: [PNG, PDF, text('go')] })
    const [, whole] = turns(messages).conversation
    expect(whole?.role === 'results' && whole.results[0]?.content).toEqual([text('x'), PNG])
  })

  it('reads documents that are text as text, and tells of those that cannot go', () => {
    const source = (type: string, more: object) => ({ type: 'document', source: { type, ...more } })
    const content = [
      { ...source('text', { data: 'plain' }), title: 'a.txt' },
      source('content', { content: [text('inner'), PNG] }),
      source('base64', { media_type: 'text/csv', data: Buffer.from('ü,1').toString('base64') }),
      PDF,
    ]
    const { conversation, dropped } = turns([{ role: 'user', content }], {
      document: () => false,
      images: false,
    })
    const [user] = conversation
    expect(user?.role === 'user' && user.parts).toEqual([
      text('[document: a.txt]\nplain'),
      text('inner'),
      text('[image left out, because this model cannot take it: image/png]'),
      text('ü,1'),
      text('[document left out, because this model cannot take it: application/pdf]'),
    ])
    expect(dropped).toEqual(['user.image', 'user.document'])
  })

  it('names a second call under one id, unknown blocks and foreign thinking', () => {
    const foreign = { type: 'thinking', thinking: 'hm', signature: 'claude' }
    const ofProvider = { ...foreign, signature: encodeSignature({ provider: 'p', model: 'm' }) }
    const { conversation, dropped } = turns(
      [{ role: 'assistant', content: [foreign, ofProvider, use('a'), use('a'), { type: 'new' }] }],
      { thinking: (block) => isFromProvider(block, { provider: 'p', model: 'm' }) },
    )
    expect(conversation[0]).toEqual({ role: 'assistant', blocks: [ofProvider, use('a')] })
    expect(dropped).toEqual(['assistant.thinking', 'assistant.new', 'assistant.tool_use'])
  })

  it('is in legal order whatever the messages are, and loses no text', () => {
    const block = fc.oneof(
      fc.string({ minLength: 1 }).map(text),
      fc.constantFrom('a', 'b', 'c').map(use),
      fc.constantFrom('a', 'b', 'c').map((id) => result(id)),
    )
    const message = fc.record({
      role: fc.constantFrom('user', 'assistant', 'system'),
      content: fc.array(block, { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(message), fc.constantFrom('user', 'system'), (messages, midSystem) => {
        const { conversation } = turns(messages, { midSystem })
        let open: string[] = []
        for (const [at, turn] of conversation.entries()) {
          if (turn.role === 'results') {
            expect(turn.results.map(({ call }) => call.id).sort()).toEqual(open.sort())
            open = []
          }
          expect(open).toEqual([])
          if (turn.role !== 'system') expect(conversation[at + 1]?.role).not.toBe(turn.role)
          if (turn.role === 'assistant')
            open = turn.blocks.flatMap((b) => (b.type === 'tool_use' ? [b.id] : []))
        }
        expect(open).toEqual([])
        const all = JSON.stringify(conversation)
        for (const { role, content } of messages)
          for (const block of content)
            if (block.type === 'text' && (role === 'user' || role === 'assistant'))
              expect(all).toContain(JSON.stringify((block as { text: string }).text).slice(1, -1))
      }),
    )
  })
})
