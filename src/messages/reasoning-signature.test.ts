import { describe, expect, it } from 'vitest'
import {
  decodeSignature,
  earlierSignatures,
  encodeSignature,
  SIGNATURE_PREFIX,
  signatureFrom,
} from './reasoning-signature.ts'
import type { Message } from './request.ts'

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
    expect(decodeSignature(encodeSignature(sealed))).toEqual(sealed)
    expect(encodeSignature(sealed)).toMatch(/^ccr1\.[\w-]+$/)
  })

  it.each([
    ['a missing signature', undefined],
    ['no signature', ''],
    ["a vendor's own", 'EqoBCkgIARABGAI'],
    ['one of another version', envelope('ccr2.', maker)],
    ['one that is cut', encodeSignature(maker).slice(0, -8)],
    ['one without content', SIGNATURE_PREFIX],
    ['null', envelope(SIGNATURE_PREFIX, null)],
    ['one without a model', envelope(SIGNATURE_PREFIX, { provider: 'p' })],
    ['one without a provider', envelope(SIGNATURE_PREFIX, { model: 'm' })],
    ['one of odd makers', envelope(SIGNATURE_PREFIX, { provider: 1, model: {} })],
  ])('is none: %s', (_, signature) => {
    expect(decodeSignature(signature)).toBeUndefined()
  })

  it('names the account where it has state, and where there are accounts', () => {
    const signed = { ...maker, account: 'a' }
    expect(decodeSignature(signatureFrom(signed, { payload: 's' }))).toEqual({
      ...signed,
      payload: 's',
    })
    expect(decodeSignature(signatureFrom(signed, { textField: 't' }))).toEqual({
      ...maker,
      textField: 't',
    })
    expect(decodeSignature(signatureFrom(maker, { payload: 's' }))).toEqual({
      ...maker,
      payload: 's',
    })
  })
})

it("a provider's earlier thinking is found from the newest message on, whatever stands around it", () => {
  const thought = (provider: string, model: string) => ({
    type: 'thinking',
    thinking: 't',
    signature: encodeSignature({ provider, model }),
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
      { type: 'text', text: 'x', signature: encodeSignature({ provider: 'p', model: 'text' }) },
    ),
  ]
  const models = [...earlierSignatures(messages, 'p')].map(({ model }) => model)
  expect(models).toEqual(['one', 'two', 'oldest'])
})
