import { describe, expect, it } from 'vitest'
import { isRead, otherProviderKey, pathText, sameScenario } from './keys.ts'
import type { Path } from '../parse/json5-locations.ts'

describe('what ccr reads itself', () => {
  it.each<[Path, boolean]>([
    [[], true],
    [['PORT'], true],
    [['Router', 'default'], true],
    [['Router', 'mine', 'a'], false],
    [['Preferences', 'fast'], true],
    [['Prices', 'p,m', 'input'], true],
    [['Usage', 'record'], true],
    [['Budgets', 0, 'limit'], true],
    [['Providers', 0], true],
    [['Providers', 0, 'api_key'], true],
    [['providers', 0, 'models', 1], true],
    [['Providers', 0, 'transformer', 'use', 0], false],
    [['providers', 0, 'transformer', 'use', 0], false],
    [['Providers', 0, 'frobnicate'], false],
    [['plugins', 0, 'name'], false],
    [['constructor'], false],
  ])('%j: %j', (path, read) => {
    expect(isRead(path)).toBe(read)
  })
})

describe('the key of a provider that others call', () => {
  it.each([
    ['baseURL', 'api_base_url'],
    ['base-url', 'api_base_url'],
    ['endpoint', 'api_base_url'],
    ['auth-token', 'api_key'],
    ['API_KEY', 'api_key'],
    ['Model', 'models'],
    ['api_key', undefined],
    ['colour', undefined],
  ])('%s is %s', (key, meant) => {
    expect(otherProviderKey(key)).toBe(meant)
  })
})

describe('the key of Router that is the same in other letters', () => {
  it.each([
    ['longcontext', 'longContext'],
    ['DEFAULT', 'default'],
    ['websearch', 'webSearch'],
    ['default', undefined],
    ['mine', undefined],
  ])('as %s is %s', (key, meant) => {
    expect(sameScenario(key)).toBe(meant)
  })
})

it('writes a path as one would in a program', () => {
  expect(pathText(['Providers', 0, 'transformer', 'gpt-4o', 'use'])).toBe(
    'Providers[0].transformer["gpt-4o"].use',
  )
})
