/** `npm run test:chaos`. */
import { defineConfig } from 'vitest/config'
import '../support/environment.ts'

export default defineConfig({
  test: {
    include: ['test/chaos/**/*.test.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    fileParallelism: false, // each makes its own crowd
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
