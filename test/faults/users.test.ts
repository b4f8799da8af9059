/** Two users of one machine: neither sees, reads, stops or disturbs what the other has. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BIN } from '../support/ccr.ts'
import { settled } from './invariants.ts'
import { canBeAnother, OTHER } from './squatter.ts'
import { startHarness, type Harness } from './harness.ts'
import { requires } from '../support/requires.ts'

const TWO_USERS = requires(canBeAnother(), {
  what: 'a second user (root, and a checkout that others can read)',
  fine: 'two users of one machine are tested where root runs this',
})

let harness: Harness
let home: string
beforeEach(async () => {
  harness = await startHarness()
  home = mkdtempSync(join(tmpdir(), 'ccr-other-'))
  mkdirSync(join(home, '.claude-code-router'), { mode: 0o700 })
  const config = { PORT: harness.ccr.port, Providers: [{ name: 'demo' }] }
  const file = join(home, '.claude-code-router', 'config.json')
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  for (const path of [home, join(home, '.claude-code-router'), file]) chownSync(path, OTHER, OTHER)
})
afterEach(async () => {
  other(['stop', '--all', '--force'])
  rmSync(home, { recursive: true, force: true })
  await harness.remove()
})

/** A command of the other user, in that user's home or in the one that `env` names. */
function other(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const ran = spawnSync(process.execPath, [BIN, ...args], {
    uid: OTHER,
    gid: OTHER,
    cwd: home,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, CCR_MODEL_PREFERENCE: 'demo,x', ...env },
  })
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr }
}

test('the same preference and the same ports, at the same time', TWO_USERS, async () => {
  await harness.succeed('start', 'demo,x')
  const { port, pid, token } = harness.record('demo,x')
  expect(other(['start'])).toMatchObject({ code: 0 })
  const [theirs, ...more] = JSON.parse(other(['sessions', '--json']).stdout) as {
    readonly port: number
    readonly pid: number
  }[]
  expect(more).toEqual([])
  expect(theirs?.port).toBe((port ?? 0) + 1)

  // Pointed at our home, the other user can do nothing and learns nothing.
  chmodSync(harness.ccr.home, 0o755)
  for (const command of [
    'sessions --json',
    'status',
    'stop --force',
    'stop --all',
    'restart',
    'sessions prune',
  ]) {
    const { stdout, stderr } = other(command.split(' '), { CCR_HOME: harness.ccr.ccrHome })
    expect(stdout + stderr, command).not.toContain(token)
    expect(stderr, command).not.toContain('bug')
  }
  expect(harness.record('demo,x')).toMatchObject({ port, pid, token, desired: 'running' })

  // The other user finds the port and the names of the locks; neither gives access.
  const response = await fetch(`http://127.0.0.1:${String(port)}/control/stop`, { method: 'POST' })
  expect(response.status).toBe(401)
  expect(readFileSync(`/proc/${String(theirs?.pid)}/status`, 'utf8')).toMatch(/^Uid:\s+65534\s/m)
  await harness.succeed('restart', 'demo,x')
  expect(other(['stop'])).toMatchObject({ code: 0 })
  const [view] = await settled(harness, new Map())
  expect(view).toMatchObject({ state: 'running', port })
})
