/** The smoke test under each version of Node, started by run.mjs. */
import { defineConfig } from 'vitest/config'
import '../support/environment.ts'

export default defineConfig({
  test: {
    include: ['test/nodes/**/*.test.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
