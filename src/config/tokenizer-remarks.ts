import type { Remark } from './check.ts'
import { pathText } from './keys.ts'
import type { Path } from './position.ts'
import type { ConfigInput } from './schema.ts'

/**
 * The `tokenizer` of existing configs: ccr counts with o200k, which is what `tiktoken` asks for.
 * What it would take from elsewhere (a vocabulary to download, somebody's counting API) it does not.
 */

interface Named {
  readonly type?: unknown
}

const OTHERS: ReadonlySet<unknown> = new Set(['huggingface', 'api'])

export function tokenizerRemarks(input: ConfigInput): Remark[] {
  const list = input.Providers === undefined ? 'providers' : 'Providers'
  const ofProviders = (input[list] ?? []).flatMap((provider, index) =>
    remarksOn(provider.tokenizer, [list, index, 'tokenizer']),
  )
  return [...remarksOn(input.tokenizer, ['tokenizer']), ...ofProviders]
}

function remarksOn(tokenizer: unknown, path: Path): Remark[] {
  if (typeof tokenizer !== 'object' || tokenizer === null) return []
  const { default: usual, models } = tokenizer as { default?: unknown; models?: unknown }
  const named = typeof models === 'object' && models !== null ? Object.entries(models) : []
  return [
    ...remarkOn(usual, [...path, 'default']),
    ...named.flatMap(([model, one]) => remarkOn(one, [...path, 'models', model])),
  ]
}

function remarkOn(tokenizer: unknown, path: Path): Remark[] {
  const { type } = (tokenizer ?? {}) as Named
  if (!OTHERS.has(type)) return []
  const text = `${pathText(path)} is not used: ccr counts tokens itself, by o200k and what the vendor's own vocabulary makes of it`
  return [{ path, atKey: true, text }]
}
