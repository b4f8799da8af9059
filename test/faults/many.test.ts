/** A hundred sessions at once, and fifty starts of one. */
import { readFileSync, writeSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PORT_RANGE } from '../../src/config/defaults.ts'
import { messagesClient } from '../support/client.ts'
import { startHarness, PATIENCE, SEES_PROCESSES, type Harness } from './harness.ts'

let harness: Harness
beforeEach(async () => {
  harness = await startHarness()
})
afterEach(() => harness.remove())

test('a hundred preferences at once: a hundred daemons on a hundred ports, all answer, and stop --all leaves none', async () => {
  const preferences = Array.from({ length: 100 }, (_, n) => `demo,m${String(n + 1)}`)
  const started = performance.now()
  await Promise.all(preferences.map((preference) => harness.succeed('start', preference)))
  const ready = performance.now()

  const listed = JSON.parse(await harness.succeed('sessions --json')) as Listed[]
  const answered = performance.now()
  expect(listed.map(({ state }) => state)).toEqual(preferences.map(() => 'running'))
  expect(new Set(listed.map(({ modelPreference }) => modelPreference))).toEqual(
    new Set(preferences),
  )
  expect(new Set(listed.map(({ pid }) => pid)).size).toBe(100)
  const first = harness.ccr.port + 1
  expect(listed.map(({ port }) => port)).toEqual(
    Array.from({ length: PORT_RANGE }, (_, index) => first + index),
  )
  await Promise.all(listed.map(asks))
  if (SEES_PROCESSES) expect(harness.processes()).toHaveLength(100)
  const memory = memoryOf(listed)

  const stopping = performance.now()
  await harness.succeed('stop --all')
  const stopped = performance.now()
  expect(JSON.parse(await harness.succeed('sessions --json'))).toEqual([])
  await vi.waitFor(() => expect(harness.processes()).toEqual([]), PATIENCE)
  tell(
    `100 sessions on ${String(cpus().length)} cores, ${mebibytes(totalmem())} MiB: started in ${seconds(ready - started)}, ` +
      `listed in ${seconds(answered - ready)}, stopped in ${seconds(stopped - stopping)}; ${memory}`,
  )
})

test('fifty starts of one preference at once: one daemon, and every start names its pid and port', async () => {
  const outputs = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const text = await harness.succeed('start', 'demo,one')
      return [/^PID: +(\d+)$/m.exec(text)?.[1], /^Port: +(\d+)$/m.exec(text)?.[1]].join(' ')
    }),
  )
  const { pid, port } = await harness.view('demo,one')
  expect(new Set(outputs)).toEqual(new Set([`${String(pid)} ${String(port)}`]))
  expect(port).toBe(harness.ccr.port + 1)
  if (SEES_PROCESSES) expect(harness.processes()).toHaveLength(1)
})

interface Listed {
  readonly sessionId: string
  readonly modelPreference: string
  readonly port: number
  readonly pid: number
  readonly state: string
  readonly rssBytes: number
}

/** A request of each session, answered by the session's own model. */
async function asks({ sessionId, modelPreference, port, pid }: Listed): Promise<void> {
  const { token } = harness.record(modelPreference)
  const session = { sessionId, port, pid, token, baseUrl: `http://127.0.0.1:${String(port)}` }
  const { status, body } = await messagesClient(session, `ccr-${sessionId}`).post()
  expect(status, JSON.stringify(body)).toBe(200)
}

/** What a session takes: resident, and its own part (shared pages divided among their users). */
function memoryOf(listed: readonly Listed[]): string {
  const rss = mean(listed.map(({ rssBytes }) => rssBytes))
  const proportional = SEES_PROCESSES ? mean(listed.map(({ pid }) => proportionalBytes(pid))) : null
  const part =
    proportional === null ? '' : `, of which ${mebibytes(proportional)} MiB are its own part (PSS)`
  return `a session takes ${mebibytes(rss)} MiB resident${part}`
}

function proportionalBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8')
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1]) * 1024
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Straight to the terminal: what is printed in a test is shown where vitest likes. */
function tell(line: string): void {
  writeSync(2, `\n${line}\n\n`)
}
