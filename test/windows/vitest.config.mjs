/** Started by run.mjs, which prepares Windows. */
import { defineConfig } from 'vitest/config'
import '../support/environment.ts'

export default defineConfig({
  test: {
    include: ['test/windows/**/*.test.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    // Wine has one server for all its processes.
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
