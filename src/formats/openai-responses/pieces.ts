/**
 * What was said of each part of an answer. The wire says most things twice, in pieces and then
 * whole; some servers send only the one or only the other.
 */
export class Pieces {
  readonly #said = new Map<string, string>()

  /** A piece of what `key` names; gives it back. */
  piece(key: string, text: string): string {
    this.#said.set(key, (this.#said.get(key) ?? '') + text)
    return text
  }

  /** The whole of what `key` names; gives what is not said yet. Pieces that differ from it stay. */
  whole(key: string, text: string): string {
    const said = this.#said.get(key) ?? ''
    return text.startsWith(said) ? this.piece(key, text.slice(said.length)) : ''
  }
}
