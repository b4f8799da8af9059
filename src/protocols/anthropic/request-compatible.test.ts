import { describe, expect, it } from 'vitest'
import { bodyText } from '../../../test/support/body.ts'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { Message, MessagesRequest } from '../../messages/request.ts'
import { compatible } from './request-compatible.ts'
import { forward } from './request.ts'

const translated = (request: Partial<MessagesRequest>) =>
  compatible({ model: 'x', messages: [{ role: 'user', content: 'hi' }], ...request }, 'm')
const turns = (messages: readonly Message[]) => translated({ messages }).request.messages

const text = (t: string) => ({ type: 'text', text: t })
const reminder = (t: string) => text(`<system-reminder>\n${t}\n</system-reminder>`)
const use = (id: string) => ({ type: 'tool_use', id, name: 'T', input: {} })
const result = (id: string, content: unknown = 'ok') => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
})

describe("a request for another maker's Messages API", () => {
  it('says system messages in the user turn where they stand, keeping marks for the cache', () => {
    const cached = { ...text('cwd: /x'), cache_control: { type: 'ephemeral' } }
    expect(
      turns([
        { role: 'user', content: 'a' },
        { role: 'system', content: [cached] },
        { role: 'assistant', content: [text('b')] },
        { role: 'system', content: 'c' },
        { role: 'user', content: 'd' },
      ]),
    ).toEqual([
      {
        role: 'user',
        content: [text('a'), { ...reminder('cwd: /x'), cache_control: { type: 'ephemeral' } }],
      },
      { role: 'assistant', content: [text('b')] },
      { role: 'user', content: [reminder('c'), text('d')] },
    ])
  })

  it('has tool results before everything else of their turn', () => {
    expect(
      turns([
        { role: 'assistant', content: [use('a'), use('b')] },
        { role: 'user', content: [result('a')] },
        { role: 'system', content: 'note' },
        { role: 'user', content: [result('b'), text('go on')] },
      ])[1],
    ).toEqual({
      role: 'user',
      content: [result('a'), result('b'), reminder('note'), text('go on')],
    })
  })

  it('has no advisor: its tool is left out and named, what it said is text', () => {
    const advisor = { type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-5-5' }
    const bash = { name: 'Bash', input_schema: { type: 'object' } }
    const call = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'advisor', input: {} }
    const advice = {
      type: 'advisor_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: { type: 'advisor_result', text: 'Plan first.' },
    }
    const history: Message = { role: 'assistant', content: [call, advice, text('so be it')] }
    const { request, dropped } = translated({
      tools: [bash, advisor],
      messages: [{ role: 'user', content: 'hi' }, history],
    })
    expect(dropped).toEqual(['tools.advisor_20260301'])
    expect(request.tools).toEqual([bash])
    expect(request.messages.at(-1)).toEqual({
      role: 'assistant',
      content: [
        text('[the server called advisor: {}]'),
        text('[result of advisor]\n{"type":"advisor_result","text":"Plan first."}'),
        text('so be it'),
      ],
    })
    expect(translated({ tools: [advisor] }).request).not.toHaveProperty('tools')
  })

  it('says nothing of the group that pays, nor of threads', () => {
    const { request, dropped } = translated({
      tags: { team: 'a' },
      thread: { type: 'create' },
      fallbacks: [],
      diagnostics: {},
    })
    expect(Object.keys(request).toSorted()).toEqual(['messages', 'model'])
    expect(dropped).toEqual(['tags', 'thread', 'fallbacks', 'diagnostics'])
  })

  it('leaves out what only Anthropic answers, and names it', () => {
    const { request, dropped } = translated({
      safeguards: [{ type: 'dangerous_tool_use' }],
      context_management: { edits: [] },
      thinking: { type: 'adaptive' },
      brand_new: 1,
    })
    expect(request).toEqual({
      model: 'x',
      messages: [{ role: 'user', content: 'hi' }],
      thinking: { type: 'adaptive' },
      brand_new: 1,
    })
    expect(dropped).toEqual(['safeguards', 'context_management'])
  })

  it('has loaded tools as plain ones, no placeholder, and tool references as text', () => {
    const { request, dropped } = translated({
      tools: [
        { name: 'Bash', input_schema: {} },
        { name: 'DeferredToolPlaceholder', defer_loading: true },
        { name: 'WebFetch', defer_loading: true, input_schema: {} },
      ],
      messages: [
        { role: 'assistant', content: [use('a')] },
        {
          role: 'user',
          content: [result('a', [{ type: 'tool_reference', tool_name: 'WebFetch' }])],
        },
      ],
    })
    expect(request.tools).toEqual([
      { name: 'Bash', input_schema: {} },
      { name: 'WebFetch', input_schema: {} },
    ])
    expect(request.messages[1]?.content).toEqual([result('a', [text('Tool loaded: WebFetch')])])
    expect(dropped).toEqual([])
  })

  it('keeps reasoning that may be its own, also unsigned, and no sealed one', () => {
    const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature })
    const sealed = thinking(encodeSignature({ provider: 'p', model: 'm' }))
    const { request, dropped } = translated({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [sealed, thinking(''), thinking('x'), text('b')] },
      ],
    })
    expect(request.messages[1]?.content).toEqual([thinking(''), thinking('x'), text('b')])
    expect(dropped).toEqual(['assistant.thinking'])
  })

  it('moves effort out of a system message, and the billing header out of the prompt', () => {
    const { request } = translated({
      system: [text('x-anthropic-billing-header: cc_version=1;'), text('A')],
      output_config: { effort: 'high', format: { type: 'json_schema' } },
      messages: [
        { role: 'user', content: 'a' },
        { role: 'system', content: 'b', output_config: { effort: 'low' } },
      ],
    })
    expect(request.system).toEqual([text('A')])
    expect(request['output_config']).toEqual({ effort: 'low', format: { type: 'json_schema' } })
  })

  it('goes on with the model, an output limit that it has, and betas that are known', () => {
    const request = { model: 'x', max_tokens: 128_000, messages: [{ role: 'user', content: 'a' }] }
    const headers = {
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'claude-code-20250219, dangerous-tool-use-2026-09-03,effort-2025-11-24',
    }
    const target = { provider: 'p', model: 'glm-4.7', can: { maxOutput: 98_304 } }
    const forwarded = forward({ request, headers }, target, 'compatible')
    expect(JSON.parse(bodyText(forwarded.body))).toEqual({
      ...request,
      model: 'glm-4.7',
      max_tokens: 98_304,
    })
    expect(forwarded.headers).toEqual({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'claude-code-20250219',
    })
    expect(forwarded.dropped).toEqual([
      'anthropic-beta.dangerous-tool-use-2026-09-03',
      'anthropic-beta.effort-2025-11-24',
    ])
  })

  it('says images as text to a model that does not see them', () => {
    const source = { type: 'base64', media_type: 'image/png', data: 'aGk=' }
    const request = {
      model: 'x',
      messages: [{ role: 'user', content: [{ type: 'image', source }, text('a')] }],
    }
    const sent = (images: boolean) => {
      const target = { provider: 'p', model: 'm', can: { images } }
      return forward({ request, headers: {} }, target, 'compatible')
    }
    expect(sent(true).body).toContain('"image/png"')
    expect(sent(false).body).toContain('[image left out, because this model cannot take it]')
    expect(sent(false).body).not.toContain('"image/png"')
    expect(sent(false).dropped).toEqual(['messages.image'])
  })

  it('has no beta header where none is known', () => {
    const request = { model: 'x', messages: [{ role: 'user', content: 'a' }] }
    const original = { request, headers: { 'anthropic-beta': 'new', 'x-app': 'cli' } }
    const { headers } = forward(original, { provider: 'p', model: 'm' }, 'compatible')
    expect(headers).toEqual({ 'x-app': 'cli' })
  })
})

