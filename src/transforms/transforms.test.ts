import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatBytes, decodedEvents, reads, sdkMessage, TARGET } from '../../test/support/stream.ts'
import { TRANSFORMERS, usedTransformers } from '../config/schema/transformer.ts'
import type { Protocol } from '../protocols/protocol.ts'
import { openaiChat } from '../protocols/openai-chat/index.ts'
import { sseFrames } from '../framing/sse.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { repaired } from './repair-arguments.ts'
import { isTransform, requestRewrite, withTransforms } from './transforms.ts'

const CHAT = openaiChat({
  maxTokens: 'max_tokens',
  midSystem: 'user',
  streamOptions: true,
  jsonSchema: true,
})

const protocolWith = (...use: unknown[]): Protocol =>
  withTransforms(CHAT, usedTransformers({ use }), 'openai-chat')

const REQUEST: MessagesRequest = {
  model: 'm',
  max_tokens: 32_000,
  messages: [{ role: 'user', content: 'hi' }],
}
const TOOL = {
  name: 'Bash',
  input_schema: { $schema: 'x', type: 'object', properties: { command: { type: 'string' } } },
}

function bodyOf(use: unknown[], request: Partial<MessagesRequest> = {}): Record<string, unknown> {
  const { body } = protocolWith(...use).encode({ ...REQUEST, ...request }, TARGET)
  return JSON.parse(JSON.stringify(body)) as Record<string, unknown>
}

const delta = (value: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: value, finish_reason: finish }],
})
const text = (content: string) => delta({ content })
const call = (name: string | undefined, args: string, index = 0) =>
  delta({
    tool_calls: [
      {
        index,
        ...(name === undefined ? {} : { id: `c${String(index)}` }),
        function: { name, arguments: args },
      },
    ],
  })
const END = delta({}, 'stop')

async function answerOf(use: unknown[], ...chunks: unknown[]) {
  const protocol = protocolWith(...use)
  const frames = sseFrames(reads(chatBytes(...chunks)))
  const decoder = (...args: Parameters<Protocol['decoder']>) => protocol.decoder(...args)
  return sdkMessage(await decodedEvents(decoder, frames))
}

describe('the transformers of existing configs', () => {
  it('are all there, in any case', () => {
    expect(TRANSFORMERS.filter((name) => !isTransform(name.toLowerCase()))).toEqual([])
    expect(isTransform('tostring')).toBe(false)
    expect(bodyOf(['MaxToken'])).toEqual(bodyOf([]))
  })

  it('change nothing if their change is made anyway, and if there is no transformer of this name', () => {
    const names = [
      'Anthropic',
      'OpenAI',
      'gemini',
      'deepseek',
      'streamoptions',
      'nosuch',
      'toString',
    ]
    expect(bodyOf(names)).toEqual(bodyOf([]))
    expect(bodyOf([])).toMatchObject({ stream_options: { include_usage: true } })
  })
})

describe('options that go into the body', () => {
  it.each(['openrouter', 'vercel'])('of %s replace what is there', (name) => {
    const provider = { only: ['azure'] }
    expect(bodyOf([[name, { provider, max_tokens: 5 }]])).toMatchObject({ provider, max_tokens: 5 })
  })

  it('of customparams fill in at any depth; what is there wins', () => {
    const options = {
      max_tokens: 1,
      stream_options: { include_usage: false, more: { a: 1 } },
      chat_template_kwargs: { enable_thinking: false },
      stop: ['x'],
    }
    expect(bodyOf([['customparams', options]])).toMatchObject({
      max_tokens: 32_000,
      stream_options: { include_usage: true, more: { a: 1 } },
      chat_template_kwargs: { enable_thinking: false },
      stop: ['x'],
    })
  })
})

