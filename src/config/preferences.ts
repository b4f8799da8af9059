/** `Preferences`: names for preferences, such as `{ "fast": "openrouter,openai/gpt-4o-mini" }`. */
import { isObject } from '../lib/json.ts'
import { DEMO_PROVIDER } from './demo.ts'

/** A name, and the preference (or other name) that it stands for. */
export type Names = Readonly<Record<string, string>>

/** The name that a preference is: as it is written, else in another case. */
export function nameMeant(preference: string, names: Names): string | undefined {
  const text = preference.trim()
  if (Object.hasOwn(names, text)) return text
  const lower = text.toLowerCase()
  return Object.keys(names).find((name) => name.toLowerCase() === lower)
}

/**
 * What a preference stands for when all names are followed: itself when it is no name; undefined
 * when the names lead in a circle.
 */
export function resolveAlias(preference: string, names: Names): string | undefined {
  const seen = new Set<string>()
  let text = preference.trim()
  for (;;) {
    const name = nameMeant(text, names)
    if (name === undefined) return text
    if (seen.has(name)) return undefined
    seen.add(name)
    text = (names[name] ?? '').trim()
  }
}

/** The names as they are looked up, without blanks around them. */
export function trimmedNames(names: Names): Names {
  return Object.fromEntries(Object.entries(names).map(([name, text]) => [name.trim(), text]))
}

/** A remark about the name at `path`. */
interface NameDiagnostic {
  readonly path: readonly [string, string]
  readonly text: string
  readonly atKey: true
}

function diagnostic(name: string, text: string): NameDiagnostic {
  return {
    path: ['Preferences', name],
    text: `Preferences[${JSON.stringify(name)}] ${text}`,
    atKey: true,
  }
}

/** `default` is how the session without a preference is listed. */
const RESERVED: ReadonlySet<string> = new Set([DEMO_PROVIDER, 'default'])

/** Names that cannot be: without a letter, reserved, or leading back to themselves. */
export function nameProblems(config: unknown): NameDiagnostic[] {
  const names = namesOf(config)
  return Object.keys(names).flatMap((name) => {
    if (name.trim() === '') return [diagnostic(name, 'has no name; expected one, such as "fast"')]
    if (RESERVED.has(name.trim().toLowerCase())) {
      return [diagnostic(name, `is a name that ccr itself uses; expected another one`)]
    }
    if (resolveAlias(name, trimmedNames(names)) !== undefined) return []
    return [
      diagnostic(
        name,
        `stands for "${names[name] ?? ''}", which leads back to itself; expected a model`,
      ),
    ]
  })
}

/** The names with a preference as text; whatever else is there, the schema refuses. */
function namesOf(config: unknown): Names {
  const found = (config as { readonly Preferences?: unknown } | null)?.Preferences
  if (!isObject(found)) return {}
  const texts = Object.entries(found).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string'
  })
  return Object.fromEntries(texts)
}

interface Named {
  readonly Preferences?: Names | undefined
  readonly Providers?: readonly Offer[] | undefined
  readonly providers?: readonly Offer[] | undefined
}

interface Offer {
  readonly name?: string | undefined
  readonly models?: readonly { readonly id: string }[] | undefined
}

/** Names that a provider or a model has too: the name wins, which should be known. */
export function nameWarnings({ Preferences = {}, Providers, providers }: Named): NameDiagnostic[] {
  const offers = Providers ?? providers ?? []
  return Object.entries(Preferences).flatMap(([name, text]) => {
    const other = otherBearer(name.trim(), offers)
    if (other === undefined) return []
    return [
      diagnostic(name, `is also ${other}; CCR_MODEL_PREFERENCE=${name.trim()} means "${text}"`),
    ]
  })
}

function otherBearer(name: string, offers: readonly Offer[]): string | undefined {
  const same = (text: string): boolean => text.toLowerCase() === name.toLowerCase()
  if (offers.some((offer) => same(offer.name ?? ''))) return 'a provider'
  const offer = offers.find(({ models = [] }) => models.some(({ id }) => same(id)))
  return offer && `a model of ${offer.name ?? ''}`
}
