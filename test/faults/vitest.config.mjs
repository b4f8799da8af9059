/** `npm run test:faults`. */
import { defineConfig } from 'vitest/config'
import { RETRY } from '../support/environment.ts'

/** One file after the other: each of them loads the machine as far as it goes. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    fileParallelism: false,
    reporters: ['default', './test/support/reporter.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    retry: RETRY,
  },
})
