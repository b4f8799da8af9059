/** The reporter of the test runs: totals, what failed, and what skipped tests lacked. */
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'

/**
 * Ends the run with the names of the tests that failed, of those that passed only in a second try, with
 * a list of what skipped tests lacked (see requires.ts), and with one line that scripts can read:
 * `N passed, N failed, N skipped`.
 */
export default class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const text = totals(modules, unhandledErrors.length)
    process.on('exit', () => process.stdout.write(text))
  }
}

type Task = Pick<TestSuite | TestCase, 'meta'>

type Test = Task & {
  readonly fullName: string
  result(): { readonly state: string; readonly errors?: readonly { message: string }[] | undefined }
  diagnostic(): { readonly flaky: boolean } | undefined
}

/** What is read of a module of tests. */
export interface Tests {
  readonly relativeModuleId: string
  state(): string
  readonly children: {
    readonly size: number
    allSuites(): Iterable<Task>
    allTests(): Iterable<Test>
  }
}

/** The last lines of a run; `errors` are those that belong to no test. */
export function totals(modules: readonly Tests[], errors: number): string {
  const count = { passed: 0, failed: errors, skipped: 0 }
  const failures: string[] = []
  const flaky: string[] = []
  const missing = new Map<string, number>()
  const note = (task: Task, tests: number): void => {
    const what = task.meta().missing
    if (what !== undefined) missing.set(what, (missing.get(what) ?? 0) + tests)
  }
  for (const module of modules) {
    if (module.state() === 'failed' && module.children.size === 0) {
      count.failed += 1
      failures.push(`  ${module.relativeModuleId}\n`)
    }
    for (const suite of module.children.allSuites()) note(suite, 0)
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed' || state === 'failed' || state === 'skipped') count[state] += 1
      if (state === 'skipped') note(test, 1)
      if (state === 'failed') failures.push(named(module, test))
      if (test.diagnostic()?.flaky === true) flaky.push(named(module, test))
    }
  }
  const { passed, failed, skipped } = count
  const notes = [...missing].map(([what, tests]) => `  for want of ${what} (${String(tests)})\n`)
  return [
    failures.length > 0 ? 'Failed:\n' : '',
    ...failures,
    flaky.length > 0 ? 'Passed only in a second try:\n' : '',
    ...flaky,
    notes.length > 0 ? 'Not run here, and fine:\n' : '',
    ...notes,
    `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`,
  ].join('')
}

/** A line with the file, the name and the first line of the first error, and its line with a seed (fast-check). */
function named(module: Tests, test: Test): string {
  const [first = '', ...more] = test.result().errors?.[0]?.message.split('\n') ?? []
  const seed = more.find((line) => /\bseed\b/.test(line)) ?? ''
  const error = `${first} ${seed}`.trim()
  const why = error === '' ? '' : `: ${error}`
  return `  ${module.relativeModuleId} > ${test.fullName}${why}\n`
}
