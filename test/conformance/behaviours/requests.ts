/** How the client's request reaches the model. */
import assert from 'node:assert/strict'
import { type Behaviour, type Exchange, FINE, QUESTION } from '../behaviour.ts'
import { scriptFor } from '../run-behaviour.ts'
import { KEY } from '../harness.ts'
import { transcript } from '../neutral-form.ts'

const BILLING = 'x-anthropic-billing-header: cc_version=2.1.330; cc_entrypoint=cli; cch=00000;'
const user = (content: unknown): object => ({ role: 'user', content })
const assistant = (content: unknown): object => ({ role: 'assistant', content })
const system = (content: unknown): object => ({ role: 'system', content })
const text = (content: string): object => ({ type: 'text', text: content })

/** A field was sent, or is named as dropped. */
function sentOrNamed(isSent: boolean, name: string, { dropped }: Exchange): void {
  if (isSent) return
  assert.ok(
    dropped.some((one) => one === name || one.startsWith(`${name}.`)),
    `${name} is neither sent nor named: ${dropped.join(', ')}`,
  )
}

const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
}

export const REQUESTS: readonly Behaviour[] = [
  {
    name: 'the key is sent in its header, the credentials of the client are not sent',
    run: async (harness) => {
      harness.script(scriptFor(harness.row, FINE))
      const headers = { authorization: 'Bearer of-the-client', 'x-api-key': 'of-the-client' }
      await (await harness.post({ ...QUESTION, stream: true }, { headers })).text()
      const seen = await harness.seen(0)
      const [header, value] = harness.row.key
      assert.equal(seen.headers[header], value(KEY))
      assert.ok(!JSON.stringify(seen.headers).includes('of-the-client'))
    },
  },
  {
    name: 'a system prompt comes first, as text or as blocks',
    request: { system: [text('Be brief.'), text('Be kind.')] },
    check: ({ seen }) => {
      const [first, ...others] = transcript(seen.request.conversation)
      assert.equal(first, 'system: Be brief.\n\nBe kind.')
      assert.deepEqual(others, ['user: hi'])
    },
  },
  {
    name: 'a tool whose schema is unusual is offered with all that it takes',
    request: {
      messages: [user('one')],
      tools: [
        {
          name: 'Scan',
          input_schema: {
            type: 'object',
            properties: {
              ports: { type: ['array', 'null'], description: 'which ports' },
              options: { description: 'any options' },
              field: { type: 'string', pattern: String.raw`^(?!__)[^\p{Cc}]+$` },
              target: { $ref: '#/$defs/Target', description: 'the target' },
            },
            required: ['target', 'gone'],
            $defs: { Target: { type: 'object', properties: { host: { type: 'string' } } } },
          },
        },
      ],
    },
    check: ({ seen }) => {
      for (const word of ['ports', 'options', 'field', 'target', 'host', 'which ports']) {
        assert.ok(seen.raw.includes(`"${word}"`), word)
      }
    },
  },
  {
    name: 'the billing header goes to Anthropic alone',
    request: { system: [text(BILLING), text('Be brief.')] },
    check: ({ seen }, row) => {
      assert.equal(seen.raw.includes(BILLING), row.firstParty === true)
      assert.ok(seen.raw.includes('Be brief.'))
    },
  },
  {
    name: 'a system message in mid-conversation reaches the model in its place',
    request: {
      messages: [
        user('one'),
        assistant('two'),
        system('cwd: /tmp'),
        user('three'),
        system([text('mode: plan')]),
      ],
    },
    conversation: [
      'user: one',
      'assistant: two',
      'system: cwd: /tmp',
      'user: three',
      'system: mode: plan',
    ],
  },
  {
    name: 'several messages of one speaker behind each other all arrive',
    request: { messages: [user('one'), user([text('two')]), assistant('three'), user('four')] },
    check: ({ seen }) => {
      const lines = transcript(seen.request.conversation).join('\n').replaceAll('\n\n', '\n')
      assert.equal(lines, 'user: one\ntwo\nassistant: three\nuser: four')
    },
  },
  {
    name: 'an assistant message at the end is carried along',
    request: { messages: [user('one'), assistant('two, and')] },
    conversation: ['user: one', 'assistant: two, and'],
  },
  {
    name: 'the output limit goes up',
    check: ({ seen }) => assert.equal(seen.request.maxTokens, 6000),
  },
  {
    name: 'a limit beyond what the model gives is lowered',
    request: { max_tokens: 10_000_000 },
    check: ({ seen }) => {
      const { maxTokens = 0 } = seen.request
      assert.ok(maxTokens >= 1000 && maxTokens < 10_000_000, String(maxTokens))
    },
  },
  {
    name: 'stop sequences go up where the target takes them, and nothing is dropped',
    request: { stop_sequences: ['END', '###'] },
    check: ({ seen, dropped }) => {
      assert.ok(['END,###', ''].includes(seen.request.stop.join()))
      assert.ok(!dropped.includes('stop_sequences'))
    },
  },
  {
    name: 'temperature, top_p and top_k go up, or are named',
    request: { temperature: 0.25, top_p: 0.5, top_k: 40 },
    check: (exchange) => {
      const { temperature, topP, topK } = exchange.seen.request
      sentOrNamed(temperature === 0.25, 'temperature', exchange)
      sentOrNamed(topP === 0.5, 'top_p', exchange)
      sentOrNamed(topK === 40, 'top_k', exchange)
    },
  },
  {
    name: 'thinking and effort go up, or are named',
    request: {
      thinking: { type: 'enabled', budget_tokens: 2000 },
      output_config: { effort: 'high' },
    },
    check: (exchange) => sentOrNamed(exchange.seen.request.reasoning, 'thinking', exchange),
  },
  {
    name: 'a JSON schema for the answer goes up, or is named',
    request: { output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
    check: (exchange) => {
      const schema = exchange.seen.request.schema as typeof SCHEMA | undefined
      sentOrNamed(
        schema?.properties.answer.type === 'string' && schema.required[0] === 'answer',
        'output_config.format',
        exchange,
      )
    },
  },
  {
    name: 'marks of the prompt cache are not sent to providers that cannot read them',
    request: {
      system: [{ ...text('Be brief.'), cache_control: { type: 'ephemeral' } }],
      tools: [
        { name: 'A', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
      ],
      messages: [user([{ ...text('hi'), cache_control: { type: 'ephemeral', ttl: '1h' } }])],
    },
    check: ({ seen }) => assert.ok(!seen.raw.includes('cache_control')),
  },
  {
    name: 'fields that only Anthropic knows are left out and named',
    request: { context_management: { edits: [] }, safeguards: [{ type: 'dangerous_tool_use' }] },
    check: ({ seen, dropped }) => {
      assert.ok(!/context_management|safeguards/.test(seen.raw))
      assert.ok(dropped.includes('context_management') && dropped.includes('safeguards'))
    },
  },
  {
    name: 'a block of no known type is passed over and named',
    request: { messages: [user([{ type: 'hologram', depth: 3 }, text('hi')])] },
    conversation: ['user: hi'],
    check: ({ dropped }) => assert.ok(dropped.includes('user.hologram')),
  },
]
