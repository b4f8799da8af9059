/** Unusual requests that clients send, written by hand. */
import type { Block, Message, MessagesRequest } from '../../../src/messages/request.ts'

export interface Case {
  readonly name: string
  readonly request: MessagesRequest
  /** Texts that each body must contain, or that `dropped` must name by the given pattern. */
  readonly kept: Readonly<Record<string, RegExp | undefined>>
  /** Anthropic's protocol forwards the request unchanged, valid or not. */
  readonly asClientSends?: true
}

const TOOL = { name: 'T', description: 'A tool.', input_schema: { type: 'object', properties: {} } }
export const PDF = 'JVBERi0xLjQKJcOkw7zDtsOfCg=='
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const user = (...content: Block[]): Message => ({ role: 'user', content })
const assistant = (...content: Block[]): Message => ({ role: 'assistant', content })
const text = (content: string): Block => ({ type: 'text', text: content })
const call = (id: string, input: unknown = {}): Block => ({
  type: 'tool_use',
  id,
  name: 'T',
  input,
})
const result = (id: string, content: unknown): Block => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
})
const document = (source: object, more: object = {}): Block => ({
  type: 'document',
  source,
  ...more,
})

type KeptTexts = Case['kept']

function request(messages: readonly Message[], more: object = {}): MessagesRequest {
  return { model: 'm', max_tokens: 32_000, tools: [TOOL], messages, ...more }
}

function userTurn(name: string, kept: KeptTexts, ...blocks: Block[]): Case {
  return { name, request: request([user(...blocks)]), kept }
}

function history(name: string, kept: KeptTexts, ...messages: Message[]): Case {
  return { name, request: request([user(text('go')), ...messages]), kept }
}

