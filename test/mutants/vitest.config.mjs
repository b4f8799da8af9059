/** The tests that are run for each mutant, started by run.mjs. */
import { defineConfig } from 'vitest/config'
import '../support/environment.ts'

/** Set by run.mjs. */
const tests = (process.env.MUTANTS_TESTS ?? '').split(' ').filter(Boolean)

/** The tests beside the code: whatever a program of its own runs, a mutant does not reach. */
export default defineConfig({
  test: {
    isolate: process.env.MUTANTS_ISOLATE !== 'false',
    setupFiles: 'test/mutants/setup.ts',
    include: tests.length > 0 ? tests : ['src/**/*.test.ts'],
    // A mutant that hangs a test fails it: quicker than to have the whole runner ended and started again.
    testTimeout: 10_000,
    hookTimeout: 10_000,
  },
})
