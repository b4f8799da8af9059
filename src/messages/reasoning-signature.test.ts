import { describe, expect, it } from 'vitest'
import { ENVELOPE_PREFIX, open, seal, sealedBy } from './reasoning-signature.ts'
import type { Message } from './request.ts'
import { sealedBefore } from './sealed.ts'

function envelope(prefix: string, content: unknown): string {
  return prefix + Buffer.from(JSON.stringify(content)).toString('base64url')
}

const maker = { provider: 'p', model: 'm' }

describe('an envelope', () => {
  it('is opened as it was sealed', () => {
    const sealed = {
      ...maker,
      account: 'ä',
      tool: 'T',
      payload: 's',
      textField: 't',
      stateField: 'f',
    }
    expect(open(seal(sealed))).toEqual(sealed)
    expect(seal(sealed)).toMatch(/^ccr1\.[\w-]+$/)
  })

  it.each([
    ['a missing signature', undefined],
    ['no signature', ''],
    ["a vendor's own", 'EqoBCkgIARABGAI'],
    ['one of another version', envelope('ccr2.', maker)],
    ['one that is cut', seal(maker).slice(0, -8)],
    ['one without content', ENVELOPE_PREFIX],
    ['null', envelope(ENVELOPE_PREFIX, null)],
    ['one without a model', envelope(ENVELOPE_PREFIX, { provider: 'p' })],
    ['one without a provider', envelope(ENVELOPE_PREFIX, { model: 'm' })],
    ['one of odd makers', envelope(ENVELOPE_PREFIX, { provider: 1, model: {} })],
  ])('is none: %s', (_, signature) => {
    expect(open(signature)).toBeUndefined()
  })

  it('names the account where it has state, and where there are accounts', () => {
    const own = { ...maker, account: 'a' }
    expect(open(sealedBy(own, { payload: 's' }))).toEqual({ ...own, payload: 's' })
    expect(open(sealedBy(own, { textField: 't' }))).toEqual({ ...maker, textField: 't' })
    expect(open(sealedBy(maker, { payload: 's' }))).toEqual({ ...maker, payload: 's' })
  })
})

it("a provider's earlier thinking is found from the newest message on, whatever stands around it", () => {
  const thought = (provider: string, model: string) => ({
    type: 'thinking',
    thinking: 't',
    signature: seal({ provider, model }),
  })
  const assistant = (...content: readonly object[]): Message => ({
    role: 'assistant',
    content: content as never,
  })
  const messages: Message[] = [
    { role: 'user', content: 'q' },
    assistant(thought('p', 'oldest')),
    { role: 'user', content: [{ ...thought('p', 'quoted'), role: 'user' }] },
    { role: 'assistant', content: 'a' },
    assistant(thought('p', 'one'), thought('other', 'x'), thought('p', 'two')),
    assistant(
      { type: 'thinking', thinking: 'unsigned' },
      { type: 'thinking', thinking: 'odd', signature: 3 },
      { type: 'thinking', thinking: "a vendor's", signature: 'EqoB' },
      { type: 'text', text: 'x', signature: seal({ provider: 'p', model: 'text' }) },
    ),
  ]
  const models = [...sealedBefore(messages, 'p')].map(({ model }) => model)
  expect(models).toEqual(['one', 'two', 'oldest'])
})
