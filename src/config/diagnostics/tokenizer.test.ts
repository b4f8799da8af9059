import { expect, it } from 'vitest'
import { warningsIn } from '../../../test/support/config-diagnostics.ts'

const expected = (at: string, path: string) => [
  `"${at}"`,
  `${path} is not used: ccr counts tokens itself, with o200k adjusted to the vendor's vocabulary`,
]

it.each([
  ['{ "default": { "type": "api" } }', [expected('default', 'tokenizer.default')]],
  [
    '{ "default": { "type": "huggingface", "model": "a/b" } }',
    [expected('default', 'tokenizer.default')],
  ],
  [
    '{ "models": { "m": { "type": "api" }, "o200k": { "type": "tiktoken" }, "n": { "type": "api" } } }',
    [expected('m', 'tokenizer.models.m'), expected('n', 'tokenizer.models.n')],
  ],
  ['{ "default": { "type": "tiktoken" } }', []],
  ['{ "default": null, "models": { "m": null } }', []],
  ['{ "default": "api", "models": null }', []],
  ['{ "models": "api" }', []],
  ['{}', []],
  ['null', []],
  ['"api"', []],
])('a tokenizer of %s is told of where ccr does not ask it', (tokenizer, expected) => {
  expect(warningsIn(`{ "tokenizer": ${tokenizer} }`)).toEqual(expected)
})

it('that of a provider is told of at its own place, behind that of all', () => {
  const unsupported = '{ "default": { "type": "api" } }'
  const provider = (name: string) =>
    `{ "name": "${name}", "api_base_url": "https://${name}.test/v1", "tokenizer": ${unsupported} }`
  const source = `{ "tokenizer": ${unsupported}, "Providers": [${provider('a')}, ${provider('b')}] }`
  expect(warningsIn(source)).toEqual([
    expected('default', 'tokenizer.default'),
    expected('default', 'Providers[0].tokenizer.default'),
    expected('default', 'Providers[1].tokenizer.default'),
  ])
})
