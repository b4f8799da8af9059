/** Joins tool names that arrive in pieces. */

/** The names of the tools that a model was offered. */
export class ToolNames {
  readonly #names: ReadonlySet<string>

  constructor(names: Iterable<string>) {
    this.#names = new Set(names)
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  /** Whether a name can be complete: it is not just the beginning of an offered one. */
  isWhole(name: string): boolean {
    if (name === '') return false
    return this.#names.has(name) || !this.mayGoOn(name)
  }

  /** Whether a name may be the beginning of a longer offered one. */
  mayGoOn(name: string): boolean {
    for (const longer of this.#names) if (longer !== name && longer.startsWith(name)) return true
    return false
  }
}

/**
 * Joins a tool's name that arrives in pieces. Some servers send all of it, or all of it so far, with
 * every piece.
 */
export function joinedName(before: string, more: string, offered: ToolNames): string {
  const joined = before + more
  return more.startsWith(before) && !offered.has(joined) ? more : joined
}
