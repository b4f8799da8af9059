import { describe, expect, it } from 'vitest'
import {
  decodeSignature,
  encodeSignature,
  signatureFrom,
  stateFrom,
} from './reasoning-signature.ts'
import {
  isReasoningRefused,
  isStateRefused,
  withoutState,
  withoutThinking,
} from './refused-reasoning.ts'

const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature })
const REFUSAL = { remainingTokens: undefined, isBesidePrompt: false }
const signed = encodeSignature({ provider: 'p', model: 'm' })
const request = (...content: object[]) => ({
  model: 'x',
  messages: [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: 'a' },
    { role: 'user', content: [{ type: 'text', text: 'q' }] as never },
    { role: 'assistant', content: content as never },
  ],
})

describe('reasoning state', () => {
  const maker = { provider: 'p', model: 'm', account: 'a' }
  const state = { payload: 's', tool: 'T' }

  it('goes back to its maker', () => {
    expect(stateFrom(signatureFrom(maker, state), maker)).toMatchObject(state)
  })

  it.each([{ provider: 'o' }, { model: 'n' }, { account: 'b' }, { account: undefined }])(
    'does not go to %j',
    (other) => {
      expect(stateFrom(signatureFrom(maker, state), { ...maker, ...other })).toBeUndefined()
    },
  )

  it('that was sealed without an account, or by a vendor that binds it to none, is for all of them', () => {
    const anyone = { provider: 'p', model: 'm' }
    expect(stateFrom(signatureFrom(anyone, state), maker)).toMatchObject(state)
  })

  it('alone is bound to an account: thoughts are not', () => {
    expect(decodeSignature(signatureFrom(maker))).toEqual({ provider: 'p', model: 'm' })
    expect(decodeSignature(signatureFrom(maker, state))).toEqual({ ...maker, ...state })
  })

  it('is taken out of a request, and nothing else', () => {
    const state = encodeSignature({ provider: 'p', model: 'm', payload: 's', tool: 'T' })
    const text = { type: 'text', text: 'x' }
    const out = withoutState(request(thinking(state), text, thinking(signed)))
    expect(out).toEqual(request(thinking(signed), text, thinking(signed)))
    expect(decodeSignature(signed)?.payload).toBeUndefined()
  })

  it('takes nothing else of a thought with it', () => {
    const state = { payload: 's', tool: 'T' }
    const out = withoutState(request(thinking(signatureFrom(maker, { ...state, textField: 'f' }))))
    const plain = signatureFrom({ provider: 'p', model: 'm' }, { textField: 'f' })
    expect(out).toEqual(request(thinking(plain)))
    const bare = withoutState(request(thinking(signatureFrom(maker, state))))
    expect(bare).toEqual(request(thinking(encodeSignature({ provider: 'p', model: 'm' }))))
  })

  it('is looked for in signatures of thinking alone', () => {
    const signature = signatureFrom(maker, state)
    const whole = request(
      { type: 'thinking', thinking: 'unsigned' },
      { type: 'thinking', thinking: 'odd', signature: 3 },
      { type: 'tool_use', id: 't', name: 'T', input: {}, signature },
    )
    expect(withoutState(whole)).toBe(whole)
  })

  it('that is not there leaves the very same request', () => {
    const whole = request(thinking(signed), thinking('claude'), { type: 'text', text: 'x' })
    expect(withoutState(whole)).toBe(whole)
  })

  it.each([
    ['p: Invalid thought signature.', true],
    ['p: Corrupted thought signature.', true],
    ['p: messages.1.content.0: Invalid `signature` in `thinking` block', true],
    ['p: The encrypted content gAAA could not be verified.', true],
    ['p: Invalid value at tools[0]', false],
  ])('is refused or not: %s', (message, refused) => {
    expect(isStateRefused({ ...REFUSAL, kind: 'invalid_request_error', message })).toBe(refused)
    expect(isStateRefused({ ...REFUSAL, kind: 'api_error', message })).toBe(false)
  })
})

describe('thinking of earlier answers', () => {
  it('is taken out of a request, and nothing else', () => {
    const text = { type: 'text', text: 'x' }
    expect(withoutThinking(request(thinking(signed), text))).toEqual(request(text))
    expect(withoutThinking(request(thinking(signed)))).toEqual(request())
  })

  it('that is not there leaves the very same request', () => {
    const whole = request({ type: 'text', text: 'x' })
    expect(withoutThinking(whole)).toBe(whole)
  })

  it('leaves the messages without it as they are', () => {
    const whole = request(thinking(signed))
    const out = withoutThinking(whole)
    expect(out.messages.map((message, at) => message === whole.messages[at])).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it.each([
    ["property 'reasoning_content' is unsupported", true],
    ['messages.1.reasoning: Extra inputs are not permitted', true],
    ['Unrecognized request argument: thinking_blocks', true],
    ['The reasoning_content in the thinking mode must be passed back, unknown', false],
    ["property 'tools' is unsupported", false],
    ['reasoning is too long', false],
    ["property 'reasoning.effort' is unsupported", false],
  ])('is refused or not: %s', (message, refused) => {
    const refusal = { ...REFUSAL, kind: 'invalid_request_error', message } as const
    expect(isReasoningRefused(refusal)).toBe(refused)
    expect(isReasoningRefused({ ...refusal, kind: 'api_error' })).toBe(false)
  })
})
