/** New fields of the client, for each kind of Messages API. */
import { describe, expect, it } from 'vitest'
import { bodyText } from '../../../test/support/body.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { forward } from './request.ts'
import type { Dialect } from './types.ts'

const CLAUDE = 'claude-sonnet-4-5'
const bash = { name: 'Bash', input_schema: { type: 'object' } }
const late = { name: 'Late', input_schema: { type: 'object' } }
const advisor = { type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-5-5' }
const request: MessagesRequest = {
  model: 'x',
  max_tokens: 9,
  tags: { team: 'a' },
  thread: { type: 'create' },
  tools: [bash, advisor],
  messages: [
    { role: 'user', content: 'hi' },
    {
      role: 'system',
      content: [
        { type: 'text', text: 'Late is here' },
        { type: 'tool_addition', tool: { type: 'tool_definition', definition: late } },
        { type: 'tool_removal', tool: { type: 'tool_reference', name: 'Bash' } },
      ],
    },
  ],
}
const betas = { 'anthropic-beta': 'claude-code-20250219,request-tags-2026-08-21' }

function forwarded(dialect: Dialect, model: string) {
  const bytes = Buffer.from(JSON.stringify(request))
  const target = { provider: 'p', model }
  const { body, dropped, headers } = forward({ bytes, request, headers: betas }, target, dialect)
  return { body: JSON.parse(bodyText(body)) as MessagesRequest, dropped, headers }
}

describe('tags, threads, the advisor and tools that change along the way', () => {
  it('reach Anthropic as they came', () => {
    const { body, dropped, headers } = forwarded('anthropic', CLAUDE)
    expect(body).toEqual({ ...request, model: CLAUDE })
    expect(dropped).toEqual([])
    expect(headers).toEqual(betas)
  })

  it.each<[Dialect, string]>([
    ['unknown', 'qwen3'],
    ['compatible', 'kimi-k2'],
    ['bedrock', CLAUDE],
    ['vertex', CLAUDE],
    ['messages', CLAUDE],
  ])('reach no other API (%s)', (dialect, model) => {
    const { body, dropped } = forwarded(dialect, model)
    expect(body).not.toHaveProperty('tags')
    expect(body).not.toHaveProperty('thread')
    expect(body.tools).toEqual([late])
    expect(JSON.stringify(body.messages)).not.toMatch(/tool_(addition|removal)/)
    expect(JSON.stringify(body.messages)).toContain('Late is here')
    expect(dropped).toEqual(expect.arrayContaining(['tags', 'thread', 'tools.advisor_20260301']))
  })

  it('leave a relay to Claude its advisor', () => {
    const { body, dropped } = forwarded('unknown', CLAUDE)
    expect(body.tools).toEqual([advisor, late])
    expect(dropped).toEqual(['tags', 'thread'])
  })

  it('leave a request without them to an unknown server byte for byte', () => {
    const plain = { model: 'x', tools: [bash], messages: [{ role: 'user', content: 'hi' }] }
    const bytes = Buffer.from(JSON.stringify(plain, null, 1))
    const target = { provider: 'p', model: 'x' }
    const { body } = forward({ bytes, request: plain, headers: {} }, target, 'unknown')
    expect(bodyText(body)).toBe(bytes.toString())
  })

  it('an effort that stands alone in a system message makes no empty turn', () => {
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ok' },
      { role: 'system', content: [], output_config: { effort: 'low' } },
    ]
    const plain = { model: 'x', messages }
    const target = { provider: 'p', model: 'x' }
    const { body } = forward({ request: plain, headers: {} }, target, 'unknown')
    expect(JSON.parse(bodyText(body))).toMatchObject({
      messages: messages.slice(0, 2),
      output_config: { effort: 'low' },
    })
  })
})
