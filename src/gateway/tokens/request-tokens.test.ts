import { describe, expect, it } from 'vitest'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import type { TokenCounter } from './tokenizer-thread.ts'
import { familyOf } from './vendor-rules.ts'
import { imageSize, pdfPages } from './media.ts'
import { countTokens, piecesOf } from './request-tokens.ts'

const TARGET = { provider: 'p', model: 'gpt-4o' }

/** A token is a character. */
const BY_LENGTH: TokenCounter = {
  count: (texts) => Promise.resolve(texts.map((text) => text.length)),
  close: () => undefined,
}

function requestOf(content: MessagesRequest['messages'][0]['content'], more = {}): MessagesRequest {
  return { model: 'm', messages: [{ role: 'user', content }], ...more }
}

function base64(...bytes: (number | string)[]): string {
  const parts = bytes.map((b) => (typeof b === 'string' ? Buffer.from(b, 'latin1') : Buffer.of(b)))
  return Buffer.concat([...parts, Buffer.alloc(40)]).toString('base64')
}

describe('what of a request costs tokens', () => {
  it('is what the model reads: no billing header, no placeholder, no state of other vendors', () => {
    const foreign = encodeSignature({ provider: 'other', model: 'm', payload: 'x'.repeat(5000) })
    const signature = encodeSignature({ provider: 'p', model: 'm', payload: 'x'.repeat(5000) })
    const request = requestOf('hello', {
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=1' },
        { type: 'text', text: 'You help.' },
      ],
      tools: [
        { name: 'DeferredToolPlaceholder', description: 'never', input_schema: {} },
        { name: 'Read', description: 'reads', input_schema: { $schema: 's', type: 'object' } },
        { name: 'web_search', type: 'web_search_20250305' },
      ],
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'foreign thought', signature: foreign },
            { type: 'thinking', thinking: 'own thought', signature },
            { type: 'tool_use', id: 't', name: 'Read', input: { path: '/a' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'found' }] },
            { type: 'of_tomorrow', encrypted_content: 'e'.repeat(5000), title: 'kept' },
          ],
        },
      ],
    })
    expect(piecesOf(request, TARGET)).toEqual({
      texts: [
        'You help.',
        'own thought',
        'Read {"path":"/a"}',
        'found',
        '{"type":"of_tomorrow","title":"kept"}',
        '{"name":"Read","description":"reads","parameters":{"type":"object"}}',
      ],
      images: [],
      pdfPages: 0,
      messages: 2,
      tools: 1,
    })
  })

  it('never takes base64 for text: images and PDFs, also in results, count by rule', async () => {
    const data = base64(0x89, 'PNG\r\n\x1a\n', '\0\0\0\rIHDR', '\0\0\x04\0', '\0\0\x03\0')
    const pdf = Buffer.from(`%PDF-1.7 ${'<< /Type /Page >> '.repeat(3)} /Type /Pages`)
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
      {
        type: 'document',
        source: {
          type: 'base64',
          media_type: 'application/pdf',
          data: pdf.toString('base64') + 'A'.repeat(40),
        },
      },
    ]
    const request = requestOf([{ type: 'tool_result', tool_use_id: 't', content }])
    const pieces = piecesOf(request, TARGET)
    expect(pieces).toMatchObject({
      texts: [],
      images: [{ width: 1024, height: 768 }],
      pdfPages: 3,
    })
    const how = { counter: BY_LENGTH, withinMs: 1 }
    const onGpt = await countTokens(request, TARGET, how)
    expect(onGpt).toBe(4 + 3 + 765 + 3 * 1500)
    const onGemini = await countTokens(request, { ...TARGET, model: 'gemini-3-pro' }, how)
    expect(onGemini).toBe(Math.ceil(7 * 1.08 + 1120 + 3 * 560))
  })

  it('is not known without a count of its text', async () => {
    const counter: TokenCounter = { ...BY_LENGTH, count: () => Promise.resolve(undefined) }
    expect(await countTokens(requestOf('hi'), TARGET, { counter, withinMs: 1 })).toBeUndefined()
  })

  it('reads text documents', () => {
    const text = { type: 'base64', media_type: 'text/plain', data: btoa('inside') }
    const request = requestOf([
      { type: 'document', source: text, title: 'Notes' },
      { type: 'document', source: { type: 'content', content: 'said' } },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
    ])
    expect(piecesOf(request, undefined)).toMatchObject({
      texts: ['Notes', 'inside', 'said'],
      pdfPages: 1,
    })
  })
})

describe('the size of an image', () => {
  it.each([
    ['PNG', base64(0x89, 'PNG\r\n\x1a\n', '\0\0\0\rIHDR', '\0\0\x01\0', '\0\0\0\x80'), 256, 128],
    ['GIF', base64('GIF89a', 0x40, 1, 0xf0, 0), 320, 240],
    [
      'JPEG behind another segment',
      base64(0xff, 0xd8, 0xff, 0xe0, 0, 6, 'JFIF', 0xff, 0xc0, 0, 17, 8, 1, 0xf4, 2, 0x80),
      640,
      500,
    ],
    [
      'lossy WebP',
      base64('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01*', 0x20, 3, 0x58, 2),
      800,
      600,
    ],
    [
      'extended WebP',
      base64('RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0', 0x1f, 3, 0, 0x57, 2, 0),
      800,
      600,
    ],
  ])('of a %s is read', (_, data, width, height) => {
    expect(imageSize(data)).toEqual({ width, height })
  })

  it('is not known of what is none', () => {
    for (const data of ['', 'AAAA', btoa('x'.repeat(100)), base64(0xff, 0xd8, 0xff, 0xe0)]) {
      expect(imageSize(data)).toBeUndefined()
    }
  })

  it('counts as its vendor says, also where it is not known', () => {
    const size = { width: 1000, height: 1000 }
    expect(familyOf('anthropic/claude-sonnet-4.5').image(size)).toBe(1334)
    expect(familyOf('gpt-4.1').image(size)).toBe(765)
    expect(familyOf('gpt-5-mini').image(size)).toBe(1659)
    expect(familyOf('gemini-2.5-flash').image({ width: 300, height: 300 })).toBe(258)
    for (const model of ['claude-opus-5-5', 'gpt-5.1', 'gemini-2.5-pro', 'qwen-vl'])
      expect(familyOf(model).image(undefined)).toBeGreaterThan(200)
  })
})

describe('pages of a PDF', () => {
  it('are its count where it hides them, else guessed by its size', () => {
    expect(pdfPages(btoa('%PDF-1.7 /Type /Pages /Count 12'))).toBe(12)
    expect(pdfPages(btoa('x'.repeat(750_000)))).toBe(10)
    expect(pdfPages(btoa('x'))).toBe(1)
  })
})
