import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../messages/request.ts'
import { fittingName, namedTools } from './tools.ts'

const LONG = `mcp__${'server'.repeat(10)}__do_something_with_care`
const DOTTED = 'mcp__server.example__read'

describe('names of tools', () => {
  it('that fit stay, and so does the request', () => {
    const request: MessagesRequest = {
      model: 'm',
      tools: [{ name: 'Bash' }, { name: 'mcp__a-b__c' }, { name: `a${'b'.repeat(63)}` }],
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'Bash', input: {} }] },
      ],
    }
    expect(namedTools(request).request).toBe(request)
  })

  it.each([LONG, DOTTED, '1password', 'with space', 'naïve', `a${'b'.repeat(64)}`, '😀'])(
    'that a provider would refuse become others, always the same: %s',
    (name) => {
      const fitting = fittingName(name)
      expect(fitting).toMatch(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/)
      expect(fittingName(name)).toBe(fitting)
      expect(fittingName(fitting)).toBe(fitting)
      expect(fittingName(`${name}x`)).not.toBe(fitting)
    },
  )

  it('are written alike where a tool is offered, demanded, called and spoken of', () => {
    const { request } = namedTools({
      model: 'm',
      tools: [{ name: LONG }, { name: 'Bash' }],
      tool_choice: { type: 'tool', name: LONG },
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: LONG },
            { type: 'tool_use', id: '1', name: LONG, input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: '1',
              content: [{ type: 'tool_reference', tool_name: LONG }],
            },
          ],
        },
      ],
    })
    const name = fittingName(LONG)
    expect(request).toEqual({
      model: 'm',
      tools: [{ name }, { name: 'Bash' }],
      tool_choice: { type: 'tool', name },
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: LONG },
            { type: 'tool_use', id: '1', name, input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: '1',
              content: [{ type: 'tool_reference', tool_name: name }],
            },
          ],
        },
      ],
    })
  })

  it('are rewritten for calls whose tool is offered no more', () => {
    const call = { type: 'tool_use', id: '1', name: DOTTED, input: {} }
    const { request } = namedTools({
      model: 'm',
      messages: [{ role: 'assistant', content: [call] }],
    })
    expect(request.messages[0]?.content).toEqual([{ ...call, name: fittingName(DOTTED) }])
  })

  it('come back as the client knows them', () => {
    const { clientName } = namedTools({
      model: 'm',
      tools: [{ name: LONG }, { name: 'Bash' }, { name: 'functions.real' }],
      messages: [],
    })
    expect(clientName(fittingName(LONG))).toBe(LONG)
    expect(clientName('Bash')).toBe('Bash')
    expect(clientName('unknown')).toBe('unknown')
    // Gemini writes default_api before a name now and then, OpenAI's models functions.
    expect(clientName('default_api.Bash')).toBe('Bash')
    expect(clientName('default_api:Bash')).toBe('Bash')
    expect(clientName('functions.Bash')).toBe('Bash')
    expect(clientName('functions.unknown')).toBe('functions.unknown')
    expect(clientName(fittingName('functions.real'))).toBe('functions.real')
  })

  it('are found with the marks of gpt-oss behind them', () => {
    const { clientName } = namedTools({ model: 'm', tools: [{ name: 'Bash' }], messages: [] })
    expect(clientName('Bash<|channel|>commentary')).toBe('Bash')
    expect(clientName('functions.Bash<|constrain|>json')).toBe('Bash')
  })
})
