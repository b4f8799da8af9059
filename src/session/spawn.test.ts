import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { LINUX } from '../../test/support/requires.ts'
import { processStart } from '../lib/process.ts'
import { sessionRef } from './identity.ts'
import { logFile } from './paths.ts'
import { readRecord, updateRecord } from './record.ts'
import { daemonTitle, READY_LIMIT_MS, spawnDaemon, type SpawnOptions } from './spawn.ts'
import { startSession } from './start.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-spawn-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
afterEach(() => vi.useRealTimers())
const env = { ...process.env, CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' }
const ref = sessionRef(env)

/** A program in place of ccr's. */
function program(text: string): string {
  const file = join(home, 'program.cjs')
  writeFileSync(file, text)
  return file
}
const start = (text: string) =>
  spawnDaemon(ref, { env, script: program(text), handover: false, inheritance: {} })
const SAY = "require('fs').writeSync(3, JSON.stringify(word) + '\\n')"

test('the first word of the daemon is handed on, however it goes on', async () => {
  const ready = { ready: { pid: 7, port: 3457 } }
  expect(await start(`const word = ${JSON.stringify(ready)}; ${SAY}`)).toEqual(ready)
  const failed = { failed: { message: 'no config', hint: 'write one' } }
  expect(await start(`const word = ${JSON.stringify(failed)}; ${SAY}; process.exit(1)`)).toEqual(
    failed,
  )
})

test('a daemon gets its flags, its environment and its name, and works in its folder', async () => {
  const say = `const word = { ready: { pid: process.pid, port: 1, report: {
    args: process.argv.slice(2), flags: process.execArgv, cwd: process.cwd(), env: process.env.MINE,
    home: process.env.CCR_HOME } } }; ${SAY}`
  const report = async (more: Partial<SpawnOptions>): Promise<Record<string, unknown>> => {
    const options = { env: { ...env, MINE: 'm' }, handover: false, inheritance: {}, ...more }
    const word = await spawnDaemon(ref, { ...options, script: program(say) })
    return (word as unknown as { ready: { report: Record<string, unknown> } }).ready.report
  }
  const title = `ccr daemon ${ref.id} a,b`
  const plain = await report({})
  expect(plain['args']).toEqual(['__daemon', '--', title])
  expect(plain['flags']).toContain('--expose-gc')
  expect(plain).toMatchObject({ env: 'm', home, cwd: realpathSync(ref.dir) })
  const all = { handover: true, revived: true, newToken: true }
  expect((await report(all))['args']).toEqual([
    ...['__daemon', '--handover', '--revived', '--new-token', '--', title],
  ])
})

test(
  'a daemon lives on without its terminal: it leads a group of processes of its own',
  LINUX,
  async () => {
    const word = await start(`
    const [, , group] = require('fs').readFileSync('/proc/self/stat', 'utf8').split(') ').pop().split(' ')
    const word = { ready: { pid: process.pid, port: Number(group) } }; ${SAY}`)
    expect('ready' in word && word.ready.port === word.ready.pid).toBe(true)
  },
)

test('what daemons print is in one log, which only its owner reads', async () => {
  const say = `console.log('to the log'); const word = { served: true }; ${SAY}`
  await start(say)
  await start(say)
  expect(readFileSync(logFile(ref), 'utf8').match(/^to the log$/gm)).toHaveLength(2)
  expect(statSync(logFile(ref)).mode & 0o777).toBe(0o600)
})

const patience = { timeout: 30_000, interval: 20 }
/** The limit of `spawnDaemon` passes when the test says so. */
const holdTime = (): unknown => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

test('a daemon that was ready lives on when the limit for getting ready has passed', async () => {
  holdTime()
  const file = join(home, 'ended-by-sigterm')
  const word = await start(`
    process.on('SIGTERM', () => { require('fs').writeFileSync(${JSON.stringify(file)}, ''); process.exit(0) })
    setInterval(() => {}, 1000)
    const word = { ready: { pid: process.pid, port: 3457 } }; ${SAY}`)
  const pid = 'ready' in word ? word.ready.pid : 0
  vi.advanceTimersByTime(2 * READY_LIMIT_MS)
  vi.useRealTimers()
  process.kill(pid, 'SIGTERM')
  await vi.waitUntil(() => processStart(pid) === null, patience)
  expect(existsSync(file)).toBe(true)
})

test('a daemon that never gets ready is ended at the limit', async () => {
  holdTime()
  const file = join(home, 'pid')
  const hanging = start(`
    require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid))
    setInterval(() => {}, 1000)`)
  const failure = expect(hanging).rejects.toThrow(/did not start: it was not ready after 60 s/)
  const pid = await vi.waitFor(() => Number(readFileSync(file, 'utf8')), patience)
  vi.advanceTimersByTime(READY_LIMIT_MS)
  await failure
  vi.useRealTimers()
  await vi.waitUntil(() => processStart(pid) === null, patience)
})

test('a daemon that ends without a word is told with its end and its own last lines', async () => {
  const failing = start("console.error('first reason\\nlast reason'); process.exit(7)")
  await expect(failing).rejects.toThrow(/did not start: it ended with exit code 7/)
  await expect(failing).rejects.toMatchObject({
    hint: expect.stringMatching(/first reason\n +last reason$/) as string,
  })
  const again = start('process.kill(process.pid, "SIGKILL")')
  await expect(again).rejects.toThrow(/SIGKILL ended it/)
  await expect(again).rejects.toMatchObject({
    hint: expect.not.stringMatching(/last reason/) as string,
  })
})

test('half a word is none', async () => {
  const half = start("require('fs').writeSync(3, '{\"ready\":')")
  await expect(half).rejects.toThrow(/did not start: it ended with exit code 0/)
})

test('a Node that is not there any more is told', async () => {
  const { execPath } = process
  process.execPath = join(home, 'gone')
  try {
    await expect(start('')).rejects.toThrow(/did not start: spawn .*gone ENOENT/)
  } finally {
    process.execPath = execPath
  }
})

test('a preference of any length and kind makes one line in ps', () => {
  const title = daemonTitle({ ...ref, preference: `a\nb\u001b[2J${'x'.repeat(5000)}` })
  expect(title).toMatch(/^ccr daemon [0-9a-f]{8} a b \[2Jx+$/)
  expect(title.length).toBeLessThan(250)
  expect(daemonTitle({ ...ref, id: 'default', preference: '' })).toBe('ccr daemon default')
})

test('what the user has stopped is not revived', async () => {
  await updateRecord(ref, { desired: 'stopped' })
  await expect(startSession(ref, { env, script: program(''), revive: true })).rejects.toThrow(
    /was stopped/,
  )
})

test('the third crash in a minute is not revived, and the log is named', async () => {
  await updateRecord(ref, { desired: 'running' })
  const revive = () => startSession(ref, { env, script: program('process.exit(1)'), revive: true })
  await expect(revive()).rejects.toThrow(/did not start/)
  await expect(revive()).rejects.toThrow(/did not start/)
  await expect(revive()).rejects.toThrow(/crashed three times in a minute/)
  expect(readRecord(ref).desired).toBe('running')
})
