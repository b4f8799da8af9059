import { describe, expect, it } from 'vitest'
import {
  namesSetByCcr,
  SET_VARIABLES,
  setVariablesMark,
  undoneVariables,
  withoutSetVariables,
} from './variables-set-by-ccr.ts'

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
  const window = setVariablesMark({ WINDOW: set.WINDOW })
  const odd = [`=${window}`, `${window}-`, `${window}=`, `x+=y=${window}`]
  for (const text of ['', 'WINDOW', 'WINDOW=', '=,=', 'WINDOW=00000000', 'NONE=00000000', ...odd]) {
    expect(namesSetByCcr({ ...set, [SET_VARIABLES]: text })).toEqual([SET_VARIABLES])
  }
})

describe('a line that ccr has added to what the user has in a variable', () => {
  const before = { HEADERS: 'x-mine: 1' }
  const added = { HEADERS: 'x-mine: 1\nx-ccr: 2' }
  const marked = { [SET_VARIABLES]: setVariablesMark(added, before) }

  it('is taken out again, and the rest stays his', () => {
    expect(marked[SET_VARIABLES]).toMatch(/^HEADERS\+=[0-9a-f]{8}$/)
    expect(withoutSetVariables({ ...added, ...marked, PATH: '/bin' })).toEqual({
      ...before,
      PATH: '/bin',
    })
    expect(undoneVariables({ ...added, ...marked })).toEqual([
      ['HEADERS', 'x-mine: 1'],
      [SET_VARIABLES, null],
    ])
  })

  it('is found among lines that he has added since', () => {
    const env = { HEADERS: 'x-new: 0\nx-mine: 1\nx-ccr: 2\nx-last: 3', ...marked }
    expect(withoutSetVariables(env)).toEqual({ HEADERS: 'x-new: 0\nx-mine: 1\nx-last: 3' })
  })

  it('is his where he has changed it', () => {
    const env = { HEADERS: 'x-mine: 1\nx-ccr: 3', ...marked }
    expect(undoneVariables(env)).toEqual([[SET_VARIABLES, null]])
    expect(withoutSetVariables(env)).toEqual({ HEADERS: 'x-mine: 1\nx-ccr: 3' })
  })

  it.each([
    ['he had nothing', {}, 'x-ccr: 2'],
    ['he had an empty one', { HEADERS: '' }, '\nx-ccr: 2'],
    ['it was replaced', { HEADERS: 'x-mine: 1' }, 'x-ccr: 2'],
    ['only the beginning is the same', { HEADERS: 'x-mine: 1' }, 'x-mine: 10\nx-ccr: 2'],
    ['only the end is the same', { HEADERS: 'x-mine: 1' }, 'x-ccr: 2\nx-mine: 1\n'],
  ])('is none where %s: the variable goes as a whole', (_, theirs, value) => {
    const mark = setVariablesMark({ HEADERS: value }, theirs)
    expect(mark).toMatch(/^HEADERS=[0-9a-f]{8}$/)
    expect(withoutSetVariables({ HEADERS: value, [SET_VARIABLES]: mark })).toEqual({})
  })
})
