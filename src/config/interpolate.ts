import type { Path } from './position.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** One mention of an environment variable in the config. */
export interface VariableUse {
  readonly path: Path
  readonly variable: string
  /** False when the variable is unset or empty. */
  readonly set: boolean
}

const VARIABLE = /\$\{([^{}]+)\}|\$([A-Z_][A-Z0-9_]*)/g

/**
 * The value with `$VAR` (capitals), `${ANY}` and `${ANY:-default}` replaced in every string, at any depth, and all
 * the mentions in the order of the text. A string that refers to an unset or empty variable stays
 * as written, whole: what that means is for the reader of the value to say. Keys stay as they are.
 */
export function interpolate(value: unknown, env: Env): { value: unknown; uses: VariableUse[] } {
  const uses: VariableUse[] = []
  return { value: replaced(value, [], { env, uses }), uses }
}

interface Scope {
  readonly env: Env
  readonly uses: VariableUse[]
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

function text(written: string, path: Path, { env, uses }: Scope): string {
  const mentions = [...written.matchAll(VARIABLE)].map(([, braced, bare]) => {
    const mention = braced ?? bare ?? ''
    const mark = mention.indexOf(':-')
    const variable = (mark === -1 ? mention : mention.slice(0, mark)).trim()
    const otherwise = mark === -1 ? '' : mention.slice(mark + 2)
    const found = Object.hasOwn(env, variable) ? (env[variable] ?? '') : ''
    return { variable, found: found === '' ? otherwise : found }
  })
  for (const { variable, found } of mentions) uses.push({ path, variable, set: found !== '' })
  if (mentions.some(({ found }) => found === '')) return written
  let next = 0
  return written.replace(VARIABLE, () => mentions[next++]?.found ?? '')
}
