import { describe, expect, it } from 'vitest'
import { bodyText } from '../../test/support/body.ts'
import { encodeSignature } from '../messages/reasoning-signature.ts'
import type { Block, MessagesRequest } from '../messages/request.ts'
import { compatible } from './anthropic/request-compatible.ts'
import { patched } from './anthropic/request.ts'
import { encode } from './openai-chat/request.ts'
import { serverToolsAsText } from './server-tools.ts'
import { COMPATIBLE } from '../providers/definition.ts'

function searched(sealed: string): Block[] {
  return [
    { type: 'text', text: 'Let me look.' },
    { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'otters' } },
    {
      type: 'web_search_tool_result',
      tool_use_id: 's1',
      content: [
        { type: 'web_search_result', url: 'https://a.org', title: 'A', encrypted_content: sealed },
      ],
    },
  ]
}

function after(blocks: readonly Block[]): MessagesRequest {
  return {
    model: 'm',
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: blocks },
      { role: 'user', content: 'go on' },
    ],
  }
}

const OURS = encodeSignature({ provider: 'p', model: 'm' })
const TEXTS = [
  '[the server called web_search: {"query":"otters"}]',
  '[result of web_search]\n- [A](https://a.org)',
]

describe('earlier tools of a server', () => {
  it('are text for a server that knows nothing of them, whoever ran them', () => {
    for (const sealed of [OURS, 'of Anthropic']) {
      const { body, dropped } = encode(
        after(searched(sealed)),
        { provider: 'q', model: 'm' },
        COMPATIBLE,
      )
      for (const text of TEXTS)
        expect(JSON.stringify(body)).toContain(JSON.stringify(text).slice(1, -1))
      expect(dropped).toEqual([])
    }
  })

  it('say what came of them, without what only their maker reads', () => {
    const blocks: Block[] = [
      { type: 'mcp_tool_use', id: 'm1', name: 'find', input: { a: 1 }, server_name: 's' },
      { type: 'mcp_tool_result', tool_use_id: 'm1', content: [{ type: 'text', text: 'found' }] },
      {
        type: 'code_execution_tool_result',
        tool_use_id: 'c1',
        content: { type: 'code_execution_result', stdout: '42', encrypted_stdout: 'xxx' },
      },
      { type: 'web_search_tool_result', tool_use_id: 'w', content: { error_code: 'unavailable' } },
    ]
    const text = JSON.stringify(serverToolsAsText(blocks))
    for (const word of ['find', 'found', '42', 'unavailable']) expect(text).toContain(word)
    expect(text).not.toContain('xxx')
  })

  it('go back to Anthropic untouched when they are its own, as text when ccr wrote them', () => {
    const ofAnthropic = JSON.stringify(after(searched('of Anthropic')))
    const request = JSON.parse(ofAnthropic) as MessagesRequest
    expect(bodyText(patched({ bytes: Buffer.from(ofAnthropic), request }, 'm').body)).toBe(
      ofAnthropic,
    )
    const foreign = after(searched(OURS))
    for (const sent of [
      JSON.parse(bodyText(patched({ request: foreign }, 'm').body)) as MessagesRequest,
      compatible(foreign, 'm').request,
    ]) {
      expect(sent.messages[1]?.content).toEqual([
        { type: 'text', text: 'Let me look.' },
        ...TEXTS.map((text) => ({ type: 'text', text })),
      ])
    }
  })
})