describe('limits and sampling', () => {
  it('maxtoken caps, and never raises', () => {
    expect(bodyOf([['maxtoken', { max_tokens: 8192 }]])).toMatchObject({ max_tokens: 8192 })
    expect(bodyOf([['maxtoken', { max_tokens: '16384' }]])).toMatchObject({ max_tokens: 16_384 })
    const small = bodyOf([['maxtoken', { max_tokens: 8192 }]], { max_tokens: 100 })
    expect(small).toMatchObject({ max_tokens: 100 })
    expect(bodyOf([['maxtoken', { max_tokens: '' }]])).toMatchObject({ max_tokens: 32_000 })
  })

  it('maxtoken holds where the encoder would leave room to think', () => {
    const target = { ...TARGET, can: { reasoning: true } }
    const protocol = protocolWith(['maxtoken', { max_tokens: 1000 }])
    expect(protocol.encode(REQUEST, target).body).toMatchObject({ max_tokens: 1000 })
  })

  it('maxcompletiontokens renames the limit, whichever comes first', () => {
    for (const use of [
      ['maxcompletiontokens', ['maxtoken', { max_tokens: 9 }]],
      [['maxtoken', { max_tokens: 9 }], 'maxcompletiontokens'],
    ]) {
      expect(bodyOf(use)).toMatchObject({ max_completion_tokens: 9 })
      expect(bodyOf(use)).not.toHaveProperty('max_tokens')
    }
  })

  it('sampling sets what the client says otherwise or not at all', () => {
    const options = {
      temperature: 0.6,
      top_p: '0.9',
      top_k: 20,
      repetition_penalty: 1.05,
      max_tokens: 4000,
    }
    expect(bodyOf([['sampling', options]], { temperature: 1 })).toMatchObject({
      ...options,
      top_p: 0.9,
    })
  })
})

describe('fields that endpoints refuse', () => {
  const marked = {
    system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
    tools: [{ ...TOOL, cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [{ type: 'text', text: 'r', cache_control: {} }],
            cache_control: {},
          },
        ],
      },
    ],
  }

  it('cleancache takes the marks of the prompt cache out everywhere', () => {
    const rewrite = requestRewrite(usedTransformers({ use: ['cleancache'] }))
    const request = { ...REQUEST, ...marked, metadata: { cache_control: 'stays' } }
    const clean = rewrite?.(request, TARGET)
    expect(JSON.stringify({ ...clean, metadata: {} })).not.toContain('cache_control')
    expect(clean).toMatchObject({ max_tokens: 32_000, metadata: { cache_control: 'stays' } })
  })

  it('groq takes $schema out of the tools, cerebras the field reasoning', () => {
    const use = ['groq', ['openrouter', { reasoning: { effort: 'low' } }], 'cerebras']
    const body = bodyOf(use, { tools: [TOOL] })
    expect(JSON.stringify(body)).not.toMatch(/\$schema|"reasoning"/)
    expect(body['tools']).toMatchObject([{ function: { parameters: { type: 'object' } } }])
  })
})

describe('thinking', () => {
  it('reasoning switches it on as the client asks, and off for good', () => {
    const budget = { thinking: { type: 'enabled', budget_tokens: 2000 } }
    expect(bodyOf(['reasoning'], budget)).toMatchObject({ enable_thinking: true, ...budget })
    expect(bodyOf(['reasoning'], { thinking: { type: 'adaptive' } })).toMatchObject({
      enable_thinking: true,
      thinking: { type: 'enabled' },
    })
    expect(bodyOf(['reasoning'])).not.toHaveProperty('enable_thinking')
    expect(bodyOf([['reasoning', { enable: false }]], budget)).toMatchObject({
      enable_thinking: false,
      thinking: { type: 'disabled', budget_tokens: -1 },
    })
  })

  it('extrathinktag takes it out of tags, however the text is cut', async () => {
    const whole = '\n<think>a < b, so </thin no</think>\n\nAnswer with <think>tags</think>.'
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: whole.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length]
        const pieces = at.slice(1).map((end, i) => text(whole.slice(at[i], end)))
        const { content } = await answerOf(['extrathinktag'], ...pieces, END)
        expect(content).toMatchObject([
          { type: 'thinking', thinking: 'a < b, so </thin no' },
          { type: 'text', text: 'Answer with <think>tags</think>.' },
        ])
      }),
      { numRuns: 50 },
    )
  })

  it('extrathinktag leaves an answer without tags alone, and one that only began like one', async () => {
    expect((await answerOf(['extrathinktag'], text('just <think>'), END)).content).toMatchObject([
      { text: 'just <think>' },
    ])
    expect((await answerOf(['extrathinktag'], text('<thi'), END)).content).toMatchObject([
      { text: '<thi' },
    ])
  })

  it('extrathinktag keeps thinking and tool calls in their order', async () => {
    const answer = await answerOf(
      ['extrathinktag'],
      text('<think>hm'),
      text('</think>'),
      call('Bash', '{"command":"ls"}'),
      delta({}, 'tool_calls'),
    )
    expect(answer.content).toMatchObject([
      { type: 'thinking', thinking: 'hm' },
      { type: 'tool_use', input: { command: 'ls' } },
    ])
    expect(answer.stop_reason).toBe('tool_use')
  })

  it('forcereasoning asks for it, shows the model its own, and takes it out', async () => {
    const thought = { type: 'thinking', thinking: 'I thought', signature: 's' }
    const body = bodyOf(['forcereasoning'], {
      system: 'Be good.',
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [thought, { type: 'text', text: 'b' }] },
        { role: 'user', content: 'c' },
      ],
    })
    const messages = body['messages'] as { role: string; content: string }[]
    expect(messages[0]?.content).toMatch(/^Be good\.\n\nThink before/)
    expect(messages[2]?.content).toBe('<reasoning_content>I thought</reasoning_content>\n\nb')
    const off = bodyOf(['forcereasoning'], { thinking: { type: 'disabled' } })
    expect(off).toEqual(bodyOf([], { thinking: { type: 'disabled' } }))
    const answer = await answerOf(
      ['forcereasoning'],
      text('<reasoning_content>so</reasoning_content>done'),
      END,
    )
    expect(answer.content).toMatchObject([{ thinking: 'so' }, { text: 'done' }])
  })
})