const USER_TURNS: readonly Case[] = [
  userTurn('an empty text alone', {}, text('')),
  userTurn('a blank text alone', {}, text(' \n')),
  { name: 'empty content alone', request: request([{ role: 'user', content: '' }]), kept: {} },
  { name: 'no block at all', request: request([user()]), kept: {} },
  userTurn(
    'empty text among others',
    { 'alpha-1': undefined },
    text(''),
    text('alpha-1'),
    text(''),
  ),
  userTurn(
    'images by URL and in base64',
    { 'https://a.org/alpha.png': /user\.image/, [PNG]: /user\.image/ },
    { type: 'image', source: { type: 'url', url: 'https://a.org/alpha.png' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
    text('what is it?'),
  ),
  userTurn(
    'an image of a stored file, and nothing else',
    { file_alpha: /user\.image/ },
    { type: 'image', source: { type: 'file', file_id: 'file_alpha' } },
  ),
  userTurn(
    'a PDF without a word',
    { [PDF]: /user\.document/ },
    document({ type: 'base64', media_type: 'application/pdf', data: PDF }),
  ),
  userTurn(
    'documents of text, blocks and an address',
    { 'plain-alpha': undefined, 'inner-alpha': undefined, 'titled-alpha': undefined },
    document({ type: 'text', media_type: 'text/plain', data: 'plain-alpha' }),
    document({ type: 'content', content: [text('inner-alpha')] }, { title: 'titled-alpha' }),
  ),
  userTurn(
    'a document under an address',
    { 'https://a.org/alpha.pdf': /user\.document/ },
    document({ type: 'url', url: 'https://a.org/alpha.pdf' }),
  ),
  userTurn(
    'a stored document, and nothing else',
    { file_alpha: /user\.document/ },
    document({ type: 'file', file_id: 'file_alpha' }),
  ),
  userTurn(
    'an empty document, and nothing else',
    {},
    document({ type: 'text', media_type: 'text/plain', data: '' }),
  ),
  userTurn(
    'search results',
    { 'found-alpha': undefined, 'https://a.org/found': undefined, 'title-alpha': undefined },
    {
      type: 'search_result',
      source: 'https://a.org/found',
      title: 'title-alpha',
      content: [text('found-alpha')],
      citations: { enabled: true },
    },
  ),
  userTurn(
    'blocks of no known type',
    { 'hologram-alpha': /user\.hologram/, upload_alpha: /user\.container_upload/ },
    { type: 'hologram', data: 'hologram-alpha' },
    { type: 'container_upload', file_id: 'upload_alpha' },
  ),
]

const CALLS: readonly Case[] = [
  history(
    'arguments that the client could not parse',
    { 'raw-alpha': undefined, 'string-alpha': undefined, 'bare-alpha': undefined },
    assistant(
      call('a', { __unparsedToolInput: { raw: '{"x": "raw-alpha' } }),
      call('b', '{"x":"string-alpha"}'),
      call('c', 'bare-alpha'),
      call('d', null),
      call('e', ['list']),
    ),
    user(...['a', 'b', 'c', 'd', 'e'].map((id) => result(id, 'ok'))),
  ),
  {
    ...history(
      'a result without a call',
      { 'orphan-alpha': undefined },
      user(result('gone', 'orphan-alpha'), text('and?')),
    ),
    asClientSends: true,
  },
  {
    ...history(
      'calls without results',
      { 'on-alpha': undefined },
      assistant(call('a'), call('b')),
      user(text('on-alpha')),
      assistant(call('c')),
    ),
    asClientSends: true,
  },
  history(
    'parallel calls in messages of their own',
    { 'first-alpha': undefined, 'second-alpha': undefined },
    assistant(call('a')),
    assistant(call('b')),
    user(result('a', 'first-alpha')),
    user(result('b', 'second-alpha')),
  ),
  history(
    'results without content, empty, and in error',
    { 'error-alpha': undefined },
    assistant(call('a'), call('b'), call('c'), call('d')),
    user(result('a', undefined), result('b', ''), result('c', [text('')]), {
      ...result('d', 'error-alpha'),
      is_error: true,
    }),
  ),
  history(
    'images, documents, search results and the unknown in results',
    {
      [PNG]: /tool_result\.image/,
      [PDF]: /tool_result\.document/,
      'found-alpha': undefined,
      'Tool loaded: deferred': undefined,
      'hologram-alpha': /tool_result\.hologram/,
    },
    assistant(call('a')),
    user(
      result('a', [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        document({ type: 'base64', media_type: 'application/pdf', data: PDF }),
        { type: 'search_result', source: 's', title: 't', content: [text('found-alpha')] },
        { type: 'tool_reference', tool_name: 'deferred' },
        { type: 'hologram', data: 'hologram-alpha' },
      ]),
    ),
  ),
]

const ASSISTANT_TURNS: readonly Case[] = [
  history(
    'empty turns of the assistant',
    { 'on-alpha': undefined },
    assistant(),
    { role: 'assistant', content: '' },
    assistant(text('')),
    assistant(text(' ')),
    user(text('on-alpha')),
  ),
  history(
    'consecutive turns of one role',
    { 'one-alpha': undefined, 'two-alpha': undefined, 'three-alpha': undefined },
    user(text('one-alpha')),
    assistant(text('two-alpha')),
    assistant(text('three-alpha')),
    user(text('x')),
    user(text('y')),
  ),
  {
    name: 'an assistant that speaks first',
    request: request([assistant(text('one-alpha'), call('a')), user(result('a', 'two-alpha'))]),
    kept: { 'one-alpha': undefined, 'two-alpha': undefined },
    asClientSends: true,
  },
  history(
    'sealed thinking of an unknown provider',
    { 'thought-alpha': /assistant\.thinking/, 'redacted-alpha': /assistant\.redacted_thinking/ },
    assistant(
      { type: 'thinking', thinking: 'thought-alpha', signature: 'c2lnbmVk' },
      { type: 'redacted_thinking', data: 'redacted-alpha' },
    ),
    user(text('on')),
  ),
  history(
    'tools that a server ran',
    {
      'query-alpha': undefined,
      'https://a.org/page-alpha': undefined,
      'mcp-alpha': undefined,
      'remote-alpha': undefined,
      'stdout-alpha': undefined,
    },
    assistant(
      {
        type: 'server_tool_use',
        id: 'srvtoolu_1',
        name: 'web_search',
        input: { q: 'query-alpha' },
      },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [
          {
            type: 'web_search_result',
            url: 'https://a.org/page-alpha',
            title: 'P',
            encrypted_content: 'e',
          },
        ],
      },
      {
        type: 'mcp_tool_use',
        id: 'mcptoolu_1',
        name: 'find',
        server_name: 's',
        input: { q: 'mcp-alpha' },
      },
      {
        type: 'mcp_tool_result',
        tool_use_id: 'mcptoolu_1',
        is_error: false,
        content: [text('remote-alpha')],
      },
      {
        type: 'bash_code_execution_tool_result',
        tool_use_id: 'srvtoolu_2',
        content: { type: 'bash_code_execution_result', stdout: 'stdout-alpha', return_code: 0 },
      },
    ),
    user(text('on')),
  ),
]

const FIELDS: readonly Case[] = [
  {
    name: 'a container, remote servers and tools of the server alone',
    request: request([user(text('go-alpha'))], {
      container: 'container-alpha',
      mcp_servers: [{ type: 'url', url: 'https://mcp.a.org', name: 's' }],
      tools: [{ type: 'code_execution_20250825', name: 'code_execution' }],
      tool_choice: { type: 'auto' },
    }),
    kept: {
      'go-alpha': undefined,
      'container-alpha': /^container$/m,
      'https://mcp.a.org': /^mcp_servers$/m,
      code_execution_20250825: /tools\.code_execution/,
    },
  },
  {
    name: 'system messages first, between and alone',
    request: request([
      { role: 'system', content: 'first-alpha' },
      user(text('go')),
      assistant(call('a')),
      { role: 'system', content: [text('between-alpha')] },
      user(result('a', 'done-alpha')),
    ]),
    kept: { 'first-alpha': undefined, 'between-alpha': undefined, 'done-alpha': undefined },
  },
  {
    name: 'a system prompt and an empty question',
    request: request([user(text(''))], { system: [text(''), text('be-alpha')] }),
    kept: { 'be-alpha': undefined },
  },
]

export const CASES: readonly Case[] = [...USER_TURNS, ...CALLS, ...ASSISTANT_TURNS, ...FIELDS]
