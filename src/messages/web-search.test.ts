import { describe, expect, it } from 'vitest'
import { decodeSignature } from './reasoning-signature.ts'
import type { Content, MessagesRequest, Tool } from './request.ts'
import { isWebSearch, pureSearch, requestedSearch, Searches } from './web-search.ts'

const READ: Tool = { name: 'Read', input_schema: { type: 'object' } }
const SEARCH: Tool = { name: 'web_search', type: 'web_search_20250305' }

describe('what a request wants searched', () => {
  const asking = (content: Content, more: Partial<MessagesRequest> = {}): MessagesRequest => ({
    model: 'm',
    messages: [{ role: 'user', content }],
    tools: [READ, SEARCH],
    ...more,
  })
  const requested = (request: MessagesRequest) => requestedSearch(request, () => 'srvtoolu_1')
  const text = (given: string) => ({ type: 'text', text: given })

  it.each<[string, Tool, boolean]>([
    ['web_search_20250305', SEARCH, true],
    ['a later web_search', { name: 'web_search', type: 'web_search_20260209' }, true],
    ['a tool of the client', { name: 'web_search' }, false],
    ['a fetch', { name: 'web_fetch', type: 'web_fetch_20250910' }, false],
    ['a tool of another kind', { name: 'x', type: 'my_web_search' }, false],
  ])('%s is a web search of the server: %s', (_, tool, is) => {
    expect(isWebSearch(tool)).toBe(is)
    expect(requested(asking('otters', { tools: [tool] })) !== undefined).toBe(is)
  })

  it('is nothing where no search is offered', () => {
    expect(requested(asking('otters', { tools: [READ] }))).toBeUndefined()
    expect(
      requested({ model: 'm', messages: [{ role: 'user', content: 'otters' }] }),
    ).toBeUndefined()
  })

  it.each<[string, Content, string]>([
    ['what the client says', 'Perform a web search for the query: two\nlines', 'two\nlines'],
    ['a text of another client', 'Find otters', 'Find otters'],
    [
      'the words of the client within others',
      'a Perform a web search for the query: b',
      'a Perform a web search for the query: b',
    ],
    ['the last text of several', [text('<system-reminder>'), text('otters')], 'otters'],
    ['the text beside an image', [text('otters'), { type: 'image', source: {} }], 'otters'],
    ['nothing', [], ''],
  ])('is read from %s', (_, content, query) => {
    expect(requested(asking(content))).toEqual({ query, id: 'srvtoolu_1' })
  })

  it("is the user's last word, whatever stands around it", () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'yes?' },
      { role: 'user', content: 'last' },
      { role: 'system', content: 'a reminder' },
    ]
    expect(requested(asking('', { messages }))?.query).toBe('last')
    const none = [{ role: 'assistant', content: 'hello' }]
    expect(requested(asking('', { messages: none }))?.query).toBe('')
  })

  it('is cut where it is long, and no character in half', () => {
    for (const start of ['', 'x']) {
      const query = requested(asking(start + '😀'.repeat(300)))?.query
      expect(query).toHaveLength(400)
      expect(query).not.toMatch(/\p{Surrogate}/u)
    }
  })
})

