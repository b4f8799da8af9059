import { expect, it } from 'vitest'
import { mistakesIn, warningsIn } from '../../../test/support/config-diagnostics.ts'

const withModels = (models: string): string =>
  `{ "Providers": [{ "name": "p", "api_base_url": "https://p.test/v1", "models": ${models} }] }`

it.each([
  ['contextWindw', 'contextWindow'],
  ['context_length', 'contextWindow'],
  ['max-tokens', 'maxOutput'],
  ['display_name', 'name'],
  ['supportsImages', 'input'],
  ['tool_call', 'tools'],
  ['thinking', 'reasoning'],
  ['pricing', 'price'],
  ['context_window', 'contextWindow'],
])('a field %s of a model is ignored, and %s suggested', (field, meant) => {
  const source = withModels(`[{ "id": "m", "${field}": { "x": 1 } }]`)
  const expected = [
    `"${field}"`,
    `Providers[0].models[0]${/^\w+$/.test(field) ? `.${field}` : `["${field}"]`} is not a key of a model; it is ignored; did you mean ${meant}?`,
  ]
  expect(warningsIn(source)).toEqual([expected])
  expect(mistakesIn(source)).toEqual([])
})

it('a field that many models have is reported once, at the first', () => {
  const source = withModels(
    '[{ "id": "m" }, { "id": "n", "owned_by": "x" }, { "id": "o", "owned_by": "y" }]',
  )
  expect(warningsIn(source)).toEqual([
    [
      '"owned_by"',
      'Providers[0].models[1].owned_by is not a key of a model (as in 1 more); it is ignored',
    ],
  ])
})

it('known fields and comments are not reported, nor what is no object', () => {
  const known = '"name": "M", "tools": true, "_note": "x", "//": "y", "model": "m"'
  expect(warningsIn(withModels(`[{ "id": "m", ${known} }, "m", "m"]`))).toEqual([])
  expect(warningsIn(withModels('{ "m": true, "n": { "tools": true } }'))).toEqual([])
  expect(warningsIn(withModels('"m, m"'))).toEqual([])
})

it('a second object for one model is a mistake', () => {
  const source = withModels('[{ "id": "m" }, "m", { "id": "m", "tools": false }]')
  const expected = [['{', 'a model "m" is already there; this one is ignored']]
  expect(mistakesIn(source)).toEqual(expected)
})
