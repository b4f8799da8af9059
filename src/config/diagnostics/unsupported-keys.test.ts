import { expect, it } from 'vitest'
import { warningsIn } from '../../../test/support/config-diagnostics.ts'

const PROVIDER = 'write a provider: "Providers": [{ "name": …, "api_base_url": …, … }]'
const PLUGINS = 'the log has the tokens and times of every request'

it.each([
  ['OPENAI_API_KEY', '"sk-x"', PROVIDER],
  ['OPENAI_BASE_URL', '"https://x.test"', PROVIDER],
  ['OPENAI_MODEL', '"m"', 'set Router.default to "provider,model"'],
  ['HOT_RELOAD', 'false', 'edits always take effect at once'],
  ['plugins', '[{}]', PLUGINS],
  ['Plugins', '["token-speed"]', PLUGINS],
])('%s: %s is told not to be read', (key, written, advice) => {
  expect(warningsIn(`{ "${key}": ${written} }`)).toEqual([
    [`"${key}"`, `${key} is not read; ${advice}`],
  ])
})

it.each([
  ['OPENAI_API_KEY', '""'],
  ['OPENAI_BASE_URL', 'null'],
  ['HOT_RELOAD', 'null'],
  ['plugins', '[]'],
  ['plugins', '{}'],
  ['Plugins', '"none"'],
])('%s: %s asks for nothing and is not told', (key, written) => {
  expect(warningsIn(`{ "${key}": ${written} }`)).toEqual([])
})
