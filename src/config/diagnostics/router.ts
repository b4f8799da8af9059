/** What would be ignored silently in `Router`. */
import { numberOf } from '../../lib/number.ts'
import type { Diagnostic } from '../check.ts'
import { meantScenario, pathText } from '../schema/keys.ts'
import { type ConfigInput, routerEntries } from '../schema/schema.ts'

/** Keys that other versions have there, or that were documented and never read. */
const OTHERS: Readonly<Record<string, string>> = {
  fallback: 'write lists beside Router: "fallback": { "default": ["provider,model"] }',
  rules: 'rules of version 3 can be written as a custom router (CUSTOM_ROUTER_PATH)',
  builtInRules: 'the scenarios (background, think, longContext, webSearch, image) stand for them',
}

export function routerWarnings({ Router: router = {} }: ConfigInput): Diagnostic[] {
  return Object.entries(router).flatMap(([key, value]: [string, unknown]) => {
    const text = warningFor(key, value)
    if (text === undefined) return []
    // A slip of the default leaves every session without a preference with nowhere to go.
    const isMistake = router.default === undefined && meantScenario(key) === 'default'
    return [{ path: ['Router', key], atKey: true, text, isMistake }]
  })
}

function warningFor(key: string, value: unknown): string | undefined {
  const name = pathText(['Router', key])
  const other = Object.hasOwn(OTHERS, key) ? OTHERS[key] : undefined
  if (other !== undefined) return `${name} is not read; ${other}`
  const meant = meantScenario(key)
  if (meant !== undefined) {
    return `${name} is not a key ccr knows; it is ignored; did you mean ${meant}?`
  }
  if (key === 'longContextThreshold') {
    const tokens = numberOf(value)
    return tokens > 0 ? undefined : `${name} is no number of tokens; 60000 is used`
  }
  if (!Object.hasOwn(routerEntries, key) || typeof value === 'string') return undefined
  return `${name} is ignored; expected "provider,model", such as "openrouter,openai/gpt-4o"`
}
