import type { Path } from './position.ts'
import { isKeyPlace, isSecretVariable, namesModel } from './secret-names.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** One mention of an environment variable in the config. */
export interface VariableUse {
  readonly path: Path
  readonly variable: string
  /** False when the variable is unset or empty. */
  readonly set: boolean
  /** True for a secret where a model is named: the text stays as written. */
  readonly withheld?: true
}

const VARIABLE = /\$\{([^{}]+)\}|\$([A-Z_][A-Z0-9_]*)/g

/**
 * The value with `$VAR` (capitals), `${ANY}` and `${ANY:-default}` replaced in every string, at any depth, and all
 * the mentions in the order of the text. A string that refers to an unset or empty variable stays
 * as written, whole: what that means is for the reader of the value to say. Keys stay as they are.
 * So does the name of a provider or model that refers to a secret: one that is a key elsewhere in the
 * value, or looks like one. Such names are shown to everybody.
 */
export function interpolate(value: unknown, env: Env): { value: unknown; uses: VariableUse[] } {
  const uses: VariableUse[] = []
  const keys = new Set<string>()
  collectKeys(value, [], keys)
  return { value: replaced(value, [], { env, uses, keys }), uses }
}

interface Scope {
  readonly env: Env
  readonly uses: VariableUse[]
  /** The variables that hold keys. */
  readonly keys: ReadonlySet<string>
}

function collectKeys(value: unknown, path: Path, keys: Set<string>): void {
  if (typeof value === 'string') {
    if (!isKeyPlace(path)) return
    for (const [, braced, bare] of value.matchAll(VARIABLE)) keys.add(nameOf(braced ?? bare))
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key
    collectKeys(inner, [...path, step], keys)
  }
}

function nameOf(mention = ''): string {
  return mention.split(':-', 1)[0]?.trim() ?? ''
}

function replaced(value: unknown, path: Path, scope: Scope): unknown {
  if (typeof value === 'string') return text(value, path, scope)
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => replaced(item, [...path, index], scope))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      replaced(inner, [...path, key], scope),
    ]),
  )
}

function text(written: string, path: Path, { env, uses, keys }: Scope): string {
  const shown = namesModel(path)
  const mentions = [...written.matchAll(VARIABLE)].map(([, braced, bare]) => {
    const mention = braced ?? bare ?? ''
    const mark = mention.indexOf(':-')
    const variable = (mark === -1 ? mention : mention.slice(0, mark)).trim()
    const otherwise = mark === -1 ? '' : mention.slice(mark + 2)
    const found = Object.hasOwn(env, variable) ? (env[variable] ?? '') : ''
    const isSecret = shown && (keys.has(variable) || isSecretVariable(variable, found))
    return { variable, found: found === '' ? otherwise : found, isSecret }
  })
  for (const { variable, found, isSecret } of mentions) {
    uses.push({ path, variable, set: found !== '', ...(isSecret ? { withheld: true } : {}) })
  }
  if (mentions.some(({ found, isSecret }) => found === '' || isSecret)) return written
  let next = 0
  return written.replace(VARIABLE, () => mentions[next++]?.found ?? '')
}
