import { describe, expect, it } from 'vitest'
import { decoder as converse } from './bedrock-converse/response.ts'
import type { Decoder } from './protocol.ts'
import { decoder as gemini } from './gemini/response.ts'
import { decoder as chat } from './openai-chat/response.ts'
import { decoder as responses } from './openai-responses/response.ts'

const target = { provider: 'p', model: 'm' }
/** No decoder writes anything before it throws. */
const writer = { finish: () => undefined } as never

describe.each<[string, () => Decoder]>([
  ['openai-chat', () => chat(writer, target)],
  ['openai-responses', () => responses(writer, target)],
  ['gemini', () => gemini(writer, target)],
  ['bedrock-converse', () => converse(writer, target)],
])('a frame of %s that is no JSON', (_, decoder) => {
  it('keeps its words', () => {
    const words = 'Internal error: worker ran out of memory'
    expect(() => decoder().push({ event: '', data: words })).toThrow(`p: ${words}`)
  })

  it('is no answer where it is a scrap of JSON', () => {
    expect(() => decoder().push({ event: '', data: '{"choices":[{"del' })).toThrow(/not JSON/)
  })
})

describe('an error in a 200 stream', () => {
  it.each([
    ['chat', () => chat(writer, target)],
    ['responses', () => responses(writer, target)],
    ['gemini', () => gemini(writer, target)],
  ] as const)('of %s keeps the status that stands beside it', (_, decoder) => {
    const data = JSON.stringify({ error: { message: 'slow down' }, status_code: 429 })
    const push = (): void => decoder().push({ event: '', data })
    expect(push).toThrow(
      expect.objectContaining({ kind: 'rate_limit_error', status: 429 }) as Error,
    )
  })
})
