/**
 * What some tests need beyond a checkout, Node and npm. If it is missing, they are skipped, and the
 * run ends with a list of what was missing and why that is acceptable (reporter.ts). These are options
 * of `test` and `describe`, so that all skips look alike: `describe('…', LINUX, () => …)`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestOptions } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** What was missing and why that is fine. */
    missing?: string
  }
}

export interface Requirement {
  /** What is needed, as the end of "not run here for want of …". */
  readonly what: string
  /** What holds although these tests did not run. */
  readonly fine: string
}

/** Options for tests that run only where `met`. */
export function requires(met: boolean, { what, fine }: Requirement): TestOptions {
  return met ? {} : { skip: true, meta: { missing: `${what}: ${fine}` } }
}

const { platform } = process
const outside = (path: string): string =>
  fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url))

export const LINUX = requires(platform === 'linux', {
  what: 'Linux',
  fine: 'it is about what only Linux has',
})

export const POSIX = requires(platform !== 'win32', {
  what: 'a POSIX system',
  fine: 'it is about shells, modes or signals that Windows does not have',
})

export const SOCKET_LOCKS = requires(platform === 'linux' || platform === 'win32', {
  what: 'locks that are sockets (Linux, Windows)',
  fine: 'elsewhere locks are files, which cannot be asked who holds them',
})

export const NOT_ROOT = requires(platform !== 'win32' && process.getuid?.() !== 0, {
  what: 'a user other than root',
  fine: 'root may read every file',
})

/** Recordings of real providers and of the real client, which are kept outside the repository. */
export const RECORDINGS_FOLDER = outside('fixtures')

export const RECORDINGS = requires(existsSync(RECORDINGS_FOLDER), {
  what: 'recordings of providers and of the client (../shared/fixtures)',
  fine: 'they are not in the repository; tests with hand-written answers cover each behaviour',
})

/** Small inputs with their expected values, which are kept outside the repository. */
export const CASES_FOLDER = outside('cases')

export const CASES = requires(existsSync(CASES_FOLDER), {
  what: 'inputs with their expected values (../shared/cases)',
  fine: 'they are not in the repository; hand-written tests cover each behaviour',
})

/** The Multi-Session Support Guide itself, which the tests of test/guide/ quote. */
export const GUIDE_FILE = outside('spec/multi-session-guide.md')

export const GUIDE = requires(existsSync(GUIDE_FILE), {
  what: "the user's guide itself (../shared/spec)",
  fine: 'test/guide/ contains its text; this only compares the wording',
})

export const BASH_FILE = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find((file) =>
  existsSync(file),
)

export const BASH = requires(BASH_FILE !== undefined, {
  what: 'bash',
  fine: 'bash cannot be used on this machine',
})

export const ZSH = requires(platform !== 'win32' && isOnPath('zsh'), {
  what: 'zsh',
  fine: 'zsh cannot be used on this machine',
})

export const FISH = requires(platform !== 'win32' && isOnPath('fish'), {
  what: 'fish',
  fine: 'fish cannot be used on this machine',
})

export const GIT = requires(isOnPath('git'), {
  what: 'git',
  fine: 'without it ccr compare --agent says so and does nothing',
})

export const PTY = requires(platform === 'linux' && existsSync('/usr/bin/script'), {
  what: 'pseudo-terminals (script of util-linux)',
  fine: 'what is printed is tested without a terminal too',
})

export const CHROMIUM_FILE = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file !== undefined && existsSync(file))

export const CHROMIUM = requires(CHROMIUM_FILE !== undefined, {
  what: 'Chromium',
  fine: 'what is in the pages of ccr compare is tested as text; this looks at them',
})

export const SYSTEMD = requires(isOnPath('systemd-analyze'), {
  what: 'systemd-analyze',
  fine: 'the text of the units is tested; this has systemd read them',
})

/** Runs a program as process 1, and ends it when this process's child ends. */
export const IN_CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']

export const UNSHARE = requires(
  platform === 'linux' &&
    spawnSync(IN_CONTAINER[0] ?? '', [...IN_CONTAINER.slice(1), 'true']).status === 0,
  {
    what: 'the right to make a process namespace (unshare)',
    fine: 'the rule is tested with any process number; this has a real process 1',
  },
)

function isOnPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const names = platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program]
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))))
}
