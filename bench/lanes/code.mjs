/**
 * A lane, that is one group of measurements: `ccr code`. The time until claude starts, with and without
 * a running session, compared with the peer's; and the launcher's memory while claude runs. A shell
 * script that records its start time stands in for claude.
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CCR, ccr, ccrEnv, ccrHome } from '../lib/contestants.mjs'
import { end, freePort, rssMiB, sleep, start, until } from '../lib/process.mjs'
import { median } from '../lib/stats.mjs'
import { homeOf, pidIn } from '../peers/router-v2.mjs'

/**
 * @param upstream the address of Chat Completions. @param peer the folder of the peer's programs, if it is measured.
 * @returns `{running: {ours, peer}, cold: {ours, peer}, launcher: {ours, floor}}`, ms and MiB.
 */
export async function code(work, upstream, { count = 5, peer } = {}) {
  const bin = fakeClaude(work)
  const home = await ccrHome(work, 'code', { api_base_url: upstream })
  const ours = { args: [CCR, 'code'], env: { ...ccrEnv(home), ...bin.env } }
  const times = { running: { ours: [], peer: [] }, cold: { ours: [], peer: [] } }
  const theirs = peer ? await peerParts(work, upstream, { bin, programs: peer }) : undefined
  for (let round = 0; round < count; round += 1) {
    times.cold.ours.push(await untilClaude(ours, bin))
    times.running.ours.push(await untilClaude(ours, bin))
    if (theirs) times.cold.peer.push(await untilClaude(theirs, bin))
    if (theirs) times.running.peer.push(await untilClaude(theirs, bin))
    theirs?.stop()
    ccr(home, ['stop', '--force'])
  }
  const launcher = await waiting(ours)
  ccr(home, ['stop', '--all', '--force'])
  const both = ({ ours, peer }) => ({
    ours: median(ours),
    ...(peer.length > 0 ? { peer: median(peer) } : {}),
  })
  return { running: both(times.running), cold: both(times.cold), launcher }
}

function fakeClaude(work) {
  const folder = join(work, 'bin')
  const note = join(work, 'claude-started')
  mkdirSync(folder)
  const script = `#!/bin/sh\ndate +%s%N > "${note}.part"; mv "${note}.part" "${note}"\n[ -z "$BENCH_WAIT" ] || exec sleep 60\n`
  writeFileSync(join(folder, 'claude'), script)
  chmodSync(join(folder, 'claude'), 0o755)
  return {
    note,
    env: { PATH: `${folder}:${process.env.PATH}`, CLAUDE_PATH: join(folder, 'claude') },
  }
}

async function peerParts(work, upstream, { bin, programs }) {
  const home = join(work, 'peer-code')
  const { origin: base } = new URL(upstream)
  const port = await freePort()
  const { script } = homeOf({ home, bin: programs, port, upstream: base, model: 'm' })
  const stop = () => {
    const pid = pidIn(home)
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    rmSync(join(home, '.claude-code-router/.claude-code-router.pid'), { force: true })
    rmSync(join(home, '.claude-code-router/claude-code-reference-count.txt'), { force: true })
  }
  return { args: [script, 'code'], env: { HOME: home, ...bin.env }, stop }
}

async function untilClaude({ args, env }, { note }) {
  rmSync(note, { force: true })
  const begun = Date.now()
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await until(() => existsSync(note), `${args.join(' ')}: claude`)
  await ended
  return Number(readFileSync(note, 'utf8')) / 1e6 - begun
}

/** The memory of the launcher and of an idle Node process, shortly after their start. */
async function waiting({ args, env }) {
  const launcher = start(process.execPath, args, {
    env: { ...env, BENCH_WAIT: '1' },
    stdio: 'ignore',
  })
  const floor = start(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  await sleep(2_500)
  const result = { ours: rssMiB(launcher.pid), floor: rssMiB(floor.pid) }
  launcher.kill('SIGTERM')
  await new Promise((resolve) => launcher.once('exit', resolve))
  await end(floor)
  return result
}
