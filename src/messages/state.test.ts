import { describe, expect, it } from 'vitest'
import { open, seal, sealedBy, stateOf } from './opaque.ts'
import { isStateRefused, withoutState } from './state.ts'

const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature })
const own = seal({ provider: 'p', model: 'm' })
const request = (...content: object[]) => ({
  model: 'x',
  messages: [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: content as never },
  ],
})

describe('reasoning state', () => {
  const maker = { provider: 'p', model: 'm', account: 'a' }
  const state = { payload: 's', tool: 'T' }

  it('goes back to its maker', () => {
    expect(stateOf(sealedBy(maker, state), maker)).toMatchObject(state)
  })

  it.each([{ provider: 'o' }, { model: 'n' }, { account: 'b' }, { account: undefined }])(
    'does not go to %j',
    (other) => {
      expect(stateOf(sealedBy(maker, state), { ...maker, ...other })).toBeUndefined()
    },
  )

  it('that was sealed without an account, or by a vendor that binds it to none, is for all of them', () => {
    const anyone = { provider: 'p', model: 'm' }
    expect(stateOf(sealedBy(anyone, state), maker)).toMatchObject(state)
  })

  it('alone is bound to an account: thoughts are not', () => {
    expect(open(sealedBy(maker))).toEqual({ provider: 'p', model: 'm' })
    expect(open(sealedBy(maker, state))).toEqual({ ...maker, ...state })
  })

  it('is taken out of a request, and nothing else', () => {
    const state = seal({ provider: 'p', model: 'm', payload: 's', tool: 'T' })
    const text = { type: 'text', text: 'x' }
    const out = withoutState(request(thinking(state), text, thinking(own)))
    expect(out).toEqual(request(thinking(own), text, thinking(own)))
    expect(open(own)?.payload).toBeUndefined()
  })

  it('that is not there leaves the very same request', () => {
    const whole = request(thinking(own), thinking('claude'), { type: 'text', text: 'x' })
    expect(withoutState(whole)).toBe(whole)
  })

  it.each([
    ['p: Invalid thought signature.', true],
    ['p: Corrupted thought signature.', true],
    ['p: messages.1.content.0: Invalid `signature` in `thinking` block', true],
    ['p: The encrypted content gAAA could not be verified.', true],
    ['p: Invalid value at tools[0]', false],
  ])('is refused or not: %s', (message, refused) => {
    expect(isStateRefused({ kind: 'invalid_request_error', message, room: undefined })).toBe(
      refused,
    )
    expect(isStateRefused({ kind: 'api_error', message, room: undefined })).toBe(false)
  })
})
