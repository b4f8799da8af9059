/** `npm run test:long`. */
import { defineConfig } from 'vitest/config'
import { RETRY } from '../support/environment.ts'

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    fileParallelism: false,
    reporters: ['default', './test/support/reporter.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    retry: RETRY,
  },
})
