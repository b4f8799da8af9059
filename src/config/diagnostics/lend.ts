/** Warnings about `Lend`. */
import type { Diagnostic } from '../check.ts'
import { isInSearch, onlyDescribesImages } from '../lend.ts'
import type { VariableUse } from '../parse/interpolate.ts'
import type { ConfigInput } from '../schema/schema.ts'

/** What each search service cannot be asked without, and how it is written. */
const NEEDS = {
  searxng: ['url', '"url": "http://127.0.0.1:8080"'],
  brave: ['api_key', '"api_key": "${BRAVE_API_KEY}"'],
  tavily: ['api_key', '"api_key": "${TAVILY_API_KEY}"'],
} as const

/** Warnings about what lends nothing as it is written. */
export function lendWarnings(input: ConfigInput, uses: readonly VariableUse[]): Diagnostic[] {
  return [...searchWarnings(input, uses), ...imageWarnings(input)]
}

/** A search service without the key or the address that it needs; a variable that is not set has a warning of its own. */
function searchWarnings(
  { Lend: { webSearch } = {} }: ConfigInput,
  uses: readonly VariableUse[],
): Diagnostic[] {
  if (typeof webSearch !== 'object') return []
  const { service } = webSearch
  const [key, example] = NEEDS[service]
  const isUnset = uses.some(({ path, set }) => !set && isInSearch(path) && path[2] === key)
  if (webSearch[key] !== undefined || isUnset) return []
  const text = `Lend.webSearch has no ${key}, and ${service} cannot be used without one; expected ${example}`
  return [{ path: ['Lend', 'webSearch'], text, isMistake: true }]
}

/** The image model of earlier versions, where none is named. */
function imageWarnings(input: ConfigInput): Diagnostic[] {
  const image = input.Router?.image
  if (!onlyDescribesImages(input) || (typeof image === 'string' && image.trim() !== '')) return []
  const text =
    'forceUseImageAgent has no effect without Router.image; expected Lend.vision, which holds for all sessions'
  return [{ path: ['forceUseImageAgent'], atKey: true, text }]
}