describe('tooluse', () => {
  it('requires a call and offers one that answers, where there are tools', () => {
    expect(bodyOf(['tooluse'])).toEqual(bodyOf([]))
    const body = bodyOf(['tooluse'], { tools: [TOOL], tool_choice: { type: 'auto' } })
    expect(body).toMatchObject({ tool_choice: 'required' })
    const names = (body['tools'] as { function: { name: string } }[]).map((t) => t.function.name)
    expect(names).toEqual(['Bash', 'ExitTool'])
  })

  it('gives the answer of that call as text', async () => {
    const answer = await answerOf(
      ['tooluse'],
      call('ExitTool', '{"respon'),
      call(undefined, 'se":"All done."}'),
      delta({}, 'tool_calls'),
    )
    expect(answer.content).toMatchObject([{ type: 'text', text: 'All done.' }])
    expect(answer.stop_reason).toBe('end_turn')
  })

  it('leaves other calls alone, and gives unreadable arguments as text', async () => {
    const answer = await answerOf(
      ['tooluse'],
      call('Bash', '{"command":"ls"}'),
      call('ExitTool', 'no json', 1),
      delta({}, 'tool_calls'),
    )
    expect(answer.content).toMatchObject([{ type: 'tool_use' }, { text: 'no json' }])
  })
})

describe('enhancetool', () => {
  it.each([
    ["{command: 'ls',}", { command: 'ls' }],
    ['```json\n{"command":"ls"}\n```', { command: 'ls' }],
    ['{"command":"a\nb"}', { command: 'a\nb' }],
    ['{"command":"ls"', { command: 'ls' }],
    ['{"command":"ls"}}', { command: 'ls' }],
    ['"{\\"command\\":\\"ls\\"}"', { command: 'ls' }],
  ])('repairs %j', (args, expected) => {
    expect(JSON.parse(repaired(args))).toEqual(expected)
  })

  it('leaves what is whole or beyond repair as it is', () => {
    for (const args of ['', '{"a": 1}', 'rm -rf', '{"a":{"b":', '[1]']) {
      expect(repaired(args)).toBe(args)
    }
  })

  it('repairs a streamed call, and keeps the order of what is said', async () => {
    const answer = await answerOf(
      ['enhancetool'],
      text('Look: '),
      call('Bash', '{command: '),
      call('Read', '{"file":"x"}', 1),
      call(undefined, "'ls'}"),
      delta({}, 'tool_calls'),
    )
    expect(answer.content).toMatchObject([
      { text: 'Look: ' },
      { name: 'Bash', input: { command: 'ls' } },
      { name: 'Read', input: { file: 'x' } },
    ])
  })

  it('does not finish a call that the output limit cut', async () => {
    const protocol = protocolWith('enhancetool')
    const chunks = [call('Bash', '{"command":"rm -rf /tmp/x"'), delta({}, 'length')]
    const events = await decodedEvents(
      (...args) => protocol.decoder(...args),
      sseFrames(reads(chatBytes(...chunks))),
    )
    const args = events.flatMap((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'input_json_delta'
        ? [event.delta.partial_json]
        : [],
    )
    expect(args.join('')).toBe('{"command":"rm -rf /tmp/x"')
  })
})

describe('transformers around a request that passes through', () => {
  it('change its fields', () => {
    const rewrite = requestRewrite(
      usedTransformers({
        use: ['Anthropic', ['maxtoken', { max_tokens: 8000 }], ['sampling', { top_k: 5 }]],
      }),
    )
    expect(rewrite?.(REQUEST, TARGET)).toEqual({ ...REQUEST, max_tokens: 8000, top_k: 5 })
  })

  it('are left out if they change nothing, so that the bytes stay', () => {
    expect(requestRewrite(usedTransformers({ use: ['Anthropic', 'nosuch'] }))).toBeUndefined()
  })
})
