import { textOr } from '../../messages/sanitize.ts'
import type { Page } from '../../messages/search.ts'
import { Pages } from '../server-tools.ts'
import type { Chunk, Delta, ExecutedTool } from './wire.ts'

/** The pages that an answer of a server with its own search cites, and what that searched for. */
export class Sources {
  readonly #pages = new Pages()
  readonly queries: string[] = []

  read(chunk: Chunk): void {
    const choice = chunk.choices?.[0]
    const delta = choice?.delta ?? choice?.message
    if (delta) this.#cited(delta)
    this.#found(chunk)
  }

  #cited({ annotations, executed_tools: tools }: Delta): void {
    if (annotations) {
      for (const { url_citation: cited } of annotations) this.#pages.add(cited?.url, cited?.title)
    }
    if (tools) for (const tool of tools) this.#ran(tool)
  }

  #found({ search_results: results, citations, web_search: pages }: Chunk): void {
    if (pages) for (const page of pages) this.#pages.add(page.link ?? page.url, page.title)
    if (results) for (const found of results) this.#pages.add(found.url, found.title)
    else if (citations) for (const url of citations) this.#pages.add(textOr(url))
  }

  #ran({ type, arguments: args, search_results: found }: ExecutedTool): void {
    const results = found?.results
    if (results) for (const page of results) this.#pages.add(page.url, page.title)
    else if (type !== 'search') return
    this.queries.push(queryIn(args))
  }

  get pages(): readonly Page[] {
    return this.#pages.all
  }

  /** A list for the end of the text, numbered as Perplexity's text counts them; '' without any. */
  text(): string {
    const { pages } = this
    if (pages.length === 0) return ''
    const lines = pages.map(({ url, title }, at) => `${String(at + 1)}. [${title}](${url})`)
    return `\n\nSources:\n${lines.join('\n')}`
  }
}

function queryIn(args: string | null | undefined): string {
  try {
    const { query } = JSON.parse(textOr(args)) as { query?: unknown }
    return typeof query === 'string' ? query : ''
  } catch {
    return ''
  }
}
