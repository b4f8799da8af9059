import { describe, expect, it } from 'vitest'
import { withChangesApplied } from './applied-changes.ts'
import type { Message, MessagesRequest, Tool } from './request.ts'

const tool = (name: string, description = name): Tool => ({
  name,
  description,
  input_schema: { type: 'object' },
})
const hi: Message = { role: 'user', content: 'hi' }
const system = (...content: { type: string }[]): Message => ({ role: 'system', content })
const text = (t: string) => ({ type: 'text', text: t })
const reference = (name: string) => ({ type: 'tool_reference', name })
const add = (what: object) => ({ type: 'tool_addition', tool: what })
const remove = (name: string) => ({ type: 'tool_removal', tool: reference(name) })
const define = (definition: unknown) => add({ type: 'tool_definition', definition })
const applied = (request: Partial<MessagesRequest>) =>
  withChangesApplied({ model: 'm', messages: [hi], ...request })

describe('a request after the changes within its conversation', () => {
  it('is the very same where there are none', () => {
    const request = { model: 'm', tools: [tool('A')], messages: [hi, system(text('x'))] }
    expect(withChangesApplied(request)).toBe(request)
    // Only system messages change anything.
    const quoted = { model: 'm', messages: [{ role: 'user', content: [remove('A')] }] }
    expect(withChangesApplied(quoted)).toBe(quoted)
  })

  it('offers the tools that were added, and not those that were removed', () => {
    const { tools, messages } = applied({
      tools: [tool('A'), tool('B'), tool('C')],
      messages: [
        hi,
        system(text('B is gone, D is here'), remove('B'), define(tool('D'))),
        { role: 'assistant', content: 'ok' },
        hi,
        system(remove('C'), remove('D'), define(tool('A', 'another'))),
        system(add(reference('C'))),
      ],
    })
    expect(tools).toEqual([tool('A', 'another'), tool('C')])
    expect(messages).toEqual([
      hi,
      system(text('B is gone, D is here')),
      { role: 'assistant', content: 'ok' },
      hi,
    ])
  })

  it('has no tools where all are gone, and its first where it had none', () => {
    expect(applied({ tools: [tool('A')], messages: [hi, system(remove('A'))] })).toEqual({
      model: 'm',
      messages: [hi],
    })
    expect(applied({ messages: [hi, system(define(tool('A')))] }).tools).toEqual([tool('A')])
  })

  it('keeps a message that still says something: its text, its effort', () => {
    const output_config = { effort: 'low' }
    const { messages } = applied({ messages: [hi, { ...system(remove('A')), output_config }] })
    expect(messages).toEqual([hi, { role: 'system', content: [], output_config }])
  })

  it.each([
    [null],
    ['A'],
    [{}],
    [{ type: 'tool_definition' }],
    [{ definition: { name: 1 } }],
    [{ definition: { name: 'B', input_schema: 'x' } }],
    [{ name: {} }],
  ])('is not disturbed by a change of %j', (what) => {
    const change = { type: 'tool_addition', tool: what }
    expect(applied({ tools: [tool('A')], messages: [hi, system(change)] })).toEqual({
      model: 'm',
      tools: [tool('A')],
      messages: [hi],
    })
  })

  it('lacks the reminders whose turn is over', () => {
    const once = (t: string): Message => ({
      role: 'system',
      content: t,
      clear_at: 'next_user_message',
    })
    const lasting = { role: 'system', content: 'stays', clear_at: 'never' }
    const call = {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'a', name: 'A', input: {} }],
    }
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] }
    const { messages } = applied({
      messages: [hi, once('old'), lasting, call, result, once('new')],
    })
    expect(messages).toEqual([hi, system(text('stays')), call, result, system(text('new'))])
  })
})
