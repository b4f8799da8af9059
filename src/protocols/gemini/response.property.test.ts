import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geminiEvents } from '../../../test/support/gemini.ts'
import { chatBytes, reads, requireLegal } from '../../../test/support/stream.ts'
import { GatewayError } from '../../messages/error.ts'
import type { StreamEvent } from '../../messages/events.ts'
import type { Part } from './types.ts'

const signature = fc.option(fc.constantFrom('c2ln', 'YQ=='), { nil: undefined })
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ text: fc.string(), thoughtSignature: signature }) as fc.Arbitrary<Part>,
  fc.record({
    text: fc.string(),
    thought: fc.constant(true),
    thoughtSignature: signature,
  }) as fc.Arbitrary<Part>,
  fc.record({
    functionCall: fc.record({
      name: fc.constantFrom('A', 'B'),
      args: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
    thoughtSignature: signature,
  }) as fc.Arbitrary<Part>,
  fc.record({
    functionCall: fc.record(
      {
        name: fc.constantFrom('A', 'B'),
        willContinue: fc.boolean(),
        partialArgs: fc.array(
          fc.record({
            jsonPath: fc.constantFrom('$', '$.a', '$.a.b', '$.a[1]', "$['x y']", '$.c', ''),
            stringValue: fc.string(),
            willContinue: fc.boolean(),
          }),
          { maxLength: 3 },
        ),
      },
      { requiredKeys: [] },
    ),
  }) as fc.Arbitrary<Part>,
)

async function answered(parts: readonly Part[], finishReason: string) {
  const chunks = parts.map((one) => ({ candidates: [{ content: { parts: [one] } }] }))
  const end = { candidates: [{ finishReason }] }
  return geminiEvents(reads(chatBytes(...chunks, end)))
}

function textOf(events: readonly StreamEvent[]): string {
  return events
    .map((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'text_delta'
        ? event.delta.text
        : '',
    )
    .join('')
}

describe('whatever Gemini answers', () => {
  it('becomes a legal sequence of events that loses no text, or an error of ours', async () => {
    const finish = fc.constantFrom('STOP', 'MAX_TOKENS', 'SAFETY', 'OTHER', 'NEW')
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), finish, async (parts, reason) => {
        try {
          const events = await answered(parts, reason)
          requireLegal(events)
          const expected = parts.map((p) => (p.thought === true ? '' : (p.text ?? ''))).join('')
          expect(textOf(events)).toBe(expected)
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          expect(error).toMatchObject({ kind: 'api_error' })
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    { candidates: [null] },
    { candidates: [{ content: { parts: [null] } }] },
    { candidates: [{ content: { parts: [{ text: 5 }] } }] },
    { candidates: [{ content: { parts: 'x' } }] },
    { candidates: 'x', usageMetadata: 7 },
  ])('is an error of ours where it is none of its shapes: %j', async (chunk) => {
    await expect(geminiEvents(reads(chatBytes(chunk)))).rejects.toMatchObject({
      kind: 'api_error',
      status: 502,
    })
  })
})
