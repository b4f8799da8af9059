import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage, TARGET } from '../../../test/support/stream.ts'
import type { Block } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { encode } from './request.ts'

const QUIRKS = { ...COMPATIBLE, reasoningHistory: 'reasoning', reasoningDetails: true } as const
const delta = (fields: object, finish: string | null = null): object => ({
  choices: [{ delta: fields, finish_reason: finish }],
})
const CALL = { index: 0, id: 'a', function: { name: 'T', arguments: '{}' } }

async function backAgain(...chunks: readonly object[]) {
  const { content } = await sdkMessage(await chatEvents(reads(chatBytes(...chunks))))
  const messages = [{ role: 'assistant', content: content as unknown as Block[] }]
  const { body } = encode({ model: 'x', messages }, TARGET, QUIRKS)
  const [message] = (body as { messages: Record<string, unknown>[] }).messages
  return { content, message }
}

describe('reasoning that comes in details', () => {
  it('goes back whole, its pieces joined, signature and all', async () => {
    const { content, message } = await backAgain(
      delta({
        reasoning: 'Let ',
        reasoning_details: [{ type: 'reasoning.text', text: 'Let ', index: 0, format: 'x' }],
      }),
      delta({
        reasoning: 'me see.',
        reasoning_details: [{ type: 'reasoning.text', text: 'me see.', index: 0 }],
      }),
      delta({ reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }] }),
      delta({ content: 'I look.' }),
      delta({ tool_calls: [CALL] }, 'tool_calls'),
    )
    expect(content).toMatchObject([{ thinking: 'Let me see.' }, { text: 'I look.' }, { name: 'T' }])
    expect(message).toMatchObject({
      content: 'I look.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Let me see.', index: 0, format: 'x', signature: 'sig' },
      ],
    })
    expect(message).not.toHaveProperty('reasoning')
  })

  it('that nobody can read stands in an empty block before its call', async () => {
    const encrypted = { type: 'reasoning.encrypted', data: 'c3RhdGU=', id: 'a', index: 0 }
    const { content, message } = await backAgain(
      delta({ reasoning_details: [encrypted], tool_calls: [CALL] }, 'tool_calls'),
    )
    expect(content).toMatchObject([{ type: 'thinking', thinking: '' }, { name: 'T' }])
    expect(message).toMatchObject({ reasoning_details: [encrypted] })
  })

  it('that comes behind the text of an answer does not end it', async () => {
    const { content } = await backAgain(
      delta({ content: 'Yes.' }),
      delta({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }, 'stop'),
    )
    expect(content).toMatchObject([{ type: 'text', text: 'Yes.' }])
  })

  it('is shown where a server has its text nowhere else', async () => {
    const { content } = await backAgain(
      delta({ reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }),
      delta({ content: 'Yes.' }, 'stop'),
    )
    expect(content).toMatchObject([{ thinking: 'hm' }, { text: 'Yes.' }])
  })

  it('does not go to another model', async () => {
    const { content } = await backAgain(
      delta({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }),
      delta({ tool_calls: [CALL] }, 'tool_calls'),
    )
    const messages = [{ role: 'assistant', content: content as unknown as Block[] }]
    const { body } = encode({ model: 'x', messages }, { ...TARGET, model: 'other' }, QUIRKS)
    expect(JSON.stringify(body)).not.toContain('reasoning_details')
  })
})
