/**
 * The real client that a run uses. It is the one pinned in this folder's package.json, installed here if
 * it is missing (380 MB), or another version or tag such as `latest`, installed in a cache folder. No
 * install scripts run: the native program is used as it is.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { installedClient } from './client.ts'

const NAME = '@anthropic-ai/claude-code'
const here = import.meta.dirname
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as {
  dependencies: Record<typeof NAME, string>
}

/** The version that all runs use unless told otherwise. */
export const PINNED = dependencies[NAME]

/** '' where the program does not run. */
function versionOf(file: string): string {
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
  return status === 0 ? (stdout.trim().split(' ')[0] ?? '') : ''
}

function npm(args: readonly string[], cwd: string): void {
  // What npm says goes to stderr: a run may print JSON.
  const { status } = spawnSync('npm', [...args, '--loglevel=error'], {
    cwd,
    stdio: ['inherit', 2, 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

/** The pinned client; package-lock.json has its hash. */
function pinnedClient(): string | undefined {
  const ready = (): string | undefined => {
    const file = installedClient()
    return file !== undefined && versionOf(file) === PINNED ? file : undefined
  }
  if (!ready()) {
    process.stderr.write(`Installing the real client ${PINNED} into test/e2e (380 MB) ...\n`)
    npm(['ci'], here)
  }
  return ready()
}

/** The screen that the tests in a terminal look at comes with this folder's package, whichever the client. */
function installScreen(): void {
  if (!existsSync(join(here, 'node_modules', '@xterm', 'headless'))) npm(['ci'], here)
}

/** A client of another version, or of a tag such as `latest`, which npm resolves each time. */
function otherClient(wanted: string): string | undefined {
  if (!/^[\w.-]+$/.test(wanted)) throw new Error(`CLAUDE_CODE_VERSION is no version: ${wanted}`)
  installScreen()
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const folder = join(cache, 'ccr-test-clients', wanted)
  const there = installedClient(folder)
  if (there !== undefined && versionOf(there) === wanted) return there
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`Installing the real client ${wanted} into ${folder} (380 MB) ...\n`)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]
  npm(['install', ...options, `${NAME}@${wanted}`], folder)
  return installedClient(folder)
}

/**
 * The program of the client and its version. Ends the process where it cannot be installed or does not
 * run here.
 */
export function chosenClient(wanted = process.env['CLAUDE_CODE_VERSION'] || PINNED): {
  readonly claude: string
  readonly version: string
} {
  const claude = wanted === PINNED ? pinnedClient() : otherClient(wanted)
  const version = claude === undefined ? '' : versionOf(claude)
  if (claude === undefined || version === '') {
    process.stderr.write(`Claude Code ${wanted} could not be installed, or does not run here.\n`)
    process.exit(1)
  }
  return { claude, version }
}
