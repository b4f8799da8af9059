/**
 * Gives tests the same environment on every machine: imported by every vitest.config, it removes all
 * variables that are not listed here before the first worker starts. Keys, proxies, a session of ccr,
 * hooks of git, colours and the width of the shell do not reach the tests.
 */
const KEPT: readonly RegExp[] = [
  // Where programs and files are.
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|TZ|LANG)$/,
  /^(?:SystemRoot|windir|ComSpec|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|Program(?:Files|Data).*)$/i,
  // How the tests are run.
  /^(?:CI|TEST|NODE_ENV|NODE_V8_COVERAGE)$/,
  /^_*(?:VITEST|STRYKER)_/,
  /^VITEST$/,
  // What the tests themselves read.
  /^(?:CCR_BIN|CLAUDE_PATH|CHROMIUM_PATH)$/,
  /^(?:CHAOS|FAULTS|FUZZ|LONG|MUTANTS|WINDOWS)_/,
]

/** Whether tests get this variable of the shell that starts them. */
export function isKept(name: string): boolean {
  return KEPT.some((pattern) => pattern.test(name))
}

for (const name of Object.keys(process.env)) {
  if (!isKept(name)) Reflect.deleteProperty(process.env, name)
}
// What a program prints is English, in UTF-8 where it asks.
process.env['LANG'] = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
// The modes of files that others can read are those of most machines.
process.umask(0o022)

/** Error messages without a seed. */
const NO_SEED = /^(?![\s\S]*\bseed\b)/

/**
 * How often a failed test is tried again: once in CI, where a slow moment of a shared machine must not
 * refuse a change, never elsewhere. What passes only then is listed at the end of the run, to be mended
 * (see reporter.ts). An error that names a seed is never tried again: the next seed would hide what this
 * one found. Errors of fast-check do; other tests of random cases say `retry: 0` themselves.
 */
export const RETRY = process.env['CI'] === undefined ? 0 : { count: 1, condition: NO_SEED }
