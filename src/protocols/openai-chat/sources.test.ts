import { describe, expect, it } from 'vitest'
import { chatBytes, chatEvents, reads, sdkMessage } from '../../../test/support/stream.ts'
import { Sources } from './response.ts'
import type { Chunk, ExecutedTool } from './types.ts'

/** Hand-written. */
const A = { url: 'https://a.example/', title: 'A' }
const B = { url: 'https://b.example/', title: 'B' }
const chunk = (delta: object): Chunk => ({ choices: [{ delta }] })

function read(...chunks: readonly Chunk[]): Sources {
  const sources = new Sources()
  for (const chunk of chunks) sources.read(chunk)
  return sources
}

describe('the pages that an answer cites', () => {
  const titled = (url: string) => ({ url, title: url })
  it.each<[where: string, chunk: Chunk, pages: readonly object[]]>([
    ['in annotations', chunk({ annotations: [{ url_citation: A }, { url_citation: B }] }), [A, B]],
    [
      'in the annotations of a document',
      { choices: [{ message: { annotations: [{ url_citation: A }] } }] },
      [A],
    ],
    ['not in other annotations', chunk({ annotations: [{ url_citation: null }, {}] }), []],
    ['not in a chunk that cites nothing', chunk({ content: 'Hi', annotations: null }), []],
    ['not in a chunk without choices', { usage: {} }, []],
    ['not in one with none', { choices: [] }, []],
    ['in search results beside no choice', { search_results: [A, B] }, [A, B]],
    ['in search results rather than in bare citations', both(), [A]],
    [
      'in no search results, though there are bare citations',
      { ...both(), search_results: [] },
      [],
    ],
    ['in bare citations', { citations: [A.url, B.url] }, [titled(A.url), titled(B.url)]],
    ['in pages with a link', { web_search: [{ link: A.url, title: 'A' }] }, [A]],
    ['in pages with a URL', { web_search: [B] }, [B]],
    ['once, by their title', { citations: [A.url], web_search: [A, A] }, [A]],
    ['with their URL where they have no title', { search_results: [{ url: 'u' }] }, [titled('u')]],
    [
      'in the results of a tool that was run',
      chunk({ executed_tools: [{ type: 'python', search_results: { results: [A] } }] }),
      [A],
    ],
  ])('are found %s', (_, chunk, pages) => {
    expect(read(chunk).pages).toEqual(pages)
  })

  function both(): Chunk {
    return { search_results: [A], citations: [A.url, B.url] }
  }

  it('stand in a numbered list behind the text', async () => {
    expect(read().text()).toBe('')
    const list = `\n\nSources:\n1. [A](${A.url})\n2. [B](${B.url})`
    expect(read({ search_results: [A] }, { search_results: [A, B] }).text()).toBe(list)
    const body = chatBytes(
      { ...chunk({ content: 'Yes.' }), search_results: [A, B] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
    )
    const { content } = await sdkMessage(await chatEvents(reads(body)))
    expect(content).toEqual([{ type: 'text', text: `Yes.${list}` }])
  })
})

describe('what a server searched for', () => {
  const results = { results: [A] }
  it.each<[what: string, tool: ExecutedTool, queries: readonly string[]]>([
    ['the query of a search', { type: 'search', arguments: '{"query":"cats"}' }, ['cats']],
    [
      'that of a tool that found pages',
      { type: 'visit', arguments: '{"query":"dogs"}', search_results: results },
      ['dogs'],
    ],
    ['nothing of another tool', { type: 'python', arguments: '{"query":"x"}' }, []],
    ['nothing of one that found none', { type: 'python', search_results: { results: null } }, []],
    ['a search without arguments', { type: 'search' }, ['']],
    ['a search with empty ones', { type: 'search', arguments: null, search_results: null }, ['']],
    ['a search in broken ones', { type: 'search', arguments: '{"query":' }, ['']],
    ['a search for what is no text', { type: 'search', arguments: '{"query":5}' }, ['']],
  ])('is %s', (_, tool, queries) => {
    expect(read(chunk({ executed_tools: [tool] })).queries).toEqual(queries)
  })
})
