/**
 * Runs the end-to-end tests with the real client. Called by `npm run test:e2e`, which builds before.
 *
 * The client is the pinned one; `CLAUDE_CODE_VERSION=latest` (or a version) takes another:
 * choose-client.ts.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chosenClient } from './choose-client.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const { claude, version } = chosenClient()
process.stdout.write(`The end-to-end tests run with Claude Code ${version}\n`)

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
