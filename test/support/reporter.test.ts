import { describe, expect, it } from 'vitest'
import { totals, type Tests } from './reporter.ts'
import { requires } from './requires.ts'

const BROWSER = { what: 'a browser', fine: 'it is tested as text' }
const missing = requires(false, BROWSER).meta ?? {}

function module(
  states: readonly string[],
  meta: object = {},
  suites: readonly object[] = [],
): Tests {
  const task = (meta: object) => ({ meta: () => meta })
  return {
    relativeModuleId: 'src/one.test.ts',
    state: () => (states.includes('failed') ? 'failed' : 'passed'),
    children: {
      size: states.length,
      allSuites: () => suites.map(task),
      allTests: () => states.map((state) => test(state, meta)),
    },
  }
}

/** What fast-check 4 says of a property that does not hold. */
const OF_A_PROPERTY =
  'Property failed after 3 tests\n{ seed: -12, path: "2:0", endOnFailure: true }\nCounterexample: [7]'

/** A test of this state; `flaky` passed in its second try, `flaky property` has an error of fast-check. */
function test(state: string, meta: object) {
  const isProperty = state === 'flaky property'
  const errors = [{ message: isProperty ? OF_A_PROPERTY : 'expected 1 to be 2\nat line 3' }]
  const isFlaky = isProperty || state === 'flaky'
  return {
    fullName: `${state} test`,
    meta: () => meta,
    result: () =>
      isFlaky ? { state: 'passed', errors } : { state, ...(state === 'failed' && { errors }) },
    diagnostic: () => ({ flaky: isFlaky }),
  }
}

describe('the end of a run', () => {
  it('is a line that scripts can read', () => {
    const modules = [module(['passed', 'failed', 'skipped', 'pending']), module(['passed'])]
    expect(totals(modules, 1)).toMatch(/^2 passed, 2 failed, 1 skipped\n$/m)
  })

  it('names what failed, with the first line of why', () => {
    expect(totals([module(['passed', 'failed'])], 0)).toBe(
      'Failed:\n  src/one.test.ts > failed test: expected 1 to be 2\n1 passed, 1 failed, 0 skipped\n',
    )
  })

  it('names what passed only in a second try', () => {
    expect(totals([module(['flaky'])], 0)).toBe(
      'Passed only in a second try:\n  src/one.test.ts > flaky test: expected 1 to be 2\n' +
        '1 passed, 0 failed, 0 skipped\n',
    )
  })

  it('names the seed of a random case', () => {
    expect(totals([module(['flaky property'])], 0)).toContain(
      'flaky property test: Property failed after 3 tests { seed: -12, path: "2:0", endOnFailure: true }\n',
    )
  })

  it('counts a file that could not be read as failed', () => {
    const broken = { ...module([]), state: () => 'failed' }
    expect(totals([broken], 0)).toBe('Failed:\n  src/one.test.ts\n0 passed, 1 failed, 0 skipped\n')
  })

  it('names what was missing, once, and why that is fine', () => {
    const modules = [module(['skipped', 'skipped'], missing), module(['skipped'], missing)]
    expect(totals(modules, 0)).toBe(
      'Not run here, and fine:\n  for want of a browser: it is tested as text (3)\n' +
        '0 passed, 0 failed, 3 skipped\n',
    )
  })

  it('names what was missing for a table of cases that is not there at all', () => {
    expect(totals([module([], {}, [missing])], 0)).toContain('for want of a browser')
  })

  it('says nothing of what was there', () => {
    expect(requires(true, BROWSER)).toEqual({})
  })
})
