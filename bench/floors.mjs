#!/usr/bin/env node
/**
 * Start times and idle memory of the built ccr beside the bare floors, measured in turn in one
 * run: `node -e 0` for commands, an empty node:http server for a daemon. Prints a table of
 * medians and ratios; asserts nothing.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CCR = fileURLToPath(new URL('../dist/ccr.js', import.meta.url))
const ROUNDS = 9

const home = await mkdtemp(join(tmpdir(), 'ccr-floors-'))
await writeFile(
  join(home, 'config.json'),
  JSON.stringify({ PORT: await freePort(), Providers: [{ name: 'demo' }] }),
)
const environment = (preference) => ({
  ...process.env,
  CCR_HOME: home,
  CCR_CONFIG: '',
  CCR_MODEL_PREFERENCE: preference,
})

try {
  const rows = [...(await commands()), ...(await starts()), ...(await memory())]
  print([['what', 'ccr', 'floor', 'ratio', 'budget'], ...rows])
} finally {
  ccr(['stop', '--all', '--force'], '')
  await rm(home, { recursive: true, force: true })
}

function ccr(args, preference) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [CCR, ...args], {
    env: environment(preference),
    encoding: 'utf8',
  })
  if (status !== 0)
    throw new Error(`ccr ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
}

function timed(run) {
  const before = performance.now()
  run()
  return performance.now() - before
}

/** Both in turn, so that a slow moment of the machine hits both alike. */
function paired(ours, floor) {
  const times = { ours: [], floor: [] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair = [timed(ours), timed(floor)]
    if (round > 0) times.ours.push(pair[0])
    if (round > 0) times.floor.push(pair[1])
  }
  return { ours: median(times.ours), floor: median(times.floor) }
}

async function commands() {
  const bare = () => spawnSync(process.execPath, ['-e', '0'])
  const version = paired(() => ccr(['--version'], ''), bare)
  ccr(['start'], 'demo,demo-a')
  ccr(['start'], 'demo,demo-b')
  const sessions = paired(() => ccr(['sessions'], ''), bare)
  return [
    row('ccr --version', version, 'ms', '<= 1.5'),
    row('ccr sessions, two live', sessions, 'ms', '<= 1.5'),
  ]
}

async function starts() {
  const times = []
  for (let round = 0; round < 5; round += 1) {
    times.push(timed(() => ccr(['start'], 'demo,demo-c')))
    ccr(['stop'], 'demo,demo-c')
  }
  return [
    ['ccr start until ready', `${median(times).toFixed(0)} ms`, '', '', '<= 400 ms idle machine'],
  ]
}

async function memory() {
  const server = spawn(
    process.execPath,
    ['-e', "require('node:http').createServer().listen(0,'127.0.0.1',()=>console.log('up'))"],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await new Promise((resolve) => server.stdout.once('data', resolve))
  const list = spawnSync(process.execPath, [CCR, 'sessions', '--json'], {
    env: environment(''),
    encoding: 'utf8',
  })
  const pids = JSON.parse(list.stdout).map((session) => session.pid)
  const ours = median(await Promise.all(pids.map(rssMiB)))
  const floor = await rssMiB(server.pid)
  server.kill()
  return [row('idle memory of a daemon (RSS)', { ours, floor }, 'MiB', '<= 1.75')]
}

async function rssMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024
}

function row(what, { ours, floor }, unit, budget) {
  return [
    what,
    `${ours.toFixed(0)} ${unit}`,
    `${floor.toFixed(0)} ${unit}`,
    (ours / floor).toFixed(2),
    budget,
  ]
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)))
  for (const cells of rows) {
    console.log(
      cells
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** A port that was free a moment ago; the daemons skip ports that others hold. */
async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return Math.min(port, 65_000)
}
