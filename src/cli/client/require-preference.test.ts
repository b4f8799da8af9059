import { expect, it } from 'vitest'
import { emptyConfig } from '../../config/defaults.ts'
import { requirePreference } from './require-preference.ts'

const provider = { name: 'p', url: 'https://p.example', apiKey: '', models: ['gpt-4'], missing: [] }
const config = { ...emptyConfig(), providers: [provider] }

it.each([
  ['p,gpt-5', /^X matches no model: p has no model "gpt-5" .*did you mean "p,gpt-4"\?$/],
  ['quite-another', /^X matches no model: no provider lists the model "quite-another"\.$/],
])('%s matches no model, in one sentence', (preference, message) => {
  expect(() => requirePreference(preference, config, 'X')).toThrow(message)
})
