import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../messages/request.ts'
import { encode } from './request.ts'

const POINT = { cachePoint: { type: 'default' } }
const mark = { cache_control: { type: 'ephemeral' } }
const TOOL = { name: 'T', input_schema: { type: 'object', properties: {} } }

const CONVERSATION = {
  model: 'x',
  system: [{ type: 'text', text: 'Rules.', ...mark }],
  tools: [TOOL],
  messages: [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'three' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'T', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'r', ...mark }] },
  ],
} as unknown as MessagesRequest

interface Body {
  readonly system: unknown
  readonly toolConfig: { readonly tools: readonly unknown[] }
  readonly messages: readonly { readonly content: readonly unknown[] }[]
}

function body(model: string, request = CONVERSATION): Body {
  return encode(request, { provider: 'p', model }).body as Body
}

/** The places of the messages that end in a checkpoint. */
function marked({ messages }: Body): readonly number[] {
  const isPoint = (block: unknown): boolean => JSON.stringify(block) === JSON.stringify(POINT)
  return messages.flatMap(({ content }, at) => (isPoint(content.at(-1)) ? [at] : []))
}

describe('checkpoints of the prompt cache', () => {
  it.each([
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'anthropic.claude-3-7-sonnet-20250219-v1:0',
    'anthropic.claude-3-5-haiku-20241022-v1:0',
  ])('stand behind tools, system prompt and the newest two turns of the user for %s', (model) => {
    const sent = body(model)
    expect(sent.system).toEqual([{ text: 'Rules.' }, POINT])
    expect(sent.toolConfig.tools).toEqual([{ toolSpec: expect.anything() as unknown }, POINT])
    expect(marked(sent)).toEqual([2, 4])
  })

  it('are neither among the tools nor beside results for Nova', () => {
    const sent = body('us.amazon.nova-pro-v1:0')
    expect(sent.system).toEqual([{ text: 'Rules.' }, POINT])
    expect(sent.toolConfig.tools).toHaveLength(1)
    expect(marked(sent)).toEqual([0, 2])
  })

  it.each([
    'anthropic.claude-3-5-sonnet-20240620-v1:0',
    'us.amazon.nova-2-lite-v1:0',
    'meta.llama3-3-70b-instruct-v1:0',
  ])('do not go to %s', (model) => {
    expect(JSON.stringify(body(model))).not.toContain('cachePoint')
  })

  it('are not made up, and do not stand alone', () => {
    const plain = { model: 'x', system: 's', messages: [{ role: 'user', content: 'a' }] }
    const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
    expect(JSON.stringify(body(sonnet, plain))).not.toContain('cachePoint')
    const content = [{ type: 'text', text: 'a', ...mark }]
    const sent = body(sonnet, { model: 'x', messages: [{ role: 'user', content }] })
    expect(sent).toMatchObject({ messages: [{ content: [{ text: 'a' }, POINT] }] })
    expect(sent).not.toHaveProperty('system')
    expect(sent).not.toHaveProperty('toolConfig')
  })

  describe('that are to live an hour', () => {
    const HOUR = { cachePoint: { type: 'default', ttl: '1h' } }
    const hour = { cache_control: { type: 'ephemeral', ttl: '1h' } }
    const ask = (model: string, more: object) => {
      const request = { ...CONVERSATION, ...more }
      const { body: sent, dropped } = encode(request, { provider: 'p', model })
      const { system, toolConfig, messages } = sent as Body
      const points = [toolConfig.tools, system, ...messages.map(({ content }) => content)]
        .map((list) => (list as readonly unknown[]).at(-1))
        .filter((one) => JSON.stringify(one).includes('cachePoint'))
      return { points, dropped }
    }
    const NEW = 'global.anthropic.claude-opus-4-5-20251101-v1:0'
    const inSystem = { system: [{ type: 'text', text: 'Rules.', ...hour }] }

    it('say so, with all before them, as no longer life may follow a shorter one', () => {
      expect(ask(NEW, inSystem)).toEqual({ points: [HOUR, HOUR, POINT, POINT], dropped: [] })
      const tools = { tools: [{ ...TOOL, ...hour }] }
      expect(ask(NEW, tools).points).toEqual([HOUR, POINT, POINT, POINT])
      const messages = [{ role: 'user', content: [{ type: 'text', text: 'a', ...hour }] }]
      expect(ask(NEW, { messages }).points).toEqual([HOUR, HOUR, HOUR])
    })

    it.each([
      'anthropic.claude-3-7-sonnet-20250219-v1:0',
      'anthropic.claude-opus-4-1-20250805-v1:0',
      'us.amazon.nova-pro-v1:0',
    ])('live as long as usual on %s, which is named', (model) => {
      const { points, dropped } = ask(model, inSystem)
      expect(points.every((one) => JSON.stringify(one) === JSON.stringify(POINT))).toBe(true)
      expect(points).not.toEqual([])
      expect(dropped).toEqual(['cache_control.ttl'])
    })

    it('are named where their life is another; five minutes need no word', () => {
      const withTtl = (ttl: string) => ({
        system: [{ type: 'text', text: 'Rules.', cache_control: { type: 'ephemeral', ttl } }],
      })
      expect(ask(NEW, withTtl('24h')).dropped).toEqual(['cache_control.ttl'])
      const usual = { points: [POINT, POINT, POINT, POINT], dropped: [] }
      expect(ask(NEW, withTtl('5m'))).toEqual(usual)
    })
  })
})
