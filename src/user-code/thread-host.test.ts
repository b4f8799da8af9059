import { pathToFileURL } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { recordingLog } from '../../test/support/log.ts'
import { emptyConfig } from '../config/defaults.ts'
import type { ThreadRequest } from './thread-messages.ts'
import { RunningThread } from './thread-host.ts'

const folder = testFolder()
const open: RunningThread[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  for (const thread of open.splice(0)) await thread.end('the test is over')
})

/** Answers `route` with the number of pings so far, and blocks for good when it is asked for names. */
const THREAD = `
  import { parentPort as port } from 'node:worker_threads'
  let pings = 0
  port.on('message', ({ ping, id, ask }) => {
    if (ping) port.postMessage({ pong: (pings += 1) })
    else if (ask.kind === 'route') port.postMessage({ id, value: pings })
    else for (;;);
  })
  port.postMessage({ ready: true })`

function started(): RunningThread {
  const file = pathToFileURL(folder.write('thread.mjs', THREAD))
  const data = {
    config: emptyConfig(),
    limits: { router: 1, request: 1, response: 1 },
    version: '0',
  }
  const thread = new RunningThread({ file, data, log: recordingLog(), onNames: () => undefined })
  open.push(thread)
  return thread
}

const QUESTION = {
  body: { model: 'x', messages: [] },
  headers: {},
  url: '/v1/messages',
  method: 'POST',
  sessionId: 's',
  tokenCount: 1,
}
const ROUTE: ThreadRequest = { kind: 'route', question: QUESTION }
const NAMES: ThreadRequest = { kind: 'names' }
const LIMIT_MS = 60_000

it('a request to a thread that ends at that moment fails at once', async () => {
  const thread = started()
  await thread.ask(ROUTE, [], LIMIT_MS)
  const reply = thread.ask(ROUTE, [], LIMIT_MS)
  void thread.end('it was ended')
  expect(await reply).toEqual({ failed: 'it was ended' })
  expect(await thread.ask(ROUTE, [], LIMIT_MS)).toEqual({ failed: 'it was ended' })
})

it('a thread through which something flows outlives the sleep of its machine', async () => {
  const thread = started()
  await thread.ask(ROUTE, [], LIMIT_MS)
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const over = thread.flow()
  const awake = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => awake + 8 * 3_600_000)
  for (let n = 1; n <= 20; n += 1) {
    vi.advanceTimersByTime(2_000)
    expect(await thread.ask(ROUTE, [], LIMIT_MS)).toEqual(
      expect.objectContaining({ value: n }) as object,
    )
  }
  over()
  expect(vi.getTimerCount()).toBe(0)
})

it('a thread that is blocked while something flows through it is ended', async () => {
  const thread = started()
  await thread.ask(ROUTE, [], LIMIT_MS)
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const over = thread.flow()
  const reply = thread.ask(NAMES, [], LIMIT_MS)
  vi.advanceTimersByTime(10_000)
  expect(thread.hasEnded).toBe(false)
  vi.advanceTimersByTime(2_000)
  expect(await reply).toEqual({ failed: 'it blocked its thread' })
  over()
  expect(vi.getTimerCount()).toBe(0)
})
