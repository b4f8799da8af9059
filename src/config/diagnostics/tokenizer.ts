/**
 * Warnings about `tokenizer`, which existing configs have. ccr counts with o200k, as `tiktoken` asks
 * for; a vocabulary to download or another counting API is not used.
 */
import { isObject } from '../../lib/json.ts'
import type { Diagnostic } from '../check.ts'
import { pathText } from '../schema/keys.ts'
import type { Path } from '../parse/json5-locations.ts'
import { providersOf } from '../provider-list.ts'
import type { ConfigInput } from '../schema/schema.ts'

const OTHERS: ReadonlySet<unknown> = new Set(['huggingface', 'api'])

export function tokenizerWarnings(input: ConfigInput): Diagnostic[] {
  const ofProviders = providersOf(input).flatMap(({ provider, path }) =>
    warningsFor(provider.tokenizer, [...path, 'tokenizer']),
  )
  return [...warningsFor(input.tokenizer, ['tokenizer']), ...ofProviders]
}

function warningsFor(tokenizer: unknown, path: Path): Diagnostic[] {
  if (!isObject(tokenizer)) return []
  const { default: usual, models } = tokenizer
  const named = Object.entries(isObject(models) ? models : {})
  return [
    ...warningFor(usual, [...path, 'default']),
    ...named.flatMap(([model, one]) => warningFor(one, [...path, 'models', model])),
  ]
}

function warningFor(tokenizer: unknown, path: Path): Diagnostic[] {
  if (!isObject(tokenizer) || !OTHERS.has(tokenizer['type'])) return []
  const text = `${pathText(path)} is not used: ccr counts tokens itself, with o200k adjusted to the vendor's vocabulary`
  return [{ path, atKey: true, text }]
}
