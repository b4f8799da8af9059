import { describe, it } from 'vitest'
import { expectSame } from '../support/request-cache.ts'
import { QUESTION } from './behaviour.ts'
import { BEHAVIOURS } from './behaviours.ts'

interface Body {
  readonly messages: readonly object[]
}

describe('the requests of the table read alike with what is kept of earlier ones', () => {
  const bodies = BEHAVIOURS.map(
    ({ request }) => ({ model: 'm', ...QUESTION, ...request }) as unknown as Body,
  )

  it('each of them, as it grows and shortens', () => {
    for (const { messages, ...others } of bodies) {
      const longer = [...messages, ...messages, { role: 'user', content: 'and?' }]
      const lengths = [1, messages.length, longer.length, messages.length, 1, longer.length]
      const cut = lengths.map((length) => ({ ...others, messages: longer.slice(0, length) }))
      expectSame(cut.map((body) => Buffer.from(JSON.stringify(body))))
    }
  })

  it('one after the other', () => {
    expectSame([...bodies, ...bodies].map((body) => Buffer.from(JSON.stringify(body))))
  })
})
