import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage, TARGET } from '../../../test/support/stream.ts'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { Block, Message } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { encode } from './request.ts'
import type { Quirks } from './types.ts'

/** Hand-written. */
const delta = (fields: object, finish: string | null = null): object => ({
  choices: [{ delta: fields, finish_reason: finish }],
})
const CALL = { index: 0, id: 'a', function: { name: 'T', arguments: '{}' } }
const USE: Block = { type: 'tool_use', id: 'a', name: 'T', input: {} }

type Sent = Record<string, unknown> & { readonly tool_calls?: readonly object[] }

function encoded(content: readonly Block[], model = 'm', quirks: Partial<Quirks> = {}): Sent {
  const messages: Message[] = [{ role: 'assistant', content }]
  const target = { ...TARGET, model }
  const { body } = encode({ model: 'x', messages }, target, { ...COMPATIBLE, ...quirks })
  const sent = (body as { messages: readonly Sent[] }).messages
  return sent.find(({ role }) => role === 'assistant') ?? {}
}

/** What an answer becomes, and what its server gets back of it. */
async function backAgain(chunks: readonly object[], quirks?: Partial<Quirks>, model?: string) {
  const { content } = await sdkMessage(await chatEvents(reads(chatBytes(...chunks))))
  const blocks = content as unknown as Block[]
  return { blocks, back: encoded(blocks, model, quirks) }
}

const thought = (text: string, sealed: object = {}): Block => ({
  type: 'thinking',
  thinking: text,
  signature: encodeSignature({ ...TARGET, ...sealed }),
})

describe('earlier reasoning in Chat Completions', () => {
  it.each(['reasoning_content', 'reasoning', 'reasoning_text'])(
    'goes back in %s, where it came in',
    async (field) => {
      const { back } = await backAgain([
        delta({ [field]: 'Let ' }),
        delta({ [field]: 'me see.' }),
        delta({ content: 'I look.' }),
        delta({ tool_calls: [CALL] }, 'tool_calls'),
      ])
      expect(back).toMatchObject({ [field]: 'Let me see.', content: 'I look.' })
    },
  )

  it('goes back once where a server says it under two names', async () => {
    const twice = { reasoning: 'hm', reasoning_content: 'hm' }
    const { back } = await backAgain([delta(twice), delta({ tool_calls: [CALL] }, 'tool_calls')])
    expect(back).toMatchObject({ reasoning_content: 'hm' })
    expect(back).not.toHaveProperty('reasoning')
  })

  it('goes where the row says, whatever the field it came in', async () => {
    const chunks = [delta({ reasoning_content: 'hm' }), delta({ content: 'Yes.' }, 'stop')]
    const { back } = await backAgain(chunks, { reasoningHistory: 'reasoning' })
    expect(back).toMatchObject({ reasoning: 'hm' })
    expect(back).not.toHaveProperty('reasoning_content')
  })

  it('does not go to a server that is known to refuse it', async () => {
    const chunks = [delta({ reasoning: 'hm' }), delta({ tool_calls: [CALL] }, 'tool_calls')]
    const { back } = await backAgain(chunks, { reasoningHistory: 'refused' }, 'deepseek-v4-pro')
    expect(Object.keys(back)).toEqual(['role', 'content', 'tool_calls'])
  })

  it('does not go to another provider', () => {
    const back = encoded([thought('hm', { provider: 'q', textField: 'reasoning' }), USE])
    expect(Object.keys(back)).toEqual(['role', 'content', 'tool_calls'])
  })

  it("of Claude's goes back in the blocks that hold its signature", async () => {
    const { blocks, back } = await backAgain([
      delta({
        reasoning_content: 'Let me ',
        thinking_blocks: [{ type: 'thinking', thinking: 'Let me ', signature: null }],
      }),
      delta({
        reasoning_content: 'see.',
        thinking_blocks: [{ type: 'thinking', thinking: 'see.', signature: null }],
      }),
      delta({ thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'sig' }] }),
      delta({ tool_calls: [CALL] }, 'tool_calls'),
    ])
    expect(blocks).toMatchObject([{ thinking: 'Let me see.' }, { type: 'tool_use' }])
    expect(back).toMatchObject({
      thinking_blocks: [{ type: 'thinking', thinking: 'Let me see.', signature: 'sig' }],
    })
  })

  it('goes back with the state that stood beside it', async () => {
    const { back } = await backAgain([
      delta({ reasoning_text: 'hm' }),
      delta({ reasoning_opaque: 'c3RhdGU=' }),
      delta({ tool_calls: [CALL] }, 'tool_calls'),
    ])
    expect(back).toMatchObject({ reasoning_text: 'hm', reasoning_opaque: 'c3RhdGU=' })
  })

  it.each(['google', 'vertex'])('has its signature in extra_content.%s', async (holder) => {
    const extra_content = { [holder]: { thought_signature: 'c2ln' } }
    const chunks = [
      delta({ reasoning_content: 'hm' }),
      delta({ tool_calls: [{ ...CALL, extra_content }] }, 'tool_calls'),
    ]
    const { back } = await backAgain(chunks)
    expect(back.tool_calls).toMatchObject([{ extra_content }])
    expect(back).toMatchObject({ reasoning_content: 'hm' })
  })

  it.each([
    ['reasoning_details', [{ type: 'reasoning.text', text: 'hm', index: 0 }]],
    ['thinking_blocks', [{ type: 'thinking', thinking: 'hm', signature: 's' }]],
  ])(
    'without its %s, which only their model reads, is text for another model',
    async (list, of) => {
      const chunks = [delta({ reasoning: 'hm', [list]: of }), delta({ content: 'Yes.' }, 'stop')]
      const { back } = await backAgain(chunks, {}, 'other')
      expect(back).toMatchObject({ reasoning: 'hm' })
      expect(back).not.toHaveProperty(list)
    },
  )
})

