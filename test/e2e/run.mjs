/**
 * Runs the end-to-end tests with the real client, pinned in this folder's package.json. Installs
 * it first where it is missing (380 MB; no install scripts run, the native program is used as
 * it is). Called by `npm run test:e2e`, which builds before.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { installedClient } from './client.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const pinned = dependencies['@anthropic-ai/claude-code']

const version = (file) =>
  spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout?.trim().split(' ')[0] ?? ''

function install() {
  process.stdout.write(`Installing the real client ${pinned} into test/e2e (380 MB) ...\n`)
  const { status } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

const ready = () => {
  const file = installedClient()
  return file !== undefined && version(file) === pinned ? file : undefined
}

if (!ready()) install()
const claude = ready()
if (!claude) {
  process.stderr.write(`The client in test/e2e is not ${pinned}, or does not run here.\n`)
  process.exit(1)
}

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
