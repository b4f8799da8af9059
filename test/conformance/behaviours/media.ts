/** Images and documents, said by the user and found by tools. */
import assert from 'node:assert/strict'
import type { Behaviour, Exchange } from '../behaviour.ts'
import type { Asked } from '../stage.ts'
import type { Said } from '../words.ts'

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = Buffer.from('%PDF-1.4 a small one %%EOF').toString('base64')

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }
const pdf = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: PDF },
}
const text = (said: string): object => ({ type: 'text', text: said })
const read = (...content: readonly object[]): Asked => ({
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

const found = (said: readonly Said[], kind: 'image' | 'document'): readonly string[] =>
  said.flatMap((one) => {
    if (one.by === 'tool') return kind === 'image' ? one.images : one.documents
    return kind in one ? [(one as Record<string, string>)[kind] ?? ''] : []
  })

const texts = (said: readonly Said[]): string =>
  said.flatMap((one) => ('text' in one ? [one.text] : [])).join('\n')

/** The bytes arrive as what they are, or the model and the user are told; never as text. */
function arrives(kind: 'image' | 'document', data: string) {
  return ({ seen, dropped }: Exchange): void => {
    const { said } = seen.heard
    assert.ok(!texts(said).includes(data), 'base64 as text')
    if (found(said, kind).includes(data)) return
    assert.match(texts(said), new RegExp(`${kind} left out`))
    assert.ok(dropped.some((name) => name.endsWith(`.${kind}`)))
  }
}

export const MEDIA: readonly Behaviour[] = [
  {
    name: 'an image of the user arrives as an image',
    asks: { messages: [{ role: 'user', content: [text('what is this?'), image] }] },
    check: arrives('image', PNG),
  },
  {
    name: 'an image in a tool result arrives as an image',
    asks: read(text('a picture'), image),
    check: arrives('image', PNG),
  },
  {
    name: 'a PDF of the user arrives as a file, or model and user are told',
    asks: { messages: [{ role: 'user', content: [pdf, text('sum it up')] }] },
    check: arrives('document', PDF),
  },
  {
    name: 'a PDF in a tool result arrives as a file, or model and user are told',
    asks: read(text('a document'), pdf),
    check: arrives('document', PDF),
  },
  {
    name: 'a document that is text arrives whole',
    asks: {
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
