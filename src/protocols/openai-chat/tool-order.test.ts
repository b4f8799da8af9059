import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { encode } from './request.ts'

const CALL = { type: 'tool_use', id: 'a', name: 'T', input: {} }
const RESULT = { type: 'tool_result', tool_use_id: 'a', content: 'a.txt' }
const IMAGE = { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } }

/** Roles and contents as they are sent. Hand-written. */
function sent(model: string, ...beside: readonly object[]) {
  const request: MessagesRequest = {
    model: 'x',
    messages: [
      { role: 'user', content: 'look' },
      { role: 'assistant', content: [CALL] },
      { role: 'user', content: [RESULT, ...(beside as (typeof IMAGE)[])] },
      { role: 'system', content: 'cwd: /x' },
    ],
  }
  const { body } = encode(request, { provider: 'p', model }, COMPATIBLE)
  const { messages } = body as { messages: readonly { role: string; content: unknown }[] }
  return messages.slice(2)
}

describe("Mistral's models, whose templates refuse a user's message behind a tool's", () => {
  it.each(['devstral-small-2', 'mistralai/Mistral-Large-4', 'mixtral-8x7b'])(
    'find what is said beside a result in the result (%s)',
    (model) => {
      const messages = sent(model, { type: 'text', text: 'be brief' })
      expect(messages.map(({ role }) => role)).toEqual(['tool'])
      expect(messages[0]?.content).toMatch(/^a\.txt\n\nbe brief\n\n<system-reminder>\ncwd: \/x/)
    },
  )

  it('see an image behind a word of their own', () => {
    const messages = sent('pixtral-12b', IMAGE)
    expect(messages.map(({ role }) => role)).toEqual(['tool', 'assistant', 'user'])
  })

  it('are no others', () => {
    const messages = sent('qwen3-coder', { type: 'text', text: 'be brief' })
    expect(messages.map(({ role }) => role)).toEqual(['tool', 'user'])
  })
})