describe('a request for a Messages API of which nothing is known', () => {
  const HIGH = { output_config: { effort: 'high' }, thinking: { type: 'adaptive' } }
  const sent = (model: string, request: Partial<MessagesRequest>) => {
    const messages = [{ role: 'user', content: 'hi' }]
    const whole = { model: 'x', messages, ...request }
    const bytes = Buffer.from(JSON.stringify(whole))
    const { body } = forward(
      { bytes, request: whole, headers: {} },
      { provider: 'p', model },
      'unknown',
    )
    return JSON.parse(bodyText(body)) as MessagesRequest
  }

  it.each([
    ['Qwen/Qwen3.8-27B', 'xhigh'],
    ['openai/gpt-oss-120b', 'high'],
    ['claude-opus-5', 'high'],
    ['nobody-knows', 'high'],
  ])('has an effort that the model knows (%s: %s)', (model, effort) => {
    expect(sent(model, HIGH)).toMatchObject({ output_config: { effort } })
  })

  it("takes back its own model's unsigned thinking, and no other's", () => {
    const mine = { type: 'thinking', thinking: 'hm', signature: '' }
    const foreign = { ...mine, signature: encodeSignature({ provider: 'q', model: 'm' }) }
    const messages = [{ role: 'assistant', content: [mine, foreign, text('a')] }]
    expect(sent('qwen3.8-27b', { messages }).messages[0]?.content).toEqual([mine, text('a')])
    expect(sent('claude-opus-5', { messages }).messages[0]?.content).toEqual([text('a')])
  })
})
