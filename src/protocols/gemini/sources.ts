import type { Page } from '../../messages/search.ts'
import { Pages } from '../server-tools.ts'
import type { Candidate, Grounding } from './wire.ts'

/** What an answer rests on: the pages of Google Search, and texts that it cites. */
export class Sources {
  readonly #pages = new Pages()
  readonly #queries = new Set<string>()

  read({ groundingMetadata, citationMetadata }: Candidate): void {
    if (groundingMetadata) this.#rests(groundingMetadata)
    const cited = citationMetadata?.citationSources ?? citationMetadata?.citations ?? []
    for (const { uri, title } of cited) this.#pages.add(uri, title)
  }

  #rests({ webSearchQueries: queries, groundingChunks: chunks }: Grounding): void {
    for (const query of queries ?? []) this.#queries.add(query)
    for (const { web, retrievedContext } of chunks ?? []) {
      const page = web ?? retrievedContext
      this.#pages.add(page?.uri, page?.title)
    }
  }

  get queries(): Iterable<string> {
    return this.#queries
  }

  get pages(): readonly Page[] {
    return this.#pages.all
  }

  /** A list for the end of the answer, '' where there is nothing. */
  text(): string {
    const { pages } = this
    if (pages.length === 0) return ''
    return `\n\nSources:\n${pages.map(({ url, title }) => `- [${title}](${url})`).join('\n')}`
  }
}
