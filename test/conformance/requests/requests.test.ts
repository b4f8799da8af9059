/**
 * Whatever a client sends, the body is one that the provider takes, and what is not in it is named.
 */
import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../src/protocols/anthropic/types.ts'
import { forward } from '../../../src/protocols/anthropic/request.ts'
import type { Encoded, Target } from '../../../src/protocols/protocol.ts'
import { type MessagesRequest, parseRequest } from '../../../src/messages/request.ts'
import { bedrock } from '../../../src/providers/bedrock.ts'
import { gemini as geminiProvider } from '../../../src/providers/gemini.ts'
import { PROVIDERS } from '../../../src/providers/index.ts'
import { openaiCompatible } from '../../../src/providers/openai-compatible.ts'
import { protocolFor, type TranslatedProtocol } from '../../../src/providers/configured/api.ts'
import type { ProviderDefinition } from '../../../src/providers/definition.ts'
import { clientRequests } from '../../recorded/fixtures.ts'
import { CASES } from './cases.ts'
import { chat, type Check, converse, gemini, messages, responses } from './legal.ts'
import { RECORDINGS } from '../../support/requires.ts'

interface Way {
  readonly name: string
  readonly legal: Check
  readonly encode: (request: MessagesRequest) => Encoded
  /** Whether the protocol is Anthropic's. */
  readonly isAnthropic: boolean
}

function foreign(
  format: TranslatedProtocol,
  row: ProviderDefinition,
  model: string,
  legal: Check,
  can = {},
): Way {
  const target: Target = { provider: row.id, model, can }
  const encode = (request: MessagesRequest): Encoded =>
    protocolFor(format, row).encode(request, target)
  return { name: `${format} (${row.id}, ${model})`, legal, encode, isAnthropic: false }
}

function through(dialect: Dialect, model: string): Way {
  const encode = (request: MessagesRequest): Encoded => {
    const original = { body: JSON.stringify(request), request, headers: {} }
    const { body, dropped } = forward(original, { provider: 'p', model }, dialect)
    const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
    return { body: JSON.parse(text) as object, dropped }
  }
  return { name: `anthropic (${dialect}, ${model})`, legal: messages, encode, isAnthropic: true }
}

const CHAT_PROVIDERS = [
  openaiCompatible,
  ...PROVIDERS.filter(({ protocol }) => protocol === 'openai-chat'),
]

const WAYS: readonly Way[] = [
  ...CHAT_PROVIDERS.map((provider) => foreign('openai-chat', provider, 'any', chat)),
  foreign('openai-chat', openaiCompatible, 'blind', chat, { images: false }),
  foreign('openai-responses', openaiCompatible, 'gpt-5', responses, { reasoning: true }),
  foreign('openai-responses', openaiCompatible, 'blind', responses, { images: false }),
  foreign('gemini', geminiProvider, 'gemini-2.5-pro', gemini),
  foreign('gemini', geminiProvider, 'gemini-3-pro-preview', gemini),
  foreign('bedrock-converse', bedrock, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', converse),
  foreign('bedrock-converse', bedrock, 'us.amazon.nova-pro-v1:0', converse),
  foreign('bedrock-converse', bedrock, 'meta.llama3-3-70b-instruct-v1:0', converse, {
    images: false,
  }),
  through('compatible', 'glm-4.7'),
  through('bedrock', 'anthropic.claude-sonnet-4-5-20250929-v1:0'),
  through('vertex', 'claude-sonnet-4-5@20250929'),
]

function copied(request: MessagesRequest): MessagesRequest {
  return parseRequest(JSON.stringify(request))
}

describe.each(WAYS)('$name', ({ encode, legal, isAnthropic }) => {
  it.each(CASES)('takes $name', ({ request, kept, asClientSends }) => {
    const { body, dropped } = encode(copied(request))
    const sent = JSON.parse(JSON.stringify(body)) as Readonly<Record<string, unknown>>
    if (!(isAnthropic && asClientSends)) expect(legal(sent)).toEqual([])
    const whole = JSON.stringify(sent)
    const names = dropped.join('\n')
    const lost = Object.entries(kept).filter(
      ([text, name]) => !whole.includes(text) && name?.test(names) !== true,
    )
    expect(lost.map(([text]) => text)).toEqual([])
  })

  describe('of the real client', RECORDINGS, () => {
    it.each(clientRequests())('takes %s', (_name, body) => {
      const { body: encoded } = encode(parseRequest(body))
      expect(legal(JSON.parse(JSON.stringify(encoded)) as Record<string, unknown>)).toEqual([])
    })
  })
})
