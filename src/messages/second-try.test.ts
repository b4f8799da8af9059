import { describe, expect, it } from 'vitest'
import { GatewayError } from './error.ts'
import { seal } from './opaque.ts'
import { secondTry } from './second-try.ts'

const STATE = {
  type: 'thinking',
  thinking: 't',
  signature: seal({ provider: 'p', model: 'm', payload: 's' }),
}
const REQUEST = {
  model: 'x',
  max_tokens: 32_000,
  messages: [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: [STATE] },
  ],
}
const refusal = (message: string, room?: number): GatewayError =>
  new GatewayError('invalid_request_error', message, room === undefined ? {} : { room })

describe('a second try', () => {
  it('goes without reasoning state that is refused', () => {
    const second = secondTry(REQUEST, refusal('Invalid thought signature.'))
    expect(second?.without).toBe('assistant.thinking.signature')
    expect(JSON.stringify(second?.request)).not.toContain(STATE.signature)
  })

  it('asks for as long an answer as there is room beside the prompt', () => {
    expect(secondTry(REQUEST, refusal('too long', 12_000))).toEqual({
      request: { ...REQUEST, max_tokens: 12_000 },
      without: 'max_tokens',
    })
  })

  it('is not made where it would be the same', () => {
    expect(secondTry(REQUEST, refusal('no'))).toBeUndefined()
    expect(secondTry(REQUEST, refusal('too long', 40_000))).toBeUndefined()
    expect(
      secondTry({ ...REQUEST, messages: [] }, refusal('Invalid thought signature.')),
    ).toBeUndefined()
  })
})
