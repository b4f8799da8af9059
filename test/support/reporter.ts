/** The reporter of the test runs: totals, and what skipped tests lacked. */
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'

/**
 * Ends the run with a list of what skipped tests lacked (see requires.ts), and with one line that
 * scripts can read: `N passed, N failed, N skipped`.
 */
export default class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const text = totals(modules, unhandledErrors.length)
    process.on('exit', () => process.stdout.write(text))
  }
}

type Task = Pick<TestSuite | TestCase, 'meta'>

/** What is read of a module of tests. */
export interface Tests {
  state(): string
  readonly children: {
    readonly size: number
    allSuites(): Iterable<Task>
    allTests(): Iterable<Task & { result(): { readonly state: string } }>
  }
}

/** The last lines of a run; `errors` are those that belong to no test. */
export function totals(modules: readonly Tests[], errors: number): string {
  const count = { passed: 0, failed: errors, skipped: 0 }
  const missing = new Map<string, number>()
  const note = (task: Task, tests: number): void => {
    const what = task.meta().missing
    if (what !== undefined) missing.set(what, (missing.get(what) ?? 0) + tests)
  }
  for (const module of modules) {
    if (module.state() === 'failed' && module.children.size === 0) count.failed += 1
    for (const suite of module.children.allSuites()) note(suite, 0)
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed' || state === 'failed' || state === 'skipped') count[state] += 1
      if (state === 'skipped') note(test, 1)
    }
  }
  const { passed, failed, skipped } = count
  const notes = [...missing].map(([what, tests]) => `  for want of ${what} (${String(tests)})\n`)
  return [
    notes.length > 0 ? 'Not run here, and fine:\n' : '',
    ...notes,
    `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`,
  ].join('')
}
