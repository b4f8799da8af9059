/** Where a config names models, and how keys are recognised: a key in such a name would be visible to every client. */
import type { Path } from './parse/json5-locations.ts'

const LISTS: ReadonlySet<unknown> = new Set(['Providers', 'providers'])
const NAMES: ReadonlySet<unknown> = new Set(['name', 'models', 'fallback'])
const ROUTES: ReadonlySet<unknown> = new Set(['Router', 'router', 'fallback', 'Preferences'])
const KEYS: ReadonlySet<unknown> = new Set(['api_key', 'credentials', 'headers'])

/** Whether the text at `path` names a provider or a model: both appear in logs and in `/v1/models`. */
export function namesModel(path: Path): boolean {
  const [first, , third] = path
  return ROUTES.has(first) || isInProvider(path) || isLender(first, third)
}

/** The fields of a model object that clients see; undefined for a plain id. */
const SHOWN_FIELDS: ReadonlySet<unknown> = new Set([undefined, 'id', 'name', 'model'])

function isInProvider([first, , third, , field]: Path): boolean {
  return LISTS.has(first) && NAMES.has(third) && (third !== 'models' || SHOWN_FIELDS.has(field))
}

/** Whether the text at `path` is a key, or a header that may be one. */
export function isKeyPath([first, , third]: Path): boolean {
  if (first === 'APIKEY') return true
  return KEYS.has(third) && (LISTS.has(first) || first === 'Lend')
}

/** `Lend.vision`, and `Lend.webSearch` where it is a model rather than a service. */
function isLender(first: unknown, third: unknown): boolean {
  return first === 'Lend' && third === undefined
}

const SECRET_VARIABLE = /(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_|$)/i

/** The prefixes of providers' keys. */
const KEY_BEGINNING = /^(sk|pk|rk|gsk|xai|ghp|gho|hf|nvapi|ccr-tok|AIza|AKIA|eyJ)[-_A-Za-z0-9]/
/** A long text without separators, of mixed letters and digits; ids of models are words with hyphens. */
const RANDOM = /^(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])[A-Za-z0-9_+/=]{24,}$/

const SHORTEST = 12

/** Whether a variable, by its name or by what it holds, is a key. */
export function isSecretVariable(name: string, value: string): boolean {
  if (SECRET_VARIABLE.test(name)) return true
  const text = value.trim()
  return text.length >= SHORTEST && (KEY_BEGINNING.test(text) || RANDOM.test(text))
}
