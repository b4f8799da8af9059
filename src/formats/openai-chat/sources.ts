import type { Chunk, Source } from './wire.ts'

/** The pages that an answer of a server with its own search cites. */
export class Sources {
  readonly #titles = new Map<string, string>()

  read(chunk: Chunk): void {
    const choice = chunk.choices?.[0]
    const annotations = (choice?.delta ?? choice?.message)?.annotations
    if (annotations) for (const { url_citation: cited } of annotations) this.#add(cited)
    if (chunk.search_results ?? chunk.citations) this.#found(chunk)
  }

  #found({ search_results: results, citations }: Chunk): void {
    for (const found of results ?? citations?.map((url) => ({ url: String(url) })) ?? []) {
      this.#add(found)
    }
  }

  #add(source: Source | null | undefined): void {
    if (!source?.url) return
    this.#titles.set(source.url, source.title || this.#titles.get(source.url) || source.url)
  }

  /** A list for the end of the text, numbered as Perplexity's text counts them; '' without any. */
  text(): string {
    if (this.#titles.size === 0) return ''
    const lines = [...this.#titles].map(
      ([url, title], at) => `${String(at + 1)}. [${title}](${url})`,
    )
    return `\n\nSources:\n${lines.join('\n')}`
  }
}
