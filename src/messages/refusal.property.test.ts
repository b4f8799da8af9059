/** Whatever an error says, what the user wrote and what tools are stays in the request. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bedrockConverse } from '../protocols/bedrock-converse/index.ts'
import { gemini } from '../protocols/gemini/index.ts'
import { openaiChat } from '../protocols/openai-chat/index.ts'
import { openaiResponses } from '../protocols/openai-responses/index.ts'
import { COMPATIBLE, GEMINI_COMPATIBLE } from '../providers/definition.ts'
import { GatewayError } from './error.ts'
import { upstreamError } from './upstream-error.ts'
import { refusedFields, withoutField, withoutFields } from './refused-field.ts'
import { type Refusal, refusalIn } from './refusal.ts'
import type { MessagesRequest } from './request.ts'
import { requestFallbacks, requestWithout } from './request-fallback.ts'

const NAMES = [
  ...['temperature', 'top_p', 'stop', 'user', 'metadata', 'strict', 'ttl', 'scope', 'tool_choice'],
  ...['max_tokens', 'max_completion_tokens', 'response_format', 'output_config', 'is_error'],
  ...['cache_control', 'thinking', 'reasoning_effort', 'reasoning_content', 'image', 'document'],
  ...['tool_reference', 'system role', 'system', 'tool_use', 'tool_result', 'adaptive', 'xhigh'],
]
const WORDS = [
  ...['Extra inputs are not permitted', 'unsupported', 'unknown variant', 'not supported'],
  ...['cannot both', 'must be less than or equal to 9000', 'at most 4096 completion tokens'],
  ...['Input tag', 'invalid', 'expected one of', 'cannot be set', 'must be non-empty', 'signature'],
  ...['ids must be unique', 'roles must alternate', 'content must be a string', 'only', 'type'],
  ...['encrypted content', 'maximum of 4 blocks with cache_control', 'forced', 'is deprecated'],
]
const piece = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom(...NAMES),
  fc.constantFrom(...NAMES).map((name) => `'${name}'`),
  fc.constantFrom(...NAMES).map((name) => `messages.0.content.1.${name}:`),
)
const message = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(' '))

/** A tool and a call of it that have everything that is looked for among their names. */
const PROPERTIES = Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }]))
const INPUT = Object.fromEntries(NAMES.map((name) => [name, 'kept']))
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }
const MARK = { cache_control: { type: 'ephemeral', ttl: '1h', scope: 'global' } }
const REQUEST: MessagesRequest = {
  model: 'x',
  max_tokens: 32_000,
  temperature: 1,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'xhigh' },
  tool_choice: { type: 'any' },
  metadata: { user_id: 'u' },
  system: [{ type: 'text', text: 'text of the system', ...MARK }],
  tools: [
    {
      name: 'temperature',
      description: 'text of a tool',
      strict: true,
      input_schema: { type: 'object', properties: PROPERTIES },
      ...MARK,
    },
  ],
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'text of the user', ...MARK }, IMAGE] },
    { role: 'system', content: 'text in the middle' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'thought', signature: 'c2ln' },
        { type: 'text', text: 'text of the model' },
        { type: 'tool_use', id: 'a', name: 'temperature', input: INPUT },
      ],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'a', content: 'text of a result' }],
    },
  ],
}
const TEXTS = [
  ...['the system', 'a tool', 'the user', 'the model', 'a result'].map((of) => `text of ${of}`),
  'text in the middle',
]

/** What says what tools are and were given, wherever a format puts it. */
const KEPT = new Set([
  ...['input_schema', 'parameters', 'parametersJsonSchema', 'inputSchema', 'args', 'arguments'],
])
function keptIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    KEPT.has(key) ? [JSON.stringify(inner)] : keptIn(inner),
  )
}

function refusalOf(text: string): Refusal | undefined {
  return refusalIn(upstreamError({ error: { message: text } }, { provider: 'p', status: 400 }))
}

function requireKept(request: MessagesRequest): void {
  const text = JSON.stringify(request)
  for (const sent of TEXTS) expect(text).toContain(sent)
  expect(keptIn(request)).toEqual(keptIn(REQUEST))
  expect(request.tools?.map(({ name }) => name)).toEqual(['temperature'])
  const inputs = request.messages.flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.flatMap(({ input }) => (input ? [input] : [])),
  )
  expect(inputs).toEqual([INPUT])
  expect(request.max_tokens).toBeGreaterThanOrEqual(4_096)
}

it('a request that is changed keeps its texts, its tools and their calls', () => {
  fc.assert(
    fc.property(message, (text) => {
      const refusal = refusalOf(text)
      if (refusal === undefined) return
      for (const { request, memory } of requestFallbacks(REQUEST, refusal)) {
        requireKept(request)
        if (memory !== undefined) requireKept(requestWithout(REQUEST, [memory]).request)
      }
      for (const { name } of refusedFields(REQUEST, refusal)) {
        const left = withoutField(REQUEST, name) as MessagesRequest
        requireKept({ ...left, max_tokens: left.max_tokens ?? 4_096 })
      }
    }),
    { numRuns: 2_000 },
  )
})

it.each([
  ['Chat', openaiChat(COMPATIBLE)],
  ['Responses', openaiResponses({ midSystem: 'user', unknownThinks: true })],
  ['Gemini', gemini(GEMINI_COMPATIBLE)],
  ['Bedrock', bedrockConverse],
])('a body in %s keeps them, whichever field goes', (_, format) => {
  const target = { provider: 'p', model: 'claude-x' }
  const { body } = format.encode(REQUEST, target)
  const kept = keptIn(body)
  expect(kept.length).toBeGreaterThanOrEqual(1)
  for (const name of NAMES) {
    const left = withoutFields(body, [name]).body
    expect(keptIn(left)).toEqual(kept)
    for (const sent of TEXTS) expect(JSON.stringify(left)).toContain(sent)
  }
})

it('an error of any other kind changes nothing', () => {
  fc.assert(
    fc.property(message, (text) => {
      for (const kind of ['rate_limit_error', 'billing_error', 'permission_error'] as const) {
        expect(refusalIn(new GatewayError(kind, text))).toBeUndefined()
      }
    }),
  )
})
