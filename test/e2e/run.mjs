/**
 * Runs the end-to-end tests with the real client. Called by `npm run test:e2e`, which builds before.
 *
 * The client is the one pinned in this folder's package.json, installed here if it is missing
 * (380 MB). `CLAUDE_CODE_VERSION=latest` (or a version) takes another one, installed in a cache
 * folder. No install scripts run: the native program is used as it is.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { installedClient } from './client.ts'

const NAME = '@anthropic-ai/claude-code'
const here = import.meta.dirname
const root = join(here, '..', '..')
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const pinned = dependencies[NAME]

const version = (file) =>
  spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout?.trim().split(' ')[0] ?? ''

function npm(args, cwd) {
  const { status } = spawnSync('npm', [...args, '--loglevel=error'], {
    cwd,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

/** The pinned client; package-lock.json has its hash. */
function pinnedClient() {
  const ready = () => {
    const file = installedClient()
    return file !== undefined && version(file) === pinned ? file : undefined
  }
  if (!ready()) {
    process.stdout.write(`Installing the real client ${pinned} into test/e2e (380 MB) ...\n`)
    npm(['ci'], here)
  }
  return ready()
}

/** A client of another version, or of a tag such as `latest`, which npm resolves each time. */
function otherClient(wanted) {
  if (!/^[\w.-]+$/.test(wanted)) throw new Error(`CLAUDE_CODE_VERSION is no version: ${wanted}`)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'ccr-test-clients', wanted)
  mkdirSync(folder, { recursive: true })
  process.stdout.write(`Installing the real client ${wanted} into ${folder} (380 MB) ...\n`)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]
  npm(['install', ...options, `${NAME}@${wanted}`], folder)
  return installedClient(folder)
}

const wanted = process.env.CLAUDE_CODE_VERSION || pinned
const claude = wanted === pinned ? pinnedClient() : otherClient(wanted)
const found = claude ? version(claude) : ''
if (!found) {
  process.stderr.write(`Claude Code ${wanted} could not be installed, or does not run here.\n`)
  process.exit(1)
}
process.stdout.write(`The end-to-end tests run with Claude Code ${found}\n`)

const vitest = join(
  createRequire(join(root, 'package.json')).resolve('vitest/package.json'),
  '..',
  'vitest.mjs',
)
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', join(here, 'vitest.config.mjs'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, CLAUDE_PATH: claude } },
)
process.exit(status ?? 1)
