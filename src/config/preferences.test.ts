import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError } from './config-error.ts'
import type { Config } from './config.ts'
import { loadConfig } from './load.ts'
import { nameMeant, nameWarnings, resolveAlias } from './preferences.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-config-'))
  file = join(folder, 'config.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const PROVIDER = '{"name": "openrouter", "api_base_url": "https://x.test/v1", "models": ["o3"]}'

function load(preferences: string, env = {}): Config {
  writeFileSync(file, `{"Providers": [${PROVIDER}],\n"Preferences": ${preferences}}`)
  return loadConfig(file, env)
}

function refusal(preferences: string): string {
  try {
    load(preferences)
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message.replaceAll(file, 'FILE')
  }
  throw new Error('it was not refused')
}

describe('Preferences in the config', () => {
  it('are read, with blanks and variables', () => {
    const { preferences, warnings } = load('{" fast ": " openrouter,o3 ", "mine": "$MINE"}', {
      MINE: 'openrouter/o3',
    })
    expect(preferences).toEqual({ fast: 'openrouter,o3', mine: 'openrouter/o3' })
    expect(warnings).toEqual([])
  })

  it('are none where the config has none, and empty ones count as unset', () => {
    expect(load('{}').preferences).toEqual({})
    expect(load('{"fast": "", "slow": null}').preferences).toEqual({})
    expect(load('null').preferences).toEqual({})
  })

  it.each([
    ['{"a": "a"}', '2:17: Preferences["a"] stands for "a", which leads back to itself'],
    ['{"a": "b", "b": "A"}', 'Preferences["b"] stands for "A", which leads back to itself'],
    ['{"x": "a", "a": "a"}', 'Preferences["x"] stands for "a", which leads back to itself'],
    ['{"demo": "openrouter,o3"}', 'Preferences["demo"] is a name that ccr itself uses'],
    ['{"Default": "openrouter,o3"}', 'Preferences["Default"] is a name that ccr itself uses'],
    ['{" demo ": "openrouter,o3"}', 'Preferences[" demo "] is a name that ccr itself uses'],
    ['{" ": "openrouter,o3"}', 'Preferences[" "] has no name'],
    ['{"a": 5}', 'Preferences.a is 5; expected "provider,model"'],
    ['["a"]', 'Preferences is a list; expected an object of names'],
    ['"a"', 'Preferences is "a"; expected an object of names'],
  ])('%s is refused', (preferences, message) => {
    expect(refusal(preferences)).toContain(message)
  })

  it('whose name a provider or a model has too are told: the name wins', () => {
    const { warnings } = load('{"OpenRouter": "openrouter,o3", "o3": "openrouter,o4"}')
    expect(warnings.map((line) => line.replace(/^.*?: /, ''))).toEqual([
      'Preferences["OpenRouter"] is also a provider; CCR_MODEL_PREFERENCE=OpenRouter means "openrouter,o3"',
      'Preferences["o3"] is also a model of openrouter; CCR_MODEL_PREFERENCE=o3 means "openrouter,o4"',
    ])
  })
})

describe('names that stand for something else too', () => {
  const Providers = [
    { name: 'first', models: [{ id: 'a' }, { id: 'b' }] },
    { name: 'second', models: [{ id: 'c' }, { id: 'D' }] },
    { models: [{ id: 'e' }] },
    {},
  ]

  it.each([
    [' Second ', 'a provider; CCR_MODEL_PREFERENCE=Second means "x"'],
    ['d', 'a model of second; CCR_MODEL_PREFERENCE=d means "x"'],
    ['B', 'a model of first; CCR_MODEL_PREFERENCE=B means "x"'],
  ])('%j is also %s', (name, rest) => {
    const texts = nameWarnings({ Preferences: { [name]: 'x' }, Providers }).map(({ text }) => text)
    expect(texts).toEqual([`Preferences[${JSON.stringify(name)}] is also ${rest}`])
  })

  it('are not those that nothing else has', () => {
    expect(nameWarnings({ Preferences: { fast: 'x' }, Providers })).toEqual([])
    expect(nameWarnings({ Preferences: { fast: 'x' } })).toEqual([])
    expect(nameWarnings({ Providers })).toEqual([])
  })
})

it('a name is meant with blanks around it, and in another case', () => {
  expect(nameMeant(' FAST\n', { fast: 'x' })).toBe('fast')
})

describe('what a preference stands for', () => {
  it.each([
    [' openrouter,o3 ', 'openrouter,o3'],
    ['padded', 'openrouter,o3'],
    ['fast', 'openrouter,o3'],
    [' FAST ', 'openrouter,o3'],
    ['quick', 'openrouter,o3'],
    ['Fast', 'another'],
    ['openrouter,o3', 'openrouter,o3'],
    ['constructor', 'constructor'],
    ['', ''],
    ['loop', undefined],
  ])('%j is %j', (preference, meaning) => {
    const names = {
      ...{ fast: 'openrouter,o3', quick: 'Fast?', 'fast?': 'fast', loop: 'loop' },
      padded: ' openrouter,o3 ',
    }
    const more = preference === 'Fast' ? { Fast: 'another' } : {}
    expect(resolveAlias(preference, { ...names, ...more })).toBe(meaning)
  })

  it('is found, or known to be a circle, for any names', () => {
    const word = fc.constantFrom('a', 'b', 'C', 'c', 'd', 'model')
    fc.assert(
      fc.property(fc.dictionary(word, word), word, (names, preference) => {
        const meaning = resolveAlias(preference, names)
        expect(Object.keys(names).map((name) => name.toLowerCase())).not.toContain(
          meaning?.toLowerCase(),
        )
      }),
    )
  })
})
