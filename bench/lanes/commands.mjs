/** A lane: start times of commands (compared with `node -e 0`) and of a daemon; a daemon's idle memory (compared with an empty server's). */
import { spawnSync } from 'node:child_process'
import { ccr, ccrHome } from '../lib/contestants.mjs'
import { end, rssMiB, sleep, start } from '../lib/process.mjs'
import { median } from '../lib/stats.mjs'

export function timed(run) {
  const before = performance.now()
  run()
  return performance.now() - before
}

/** Measures both alternately: `{ours, floor}`, medians in ms. */
function paired(count, ours, floor) {
  const times = { ours: [], floor: [] }
  for (let round = 0; round <= count; round += 1) {
    const pair = [timed(ours), timed(floor)]
    if (round > 0) times.ours.push(pair[0])
    if (round > 0) times.floor.push(pair[1])
  }
  return { ours: median(times.ours), floor: median(times.floor) }
}

const bare = () => spawnSync(process.execPath, ['-e', '0'])

/** `{version, sessions, start, idle}`; idle in MiB, the others in ms. */
export async function commands(work, { count = 25, starts = 9 } = {}) {
  const home = await ccrHome(work, 'commands', { name: 'demo' })
  try {
    const version = paired(count, () => ccr(home, ['--version']), bare)
    ccr(home, ['start'], 'demo,demo-a')
    ccr(home, ['start'], 'demo,demo-b')
    const sessions = paired(count, () => ccr(home, ['sessions']), bare)
    const begun = []
    for (let round = 0; round < starts; round += 1) {
      begun.push(timed(() => ccr(home, ['start'], 'demo,demo-c')))
      ccr(home, ['stop'], 'demo,demo-c')
    }
    return { version, sessions, start: { ours: median(begun) }, idle: await idle(home) }
  } finally {
    ccr(home, ['stop', '--all', '--force'])
  }
}

/** Memory one second after the start, before any request. */
async function idle(home) {
  const program = "require('node:http').createServer().listen(0,'127.0.0.1',()=>console.log('up'))"
  const server = start(process.execPath, ['-e', program])
  await new Promise((resolve) => server.stdout.once('data', resolve))
  await sleep(1_000)
  const pids = JSON.parse(ccr(home, ['sessions', '--json'])).map(({ pid }) => pid)
  const floor = rssMiB(server.pid)
  await end(server)
  return { ours: median(pids.map(rssMiB)), floor }
}
