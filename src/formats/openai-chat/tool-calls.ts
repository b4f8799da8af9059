import type { ToolCallDelta } from './wire.ts'

/**
 * Tells an answer's tool calls apart. By specification `index` does; in the wild it is missing
 * (one call after the other, or an id for each), or 0 for every parallel call (then a new id with
 * a name begins a new one).
 */
export class ToolCallKeys {
  readonly #isWhole: (key: string) => boolean
  #count = 0
  #latest: string | undefined
  readonly #byIndex = new Map<number, { key: string; id: string }>()
  readonly #byId = new Map<string, string>()

  constructor(isWhole: (key: string) => boolean) {
    this.#isWhole = isWhole
  }

  key(call: ToolCallDelta): string {
    const key = typeof call.index === 'number' ? this.#indexed(call, call.index) : this.#bare(call)
    this.#latest = key
    return key
  }

  #indexed(call: ToolCallDelta, index: number): string {
    const id = call.id ?? ''
    const known = this.#byIndex.get(index)
    if (known && !(beginsCall(call) && id !== '' && known.id !== '' && id !== known.id)) {
      if (known.id === '') known.id = id
      return known.key
    }
    const key = this.#fresh()
    this.#byIndex.set(index, { key, id })
    return key
  }

  #bare(call: ToolCallDelta): string {
    const id = call.id ?? ''
    const known = id === '' ? undefined : this.#byId.get(id)
    if (known !== undefined && !(beginsCall(call) && this.#isWhole(known))) return known
    if (id === '' && !beginsCall(call) && this.#latest !== undefined) return this.#latest
    const key = this.#fresh()
    if (id !== '') this.#byId.set(id, key)
    return key
  }

  #fresh(): string {
    this.#count += 1
    return String(this.#count)
  }
}

/** The first piece of a call has its name. */
export function beginsCall(call: ToolCallDelta): boolean {
  return Boolean(call.function?.name)
}