describe('a model that refuses its turns without reasoning', () => {
  it.each([
    'deepseek-v4-pro',
    'deepseek-ai/DeepSeek-V4.1-Flash',
    'mimo-v2.5-pro',
    'moonshotai/kimi-k2.6',
    'kimi-k3',
    'k3-256k',
  ])('gets some for a turn of another model, and no content: null (%s)', (model) => {
    const back = encoded([thought('hm', { provider: 'q' }), USE], model)
    expect(back).toMatchObject({ content: '', reasoning_content: ' ' })
  })

  it('gets it in the field that this server itself uses', () => {
    const messages: Message[] = [
      { role: 'assistant', content: [USE] },
      { role: 'assistant', content: [thought('hm', { textField: 'reasoning' }), USE] },
    ]
    const turn = { role: 'user', content: 'go on' }
    const request = { model: 'x', messages: [...messages.slice(0, 1), turn, ...messages.slice(1)] }
    const target = { ...TARGET, model: 'deepseek-v4-pro' }
    const { messages: sent } = encode(request, target, COMPATIBLE).body as { messages: Sent[] }
    expect(sent.filter(({ role }) => role === 'assistant')).toMatchObject([
      { reasoning: ' ' },
      { reasoning: 'hm' },
    ])
  })

  it.each(['gpt-5', 'deepseek-v3.2', 'llama-4', 'qwen3.8-max', 'kimi-k2-0905', 'mk3'])(
    'is none of %s',
    (model) => {
      expect(Object.keys(encoded([USE], model))).toEqual(['role', 'content', 'tool_calls'])
    },
  )
})

describe('Gemini 3 behind a gateway', () => {
  const GEMINI = 'gemini-3-flash-preview'
  const signed = thought('', {
    model: GEMINI,
    payload: 'c2ln',
    stateField: 'extra_content.vertex',
  })
  const sentCalls = (first: readonly Block[]) => {
    const request = {
      model: 'x',
      messages: [
        { role: 'assistant', content: first },
        { role: 'user', content: 'on' },
        { role: 'assistant', content: [{ ...USE, id: 'b' }] },
      ],
    }
    const { body } = encode(request, { ...TARGET, model: GEMINI }, COMPATIBLE)
    const { messages } = body as { messages: readonly Sent[] }
    return messages.flatMap(({ tool_calls: calls }) => calls ?? [])
  }

  it('gets a stand-in for calls of other models once it has shown that it signs them', () => {
    const skipped = { vertex: { thought_signature: 'skip_thought_signature_validator' } }
    expect(sentCalls([signed, USE])).toMatchObject([
      { extra_content: { vertex: { thought_signature: 'c2ln' } } },
      { extra_content: skipped },
    ])
  })

  it('gets none where it never did', () => {
    for (const call of sentCalls([USE])) expect(call).not.toHaveProperty('extra_content')
  })
})
