import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'test/{conformance,guide,integration,live,recorded,repo,support}/**/*.test.ts',
    ],
    reporters: ['default', './test/support/reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
