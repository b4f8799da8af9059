/** Images and documents, from the user and in results of tools. */
import assert from 'node:assert/strict'
import type { Behaviour, Exchange } from '../behaviour.ts'
import type { RequestBody } from '../harness.ts'
import type { UpstreamMessage } from '../neutral-form.ts'

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = Buffer.from('%PDF-1.4 a small one %%EOF').toString('base64')

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }
const pdf = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: PDF },
}
const text = (content: string): object => ({ type: 'text', text: content })
const read = (...content: readonly object[]): RequestBody => ({
  tools: [{ name: 'Read', input_schema: { type: 'object', properties: {} } }],
  messages: [
    { role: 'user', content: 'look' },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }] },
  ],
})

const found = (
  content: readonly UpstreamMessage[],
  kind: 'image' | 'document',
): readonly string[] =>
  content.flatMap((one) => {
    if (one.by === 'tool') return kind === 'image' ? one.images : one.documents
    return kind in one ? [(one as Record<string, string>)[kind] ?? ''] : []
  })

const texts = (content: readonly UpstreamMessage[]): string =>
  content.flatMap((one) => ('text' in one ? [one.text] : [])).join('\n')

/** The bytes arrive as an image or document, or the model and the user are told of the omission; they never arrive as text. */
function arrives(kind: 'image' | 'document', data: string) {
  return ({ seen, dropped }: Exchange): void => {
    const { conversation: content } = seen.request
    assert.ok(!texts(content).includes(data), 'base64 as text')
    if (found(content, kind).includes(data)) return
    assert.match(texts(content), new RegExp(`${kind} left out`))
    assert.ok(dropped.some((name) => name.endsWith(`.${kind}`)))
  }
}

export const MEDIA: readonly Behaviour[] = [
  {
    name: 'an image of the user arrives as an image',
    request: { messages: [{ role: 'user', content: [text('what is this?'), image] }] },
    check: arrives('image', PNG),
  },
  {
    name: 'an image in a tool result arrives as an image',
    request: read(text('a picture'), image),
    check: arrives('image', PNG),
  },
  {
    name: 'a PDF of the user arrives as a file, or model and user are told',
    request: { messages: [{ role: 'user', content: [pdf, text('sum it up')] }] },
    check: arrives('document', PDF),
  },
  {
    name: 'a PDF in a tool result arrives as a file, or model and user are told',
    request: read(text('a document'), pdf),
    check: arrives('document', PDF),
  },
  {
    name: 'a document that is text arrives whole',
    request: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
            text('sum it up'),
          ],
        },
      ],
    },
    check: ({ seen }) => assert.ok(seen.raw.includes('plain')),
  },
]
