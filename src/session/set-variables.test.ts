import { expect, it } from 'vitest'
import {
  namesSetByCcr,
  SET_VARIABLES,
  setVariablesMark,
  withoutSetVariables,
} from './set-variables.ts'

const set = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:3457', WINDOW: '200000', EMPTY: '' }
const mark = { [SET_VARIABLES]: setVariablesMark(set) }

it('what ccr has set is known as its own, with the mark itself', () => {
  const env = { ...set, ...mark, PATH: '/bin' }
  expect(namesSetByCcr(env)).toEqual([...Object.keys(set), SET_VARIABLES])
  expect(withoutSetVariables(env)).toEqual({ PATH: '/bin' })
})

it('what the user has changed or removed since is his', () => {
  const env = { ...mark, ANTHROPIC_BASE_URL: 'https://mine.example', EMPTY: undefined }
  expect(namesSetByCcr(env)).toEqual([SET_VARIABLES])
  expect(withoutSetVariables(env)).toEqual({
    ANTHROPIC_BASE_URL: 'https://mine.example',
    EMPTY: undefined,
  })
})

it('an environment without the mark is the user’s as a whole', () => {
  const env = { ...set, PATH: '/bin' }
  expect(namesSetByCcr(env)).toEqual([])
  expect(withoutSetVariables(env)).toBe(env)
})

it('the mark tells no value, and a damaged one sets nothing', () => {
  expect(setVariablesMark({ TOKEN: 'ccr-tok-secret' })).toMatch(/^TOKEN=[0-9a-f]{8}$/)
  for (const text of ['', 'WINDOW', 'WINDOW=', '=,=', 'WINDOW=00000000']) {
    expect(namesSetByCcr({ ...set, [SET_VARIABLES]: text })).toEqual([SET_VARIABLES])
  }
})
