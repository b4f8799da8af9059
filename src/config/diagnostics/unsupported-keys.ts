/** Keys of other versions of the router that a config may hold and that ccr does not act on. */
import type { Diagnostic } from '../check.ts'
import type { ConfigInput } from '../schema/schema.ts'

const WRITE_A_PROVIDER = 'write a provider: "Providers": [{ "name": …, "api_base_url": …, … }]'

/** What to tell of a key that has a value; undefined: nothing. */
const UNSUPPORTED: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  OPENAI_API_KEY: () => WRITE_A_PROVIDER,
  OPENAI_BASE_URL: () => WRITE_A_PROVIDER,
  OPENAI_MODEL: () => 'set Router.default to "provider,model"',
  HOT_RELOAD: () => 'edits always take effect at once',
  plugins: pluginAdvice,
  Plugins: pluginAdvice,
}

function pluginAdvice(value: unknown): string | undefined {
  const isEmpty = !Array.isArray(value) || value.length === 0
  return isEmpty ? undefined : 'the log has the tokens and times of every request'
}

export function unsupportedKeyWarnings(input: ConfigInput): Diagnostic[] {
  return Object.entries(UNSUPPORTED).flatMap(([key, adviceFor]) => {
    const value = (input as Readonly<Record<string, unknown>>)[key]
    if (value === undefined || value === null || value === '') return []
    const advice = adviceFor(value)
    return advice === undefined
      ? []
      : [{ path: [key], atKey: true, text: `${key} is not read; ${advice}` }]
  })
}
