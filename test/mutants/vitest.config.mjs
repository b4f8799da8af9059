import { defineConfig } from 'vitest/config'
import '../support/environment.ts'

/** The tests beside the code: whatever a program of its own runs, a mutant does not reach. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
