import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage, TARGET } from '../../../test/support/stream.ts'
import { encodeSignature } from '../../messages/reasoning-signature.ts'
import type { Block } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { encode } from './request.ts'
import { signatureHolder, signed, withSignature } from './request-messages.ts'
import type { ToolCall } from './types.ts'

const QUIRKS = { ...COMPATIBLE, thoughtSignatures: true }
const use = (id: string): Block => ({ type: 'tool_use', id, name: 'T', input: {} })

function calls(content: readonly Block[], model: string): readonly ToolCall[] {
  const request = { model: 'x', messages: [{ role: 'assistant', content }] }
  const { body } = encode(request, { provider: 'p', model }, QUIRKS)
  const [message] = (body as { messages: [{ tool_calls: ToolCall[] }] }).messages
  return message.tool_calls
}

const signatures = (content: readonly Block[], model: string) =>
  calls(content, model).map((call) => call.extra_content?.google?.thought_signature)

function thinking(provider: string, model: string): Block {
  return {
    type: 'thinking',
    thinking: '',
    signature: encodeSignature({ provider, model, payload: 'sig' }),
  }
}

describe("Gemini's thought signatures in Chat Completions", () => {
  it('come with a call and travel in an empty thinking block before it', async () => {
    const call = {
      index: 0,
      id: 'c',
      function: { name: 'T', arguments: '{}' },
      extra_content: { google: { thought_signature: 'sig' } },
    }
    const other = { index: 1, id: 'd', function: { name: 'T', arguments: '{}' } }
    const body = chatBytes(
      { choices: [{ delta: { content: 'on it' } }] },
      { choices: [{ delta: { tool_calls: [call, other] } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
    )
    const { content } = await sdkMessage(await chatEvents(reads(body)))
    expect(content.map((block) => block.type)).toEqual(['text', 'thinking', 'tool_use', 'tool_use'])
    const signature = content[1]?.type === 'thinking' ? content[1].signature : ''
    expect(signature).toBe(
      encodeSignature({ ...TARGET, payload: 'sig', stateField: 'extra_content.google' }),
    )
  })

  it('go back in the call that they came with, to the model that made them', () => {
    const content = [thinking('p', 'gemini-3-pro'), use('a'), use('b')]
    expect(signatures(content, 'gemini-3-pro')).toEqual(['sig', undefined])
    expect(signatures(content, 'gemini-2.5-pro')).toEqual([undefined, undefined])
  })

  it('are said to be missing where Gemini 3 would refuse a call without one', () => {
    const skip = 'skip_thought_signature_validator'
    expect(signatures([use('a'), use('b')], 'gemini-3-pro')).toEqual([skip, undefined])
    expect(signatures([thinking('q', 'other'), use('a')], 'gemini-3-pro')).toEqual([skip])
    expect(signatures([use('a')], 'gemini-2.5-flash')).toEqual([undefined])
  })

  const CALL: ToolCall = { id: 'a', type: 'function', function: { name: 'T', arguments: '{}' } }
  const OTHER: ToolCall = { ...CALL, id: 'b' }

  it.each(['google', 'vertex'] as const)('stand in the call under %s again', (holder) => {
    const state = { payload: 'sig', stateField: `extra_content.${holder}` }
    const whole = { ...CALL, extra_content: { [holder]: { thought_signature: 'sig' } } }
    expect(withSignature(CALL, state)).toEqual(whole)
    const skip = { [holder]: { thought_signature: 'skip_thought_signature_validator' } }
    expect(signed([CALL, OTHER], holder)).toEqual([{ ...CALL, extra_content: skip }, OTHER])
    expect(signed([whole, OTHER], holder)).toEqual([whole, OTHER])
    expect(signed([], holder)).toEqual([])
  })

  it('are not made of the state of anything else', () => {
    expect(withSignature(CALL, undefined)).toEqual(CALL)
    expect(withSignature(CALL, { stateField: 'extra_content.google' })).toEqual(CALL)
    expect(withSignature(CALL, { payload: 'x', stateField: 'reasoning_opaque' })).toEqual(CALL)
    expect(signed([CALL, OTHER], undefined)).toEqual([CALL, OTHER])
  })

  it('go where the server has sent one itself, whatever came since', () => {
    const sealed = (stateField?: string): Block => {
      const state = stateField === undefined ? {} : { payload: 'x', stateField }
      const signature = encodeSignature({ provider: 'p', model: 'm', ...state })
      return { type: 'thinking', thinking: '', signature }
    }
    const holder = (...blocks: readonly Block[]) => {
      const messages = blocks.map((block) => ({ role: 'assistant' as const, content: [block] }))
      const target = { provider: 'p', model: 'gemini-3-pro' }
      return signatureHolder({ model: 'x', messages }, target, COMPATIBLE)
    }
    const vertex = sealed('extra_content.vertex')
    expect(holder(sealed('extra_content.google'), vertex)).toBe('vertex')
    expect(holder(vertex, sealed(), sealed('reasoning_opaque'))).toBe('vertex')
    expect(holder(sealed())).toBeUndefined()
  })
})
