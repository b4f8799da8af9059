import { describe, expect, it } from 'vitest'
import { isServedCall, servedText } from './response-tool-calls.ts'
import type { OutputItem } from './types.ts'

describe('what a tool of the server did', () => {
  it.each<readonly [OutputItem, string]>([
    [
      { type: 'code_interpreter_call', code: 'print(1)', outputs: [{ logs: '1' }, { logs: '2' }] },
      '```\nprint(1)\n```\n```\n1\n```\n```\n2\n```',
    ],
    [{ type: 'code_interpreter_call', code: 'x = 1' }, '```\nx = 1\n```'],
    [{ type: 'code_interpreter_call', code: 'x = 1', outputs: null }, '```\nx = 1\n```'],
    [{ type: 'code_interpreter_call', code: null, outputs: [{ logs: null }, {}] }, ''],
    [{ type: 'code_interpreter_call' }, ''],
    [{ type: 'file_search_call', queries: ['cats', 'dogs'] }, 'Searched the files: cats, dogs'],
    [{ type: 'file_search_call' }, 'Searched the files: '],
    [
      { type: 'mcp_call', server_label: 's', name: 't', arguments: '{"x":1}', output: 'done' },
      'Called s.t({"x":1})\n```\ndone\n```',
    ],
    [
      { type: 'mcp_call', server_label: 's', name: 't', error: { code: 1 }, output: 'done' },
      'Called s.t()\n```\n{"code":1}\n```',
    ],
    [{ type: 'mcp_call', arguments: { x: 1 } }, 'Called .()'],
    [{ type: 'mcp_call', server_label: null, name: null, error: null, output: null }, 'Called .()'],
    [{ type: 'x_search_call', action: { query: 'otters' } }, 'Searched X: otters'],
    [{ type: 'x_search_call', action: {} }, 'Searched X: '],
    [{ type: 'x_search_call', action: null }, 'Searched X: '],
    [{ type: 'x_search_call' }, 'Searched X: '],
    [
      { type: 'custom_tool_call', name: 'view_image', input: '{"n":1}' },
      'Called view_image({"n":1})',
    ],
    [{ type: 'custom_tool_call' }, 'Called ()'],
    [{ type: 'custom_tool_call', name: null, input: null }, 'Called ()'],
    [{ type: 'local_shell_call', action: { type: 'exec' } }, 'Ran {"type":"exec"}'],
    [{ type: 'local_shell_call' }, 'Ran {}'],
    [{ type: 'local_shell_call', action: null }, 'Ran {}'],
  ])('is told in lines: %j', (item, lines) => {
    expect(servedText(item)).toBe(lines)
  })

  it.each<OutputItem>([
    {},
    { type: '' },
    { type: 'mcp_list_tools' },
    { type: 'toString' },
    { type: 'message', content: [{ text: 'Hi' }] },
  ])('is nothing for an item that is none: %j', (item) => {
    expect(servedText(item)).toBe('')
  })
})

describe('a custom tool', () => {
  it.each<readonly [OutputItem, boolean]>([
    [{ name: 'x_keyword_search' }, true],
    [{ name: 'x_semantic_search', call_id: 'c' }, true],
    [{ name: 'x_user_search' }, true],
    [{ name: 'x_thread_fetch' }, true],
    [{ name: 'view_x_video' }, true],
    [{ name: 'view_image' }, true],
    [{ name: 'web_search' }, true],
    [{ name: 'web_search_with_snippets' }, true],
    [{ name: 'browse_page' }, true],
    [{ name: 'open_page' }, true],
    [{ name: 'open_page_with_find' }, true],
    [{ name: 'code_execution' }, true],
    [{ name: 'collections_search' }, true],
    [{ name: 'file_search' }, true],
    [{ name: 'my_web_search' }, false],
    [{ name: 'web_search_2' }, false],
    [{ name: 'x_news_search' }, false],
    [{ name: 'patch', call_id: 'xs_call_1' }, true],
    [{ call_id: 'xs_call_1' }, true],
    [{ name: null, call_id: 'xs_call_' }, true],
    [{ name: 'patch', call_id: 'my_xs_call_' }, false],
    [{ name: 'patch', call_id: 'call_1' }, false],
    [{ name: 'patch', call_id: null }, false],
    [{ name: 'patch' }, false],
    [{}, false],
  ])('is the server’s own: %j %s', (item, served) => {
    expect(isServedCall(item)).toBe(served)
  })
})
