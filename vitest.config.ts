import { defineConfig } from 'vitest/config'
import { RETRY } from './test/support/environment.ts'

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'test/{conformance,drift,guide,integration,live,real,recorded,repo,support}/**/*.test.ts',
    ],
    reporters: ['default', './test/support/reporter.ts'],
    // Most tests wait for processes of their own; Vitest would leave one of two processors free.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: RETRY,
  },
})
