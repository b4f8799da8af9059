import type { Candidate, Source } from './wire.ts'

/** What an answer rests on: the pages of Google Search, and texts that it cites. */
export class Sources {
  readonly #titles = new Map<string, string>()

  read({ groundingMetadata, citationMetadata }: Candidate): void {
    for (const { web, retrievedContext } of groundingMetadata?.groundingChunks ?? []) {
      this.#add(web ?? retrievedContext)
    }
    const cited = citationMetadata?.citationSources ?? citationMetadata?.citations ?? []
    for (const source of cited) this.#add(source)
  }

  #add(source: Source | undefined): void {
    if (!source?.uri) return
    this.#titles.set(source.uri, source.title || this.#titles.get(source.uri) || source.uri)
  }

  /** A list for the end of the answer, '' where there is nothing. */
  text(): string {
    if (this.#titles.size === 0) return ''
    const lines = [...this.#titles].map(([uri, title]) => `- [${title}](${uri})`)
    return `\n\nSources:\n${lines.join('\n')}`
  }
}
