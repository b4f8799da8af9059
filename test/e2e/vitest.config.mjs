/** `npm run test:e2e`, started by run.mjs. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { RETRY } from '../support/environment.ts'

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/e2e/*.test.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    // Each test runs the real client, which takes a core for a second or two.
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 60_000,
    retry: RETRY,
  },
})
