/**
 * Requests that no client of ours would send: each field of a rich request, one at a time, replaced
 * by values of other types. What is no request is refused as one; all else has a place in every
 * format.
 */
import { describe, expect, it } from 'vitest'
import { bodyText } from '../../support/body.ts'
import { emptyConfig } from '../../../src/config/defaults.ts'
import type { Dialect } from '../../../src/protocols/anthropic/types.ts'
import { forward } from '../../../src/protocols/anthropic/request.ts'
import { sizeOf } from '../../../src/gateway/tokens/estimator.ts'
import { clientIdentity, hintsOf } from '../../../src/gateway/client-headers.ts'
import { requestSummary } from '../../../src/gateway/telemetry/route-trace.ts'
import { GatewayError } from '../../../src/messages/error.ts'
import { parseRequest } from '../../../src/messages/request.ts'
import { withoutState } from '../../../src/messages/refused-reasoning.ts'
import { resolveRoute } from '../../../src/routing/resolve.ts'
import { loadRows } from '../row.ts'
import { formatOf } from './fuzz.ts'

const RICH = {
  model: 'p,m',
  max_tokens: 100,
  stream: true,
  temperature: 0.5,
  top_p: 0.9,
  top_k: 5,
  stop_sequences: ['END'],
  metadata: { user_id: 'u_session_1' },
  thinking: { type: 'enabled', budget_tokens: 1024 },
  output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
  context_management: { edits: [{ type: 'clear_thinking_20251015' }] },
  safeguards: [{ type: 'dangerous_tool_use' }],
  tool_choice: { type: 'tool', name: 'Read', disable_parallel_tool_use: true },
  system: [{ type: 'text', text: 'You are.', cache_control: { type: 'ephemeral' } }],
  tools: [
    {
      name: 'Read',
      description: 'reads',
      defer_loading: true,
      input_schema: {
        type: 'object',
        properties: {
          path: { type: 'string' },
          many: { type: 'array', items: { $ref: '#/$defs/a' } },
        },
        required: ['path'],
        $defs: { a: { anyOf: [{ type: 'string', enum: ['x'] }, { type: 'null' }] } },
      },
    },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 8, allowed_domains: ['a.b'] },
  ],
  messages: [
    { role: 'user', content: 'hi' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'abc' },
        { type: 'text', text: 'I look', citations: [{ type: 'char_location', cited_text: 'x' }] },
        { type: 'tool_use', id: 't1', name: 'Read', input: { path: '/a' } },
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 's1',
          content: [{ type: 'web_search_result', url: 'http://a.b', title: 'T' }],
        },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 't1',
          is_error: true,
          content: [
            { type: 'text', text: 'r' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
            { type: 'tool_reference', tool_name: 'Read' },
          ],
        },
        { type: 'image', source: { type: 'url', url: 'http://a.b/c.png' } },
        {
          type: 'document',
          title: 'd',
          source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' },
        },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'in' }] } },
      ],
    },
    {
      role: 'system',
      content: [{ type: 'text', text: 'cwd' }],
      output_config: { effort: 'low' },
    },
  ],
}

const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e21,
  '',
  'x',
  'constructor',
  [],
  [null],
  [[]],
  ['x'],
  [{}],
  {},
  { type: 'text' },
  { type: '__proto__' },
  { type: ['text'] },
]

const rows = await loadRows()
const config = {
  ...emptyConfig(),
  providers: [{ name: 'p', url: 'http://h.test', apiKey: 'k', models: ['m'], missing: [] }],
  router: {
    default: 'p,m',
    background: 'p,m',
    think: 'p,m',
    longContext: 'p,m',
    webSearch: 'p,m',
    image: 'p,m',
  },
}

/** How requests are forwarded to the rows that translate nothing. */
const DIALECT: Readonly<Record<string, Dialect>> = {
  anthropic: 'anthropic',
  'bedrock-claude': 'bedrock',
  'vertex-claude': 'vertex',
}

describe('requests with a field of another type', () => {
  it.each(rows)('are refused as such or have a place in $name', (row) => {
    const wire = formatOf(row)
    const wrong = new Set<string>()
    for (const { body, path } of variants(RICH)) {
      const target = { provider: 'p', model: row.model }
      try {
        const request = parseRequest(body)
        const size = sizeOf(request, body.length)
        const hints = hintsOf(clientIdentity({}), size.bytes)
        requestSummary(request, size, hints)
        for (const model of [request.model, 'other-haiku', 'unknown']) {
          resolveRoute({ ...request, model }, config, { preference: '', alias: 'a' }, hints)
        }
        if (wire) {
          JSON.stringify(wire.encode(request, target).body)
          wire.encode(withoutState(request), target)
        } else {
          const original = { body, request, headers: {} }
          JSON.parse(bodyText(forward(original, target, DIALECT[row.name] ?? 'compatible').body))
        }
      } catch (thrown) {
        if (thrown instanceof GatewayError) continue
        const { message, stack = '' } = thrown as Error
        wrong.add(`${path}: ${message} ${/at .*/.exec(stack)?.[0] ?? ''}`)
      }
    }
    expect([...wrong].slice(0, 20)).toEqual([])
  })
})

interface Variant {
  readonly path: string
  readonly body: string
}

/** The request with each of its values, at any depth, replaced by each strange one. */
function* variants(request: object): Generator<Variant> {
  for (const path of pathsOf(request)) {
    for (const value of STRANGE) {
      const copy = structuredClone(request) as Record<string, unknown>
      const parent = path
        .slice(0, -1)
        .reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy)
      parent[path.at(-1) ?? ''] = value
      yield { path: `${path.join('.')} = ${JSON.stringify(value)}`, body: JSON.stringify(copy) }
    }
  }
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsOf(inner).map((path) => [key, ...path]),
  ])
}
