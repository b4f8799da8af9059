import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { LINUX } from '../../test/support/requires.ts'
import { acquire } from '../lib/lock.ts'
import * as processes from '../lib/process.ts'
import { sessionRef } from './identity.ts'
import { serveLock } from './paths.ts'
import { holderOfPort, holderText } from './port-holder.ts'
import { probe, type SessionState } from './probe.ts'
import { writeRecord } from './record.ts'

vi.mock('../lib/process.ts', { spy: true })

const folder = testFolder()
const closing: (() => void)[] = []
afterEach(() => {
  vi.useRealTimers()
  vi.resetAllMocks()
  for (const close of closing.splice(0)) close()
})

/** A server of this process. */
async function listener(): Promise<{ readonly server: Server; readonly port: number }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

/** A session as a look found it that was in this state then. */
async function viewOf(port: number | null, state: SessionState) {
  const ref = sessionRef({ CCR_HOME: folder.path, CCR_MODEL_PREFERENCE: 'p,m' })
  writeRecord(ref, { port, token: 'ccr-tok-x', pid: process.pid })
  return { ...(await probe(ref)), port, state }
}

test('a session without a port, and one whose port nobody listens on, have nobody there', async () => {
  expect(await holderOfPort(await viewOf(null, 'stopped'))).toEqual({ who: 'nobody' })
  const { server, port } = await listener()
  server.close()
  await once(server, 'close')
  expect(await holderOfPort(await viewOf(port, 'stopped'))).toEqual({ who: 'nobody' })
})

test('a daemon that has proved itself is on its port', async () => {
  expect(await holderOfPort(await viewOf(1, 'running'))).toEqual({ who: 'daemon' })
  expect(await holderOfPort(await viewOf(1, 'draining'))).toEqual({ who: 'daemon' })
})

test.each<SessionState>(['stopped', 'unresponsive', 'starting'])(
  'who listens on the port of a session that is %s, and does not hold its lock, is a stranger, whatever the record says',
  async (state) => {
    const { port } = await listener()
    expect(await holderOfPort(await viewOf(port, state))).toMatchObject({ who: 'stranger' })
  },
)

test('who is asked is let go again', async () => {
  const { server, port } = await listener()
  const closed = new Promise((resolve) => {
    server.once('connection', (socket: Socket) => socket.resume().once('close', resolve))
  })
  await holderOfPort(await viewOf(port, 'stopped'))
  await closed
})

test('a daemon that hangs is known by its lock', LINUX, async () => {
  const { port } = await listener()
  const view = await viewOf(port, 'unresponsive')
  const held = await acquire(folder.path, serveLock(view.ref))
  closing.push(() => held.release())
  expect(await holderOfPort(view)).toEqual({ who: 'daemon' })
})

test('who listens on the port is not known where the system does not tell: a program of another user', async () => {
  const { port } = await listener()
  vi.mocked(processes.portHolder).mockReturnValueOnce(null)
  const view = await viewOf(port, 'unresponsive')
  expect(await holderOfPort(view)).toEqual({ who: 'stranger', holder: null })
})

test('who has answered is not waited for, and who is too busy to answer for a second at most', async () => {
  const { port, server } = await listener()
  const view = await viewOf(port, 'unresponsive')
  const nginx = { pid: 7, name: 'nginx' }
  vi.mocked(processes.portHolder).mockReturnValue(nginx)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  expect(await holderOfPort(view)).toEqual({ who: 'stranger', holder: nginx })
  server.close()
  const looking = holderOfPort(view)
  vi.advanceTimersByTime(999)
  expect(await looking).toEqual({ who: 'nobody' })
  const late = holderOfPort(view)
  vi.advanceTimersByTime(1_000) // before the system has said that nobody is there
  expect(await late).toEqual({ who: 'stranger', holder: nginx })
  expect(vi.getTimerCount()).toBe(0)
})

test('who is there is told in words', () => {
  expect(holderText(null)).toBe('a program of another user')
  expect(holderText({ pid: 7, name: 'nginx' })).toBe('nginx (pid 7)')
  expect(holderText({ pid: 7, name: '' })).toBe('a program (pid 7)')
})
