import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { encode } from './request.ts'

const mark = { type: 'ephemeral' }
const marked = (text: string): object => ({ type: 'text', text, cache_control: mark })
const QUIRKS = { ...COMPATIBLE, cacheControl: /^anthropic\// }

function messages(request: Partial<MessagesRequest>, model: string): unknown {
  const whole = { model: 'x', messages: [], ...request }
  return (encode(whole, { provider: 'p', model }, QUIRKS).body as { messages: unknown }).messages
}

const CONVERSATION = {
  system: [{ type: 'text', text: 'You are.' }, marked('Rules.')],
  messages: [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'T', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'r' }] },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: [marked('three')] },
  ],
} as unknown as Partial<MessagesRequest>

describe('marks of the prompt cache', () => {
  it('stand behind the system prompt and the two newest turns where they are passed on', () => {
    expect(messages(CONVERSATION, 'anthropic/claude-sonnet-4.5')).toMatchObject([
      { role: 'system', content: [marked('You are.\n\nRules.')] },
      { role: 'user', content: 'one' },
      { role: 'assistant' },
      { role: 'tool', content: 'r', cache_control: mark },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: [marked('three')] },
    ])
  })

  it('go to nobody else', () => {
    expect(JSON.stringify(messages(CONVERSATION, 'openai/gpt-5'))).not.toContain('cache_control')
  })

  it('are not made up', () => {
    const request = { system: 'a', messages: [{ role: 'user', content: 'b' }] }
    expect(JSON.stringify(messages(request, 'anthropic/x'))).not.toContain('cache_control')
  })
})
