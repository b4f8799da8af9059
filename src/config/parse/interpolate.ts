/** Replaces environment variables in the values of a config. */
import type { Path } from './json5-locations.ts'
import { isKeyPath, isSecretVariable, namesModel } from '../secret-names.ts'
import type { Env } from '../../lib/env.ts'

/** One mention of an environment variable in the config. */
export interface VariableUse {
  readonly path: Path
  readonly variable: string
  /** False when the variable is unset or empty. */
  readonly set: boolean
  /** True for a secret where a model is named: the text stays as written. */
  readonly withheld?: true
  /** True where the whole text is this mention. */
  readonly whole?: true
}

/** `$$` before what would be a variable stands for `$`; everywhere else it is two of them. */
const VARIABLE = /\$(\$?)(?:\{([^{}]+)\}|([A-Z_][A-Z0-9_]*)([a-z]?))/g

/**
 * The value with `$VAR` (capitals), `${ANY}` and `${ANY:-default}` replaced in every string, at any depth, and all
 * the mentions in the order of the text. `$$VAR` and `$${ANY}` stand for `$VAR` and `${ANY}`. A string that refers to an unset or empty variable stays
 * as written, whole: what that means is for the reader of the value to say. Keys stay as they are.
 * So does the name of a provider or model that refers to a secret: one that is a key elsewhere in the
 * value, or looks like one. Such names are visible to every client.
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
    if (!isKeyPath(path)) return
    for (const [, , braced, bare] of value.matchAll(VARIABLE))
      keys.add(partsOf(braced ?? bare).variable)
    return
  }
  for (const [key, inner] of Object.entries(value ?? {})) {
    const step = Array.isArray(value) ? Number(key) : key
    collectKeys(inner, [...path, step], keys)
  }
}

/** Of `NAME` and `NAME:-default`. */
function partsOf(mention = '') {
  const mark = mention.indexOf(':-')
  return mark === -1
    ? { variable: mention.trim(), otherwise: '' }
    : { variable: mention.slice(0, mark).trim(), otherwise: mention.slice(mark + 2) }
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

function text(written: string, path: Path, scope: Scope): string {
  const mentions = [...written.matchAll(VARIABLE)].map((match) => mentionOf(match, path, scope))
  for (const { text, length, variable, found, isSecret } of mentions) {
    if (text !== undefined) continue
    const whole = length === written.trim().length
    scope.uses.push({
      path,
      variable,
      set: found !== '',
      ...(isSecret ? { withheld: true } : {}),
      ...(whole ? { whole } : {}),
    })
  }
  const isWritten = mentions.some(
    ({ text, found, isSecret }) => text === undefined && (found === '' || isSecret),
  )
  if (isWritten) return written
  const texts = mentions.map(({ text, found, behind }) => text ?? `${found}${behind}`)
  return written.replace(VARIABLE, () => texts.shift() ?? '')
}

interface Mention {
  /** What stands there, where it is no variable after all. */
  readonly text?: string
  /** Of the mention as it is written, UTF-16 units. */
  readonly length: number
  readonly variable: string
  /** Its value, else its default; '' for neither. */
  readonly found: string
  readonly isSecret: boolean
  /** The letter behind it. */
  readonly behind: string
}

function mentionOf(match: RegExpExecArray, path: Path, { env, keys }: Scope): Mention {
  const [whole, escape = '', braced, bare, behind = ''] = match
  const { variable, value, found } = lookUp(braced ?? bare, env)
  const isSecret = namesModel(path) && (keys.has(variable) || isSecretVariable(variable, value))
  const mention = { length: whole.length, variable, found, isSecret, behind }
  if (escape !== '') return { ...mention, text: whole.slice(1) }
  // `pa$Word` is a password rather than the variable W.
  return behind !== '' && found === '' ? { ...mention, text: whole } : mention
}

function lookUp(mention: string | undefined, env: Env) {
  const { variable, otherwise } = partsOf(mention)
  const value = Object.hasOwn(env, variable) ? (env[variable] ?? '') : ''
  return { variable, value, found: value === '' ? otherwise : value }
}