describe('the searches of an answer', () => {
  const search = { query: 'otters', id: 'srvtoolu_1' }
  const model = 'openrouter,vendor/a,b'
  const PAGE = { url: 'https://a.example/otters', title: 'Otters' }
  const queryIn = (searches: Searches) => searches.events({ search, model }, 0)[1]

  it('are shown as the two blocks from which the client makes its links', () => {
    const searches = new Searches()
    searches.add('')
    searches.pages = [PAGE]
    const caller = { type: 'direct' }
    const events = searches.events({ search, model }, 3)
    expect(events).toEqual([
      {
        type: 'content_block_start',
        index: 3,
        content_block: {
          type: 'server_tool_use',
          id: 'srvtoolu_1',
          name: 'web_search',
          input: {},
          caller,
        },
      },
      {
        type: 'content_block_delta',
        index: 3,
        delta: { type: 'input_json_delta', partial_json: '{"query":"otters"}' },
      },
      { type: 'content_block_stop', index: 3 },
      {
        type: 'content_block_start',
        index: 4,
        content_block: {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_1',
          content: [
            {
              type: 'web_search_result',
              ...PAGE,
              encrypted_content: expect.stringMatching(/^ccr1\./) as string,
              page_age: null,
            },
          ],
          caller,
        },
      },
      { type: 'content_block_stop', index: 4 },
    ])
  })

  it('carry who searched, so that no result of theirs goes to Anthropic as its own', () => {
    const searches = new Searches()
    searches.pages = [PAGE]
    const text = JSON.stringify(searches.events({ search, model }, 0))
    const sealed = /"encrypted_content":"([^"]+)"/.exec(text)?.[1]
    expect(decodeSignature(sealed)).toEqual({ provider: 'openrouter', model: 'vendor/a,b' })
  })

  it('name what the server searched for, each once', () => {
    const searches = new Searches()
    for (const query of ['sea otters', '', 'river otters', 'sea otters']) searches.add(query)
    const delta = { partial_json: '{"query":"sea otters; river otters"}' }
    expect(queryIn(searches)).toMatchObject({ delta })
  })

  it.each<[string, number, number, number | undefined]>([
    ['nothing was searched', 0, 0, undefined],
    ['one search found nothing', 1, 0, 1],
    ['three searches found a page', 3, 1, 3],
    ['pages came and no word of a search', 0, 2, 1],
  ])('are counted for the bill: %s', (_, queries, pages, count) => {
    const searches = new Searches()
    for (let n = 0; n < queries; n += 1) searches.add('')
    searches.pages = Array.from({ length: pages }, () => PAGE)
    const bill = { web_search_requests: count, web_fetch_requests: 0 }
    expect(searches.usage()).toEqual(count === undefined ? {} : { server_tool_use: bill })
    expect(searches.events({ search, model }, 0)).toHaveLength(count === undefined ? 0 : 5)
  })

  it('are not shown to a client that asked for none, which would not expect them', () => {
    const searches = new Searches()
    searches.add('otters')
    expect(searches.events({ model }, 0)).toEqual([])
    expect(searches.usage()).toMatchObject({ server_tool_use: { web_search_requests: 1 } })
  })
})

describe('a request for nothing but a search', () => {
  const request = (content: Content, more: Partial<MessagesRequest> = {}): MessagesRequest => ({
    model: 'm',
    messages: [{ role: 'user', content }],
    tools: [SEARCH],
    ...more,
  })
  const PROMPT = 'Perform a web search for the query: '

  it.each<[string, Content, string | undefined]>([
    ['in the words of the client', `${PROMPT} otters `, 'otters'],
    ['in a query alone', 'otters', 'otters'],
    ['in a long query of the client', `${PROMPT}${'x'.repeat(900)}`, 'x'.repeat(400)],
    ['in a long text', 'x'.repeat(401), undefined],
    ['in blanks', '  ', undefined],
    ['without a text', [], undefined],
  ])('%s', (_, content, query) => {
    expect(pureSearch(request(content))?.query).toBe(query)
  })

  it.each<[string, Partial<MessagesRequest>]>([
    ['other tools', { tools: [SEARCH, READ] }],
    ['another tool', { tools: [READ] }],
    ['no tools', { tools: [] }],
    ['no use of it', { tools: [{ ...SEARCH, max_uses: 0 }] }],
    [
      'a conversation',
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'yes?' },
          { role: 'user', content: 'otters' },
        ],
      },
    ],
    ['no word of the user', { messages: [{ role: 'assistant', content: 'otters' }] }],
  ])('is none with %s', (_, more) => {
    expect(pureSearch(request('otters', more))).toBeUndefined()
  })

  it('has the domains of its tool, an empty list being none', () => {
    const tool = { ...SEARCH, allowed_domains: ['a.org', 7], blocked_domains: [] }
    expect(pureSearch(request('otters', { tools: [tool] }))).toEqual({
      query: 'otters',
      allowed: ['a.org'],
      blocked: undefined,
    })
  })
})
