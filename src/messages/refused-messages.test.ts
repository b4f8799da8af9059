import { expect, it } from 'vitest'
import { firstFallback } from '../../test/support/request-fallbacks.ts'
import { GatewayError } from './error.ts'
import type { Block } from './request.ts'

const IMAGE: Block = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'aGk=' },
}
const TEXT: Block = { type: 'text', text: 'hi' }
const asking = (...content: Block[]) => ({ model: 'x', messages: [{ role: 'user', content }] })
const result = (...content: Block[]): Block => ({ type: 'tool_result', tool_use_id: 't', content })
const invalid = (message: string) => new GatewayError('invalid_request_error', message)

/** Written by hand, in the words of servers and gateways. */
it.each([
  'No endpoints found that support image input',
  'm is not a multimodal model',
  'At most 0 image(s) may be provided in one prompt.',
  'Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`',
  'messages[0].content: unknown variant `image`, expected one of `text`, `tool_use`',
  'messages[0].content must be a string',
  'Model does not support images. Please use a model that does.',
  'This model does not support image input.',
])('an image that a server does not take is text in the second try: %s', (message) => {
  const second = firstFallback(asking(result(TEXT, IMAGE), IMAGE, TEXT), invalid(message))
  expect(second?.without).toBe('messages.image')
  const left = { type: 'text', text: '[image left out, because this model cannot take it]' }
  expect(second?.request.messages[0]?.content).toEqual([result(TEXT, left), left, TEXT])
  expect(firstFallback(asking(TEXT), invalid(message))).toBeUndefined()
})

it('a server that says so with a 500 is believed', () => {
  const message = 'image input is not supported - hint: you may need to provide the mmproj'
  expect(firstFallback(asking(IMAGE), new GatewayError('api_error', message))?.without).toBe(
    'messages.image',
  )
})

it.each([
  ['document', { type: 'document', source: { type: 'text', data: 'pages' } }, 'pages'],
  ['tool_reference', { type: 'tool_reference', tool_name: 'Bash' }, 'Tool loaded: Bash'],
  [
    'search_result',
    { type: 'search_result', source: 'https://x', title: 'X', content: [TEXT] },
    'X\nhttps://x\nhi',
  ],
] as const)('%s is text in the second try where it is unknown', (type, block, text) => {
  const words = `Input tag '${type}' found using 'type' does not match any of the expected tags`
  const second = firstFallback(asking(result(block)), invalid(words))
  expect(second?.without).toBe(`messages.${type}`)
  expect(second?.request.messages[0]?.content).toEqual([result({ type: 'text', text })])
})

it.each<[string, Block, string]>([
  ['of text', { type: 'document', source: { type: 'text', data: 'pages' } }, 'pages'],
  ['of one text', { type: 'document', source: { type: 'content', content: 'page' } }, 'page'],
  [
    'of blocks',
    { type: 'document', source: { type: 'content', content: [TEXT, IMAGE, TEXT] } },
    'hi\nhi',
  ],
  [
    'elsewhere',
    { type: 'document', source: { type: 'url', url: 'https://a.example/a.pdf' } },
    '[document left out, because this model cannot take it]',
  ],
  ['malformed', { type: 'document' }, '[document left out, because this model cannot take it]'],
])('a document that is unknown is told as far as it can be read: %s', (_, block, text) => {
  const words = `Input tag 'document' found using 'type' does not match any of the expected tags`
  const second = firstFallback(asking(block), invalid(words))
  expect(second?.request.messages[0]?.content).toEqual([{ type: 'text', text }])
})

it('what a refusal names before it says what is unknown stays', () => {
  const message = "In 'image', 'document': unknown variant `tool_reference`"
  const tool: Block = { type: 'tool_reference', tool_name: 'Bash' }
  const second = firstFallback(asking(IMAGE, tool), invalid(message))
  expect(second?.request.messages[0]?.content).toEqual([
    IMAGE,
    { type: 'text', text: 'Tool loaded: Bash' },
  ])
})

it.each([
  ["unknown variant 'tool_reference'", 'api_error'],
  ["'tool_reference' is what it is", 'invalid_request_error'],
  ['unknown variant tool', 'invalid_request_error'],
] as const)('blocks stay where it is not they that are refused: %s', (message, kind) => {
  const tool: Block = { type: 'tool_reference', tool_name: 'Bash' }
  expect(firstFallback(asking(tool), new GatewayError(kind, message))).toBeUndefined()
})

it('all but the refused blocks stays the very same, so that caches of it hold', () => {
  const messages = [
    { role: 'user', content: 'plain' },
    { role: 'user', content: [result(TEXT), { ...result(), content: 'plain' }] },
    { role: 'user', content: [TEXT, IMAGE, result(TEXT)] },
  ]
  const second = firstFallback({ model: 'x', messages }, invalid('This model is text-only.'))
  const [plain, results, changed] = second?.request.messages ?? []
  expect([plain, results]).toEqual(messages.slice(0, 2))
  expect(plain).toBe(messages[0])
  expect(results).toBe(messages[1])
  expect(changed?.content[2]).toBe(messages[2]?.content[2])
})
