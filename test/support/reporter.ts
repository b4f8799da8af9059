import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with one line that scripts can read: `N passed, N failed, N skipped`. */
export default class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      if (module.state() === 'failed' && module.children.size === 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const state = test.result().state
        if (state !== 'pending') count[state] += 1
      }
    }
    process.on('exit', () => {
      process.stdout.write(
        `${String(count.passed)} passed, ${String(count.failed)} failed, ${String(count.skipped)} skipped\n`,
      )
    })
  }
}
