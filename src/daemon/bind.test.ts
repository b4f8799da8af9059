import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { makePrivateFolder } from '../lib/files.ts'
import { acquire } from '../lib/lock.ts'
import { UserError } from '../lib/user-error.ts'
import { type SessionRef, sessionRef } from '../session/identity.ts'
import { serveLock } from '../session/paths.ts'
import { readRecord, updateRecord } from '../session/record.ts'
import { addressOf, bindPort } from './bind.ts'
import { claimPorts } from '../../test/support/ports.ts'

const homes: string[] = []
const open: (Server | NetServer)[] = []
const block = await claimPorts()

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})
afterAll(async () => {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
  await block.release()
})

const base = block.port
const address = { bind: '127.0.0.1', connect: '127.0.0.1' }

function freshHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'ccr-bind-'))
  homes.push(home)
  return home
}
const session = (home: string, preference: string): SessionRef =>
  sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: preference })

async function bind(ref: SessionRef): Promise<number | null> {
  const server = createServer()
  open.push(server)
  const record = await bindPort({ server, ref, address, base }, (port) => ({ port }))
  expect((server.address() as AddressInfo).port).toBe(record.port)
  return record.port
}

async function stranger(port: number): Promise<NetServer> {
  const server = createNetServer((socket) => socket.on('error', () => undefined).resume())
  server.listen(port, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return server
}

test('the lowest port that nobody remembers or holds is taken and remembered', async () => {
  const home = freshHome()
  await updateRecord(session(home, 'a'), { port: base + 1 })
  await stranger(base + 2)
  const ref = session(home, 'b')
  expect(await bind(ref)).toBe(base + 3)
  expect(readRecord(ref).port).toBe(base + 3)
})

test('ten at once get ten ports', async () => {
  const home = freshHome()
  const refs = Array.from({ length: 10 }, (_, n) => session(home, `s${String(n)}`))
  const ports = await Promise.all(refs.map(bind))
  expect(ports.sort()).toEqual(refs.map((_, n) => base + 1 + n))
})

test('a port of a stopped session is taken when there is no other, and forgotten by it', async () => {
  const home = freshHome()
  const others = Array.from({ length: 100 }, (_, n) => session(home, `s${String(n)}`))
  for (const [n, ref] of others.entries()) {
    await updateRecord(ref, {
      port: base + 1 + n,
      pid: 7,
      startedAt: `2026-01-01T00:00:${String(n)}`,
    })
  }
  const releases = await Promise.all(
    others.filter((_, n) => n !== 41).map((ref) => acquire(home, serveLock(ref))),
  )
  expect(await bind(session(home, 'new'))).toBe(base + 42)
  expect(readRecord(others[41]!).port).toBeNull()
  expect(readRecord(others[40]!).port).toBe(base + 41)
  const none = bind(session(home, 'none'))
  await expect(none).rejects.toThrow(UserError)
  await expect(none).rejects.toThrow(
    new RegExp(
      `all ports ${String(base + 1)}-${String(base + 100)} are in use:\\n  ${String(base + 1)}  session`,
    ),
  )
  if (process.platform === 'linux') {
    // The record's pid is nobody's word: who holds the lock is named.
    await expect(none).rejects.toThrow(`session ${others[0]?.id ?? ''} (s0), pid ${process.pid}\n`)
  }
  for (const held of releases) held.release()
})

test('a session that is only recorded as running is not named as the holder of its port', async () => {
  const home = freshHome()
  const other = session(home, 'a')
  await updateRecord(other, { port: base, pid: 7, desired: 'running' })
  await stranger(base)
  const refused = bind(session(home, ''))
  await expect(refused).rejects.toThrow(
    `${String(base)}  remembered by session ${other.id} (a), held by `,
  )
  await expect(refused).rejects.not.toThrow('pid 7\n')
})

test('our own port, held by a daemon that is just being closed, is waited for', async () => {
  const home = freshHome()
  const ref = session(home, 'a')
  await updateRecord(ref, { port: base + 7 })
  const dying = createNetServer((socket) => {
    dying.close()
    socket.destroy()
  }).listen(base + 7, '127.0.0.1')
  await once(dying, 'listening')
  expect(await bind(ref)).toBe(base + 7)
})

test('the default session has no other port, and the error says who has it', async () => {
  const home = freshHome()
  await stranger(base)
  await expect(bind(session(home, ''))).rejects.toThrow(
    `port ${String(base)} of the default session is in use`,
  )
})

test('the old router on the port of the default session is named with the cure', async () => {
  const home = freshHome()
  const script = `require('net').createServer().listen(${String(base)}, '127.0.0.1', () => console.log('on'))`
  const old = spawn(process.execPath, [
    '-e',
    script,
    '/lib/@musistudio/claude-code-router/dist/cli.js',
  ])
  try {
    await once(old.stdout, 'data')
    makePrivateFolder(home)
    writeFileSync(join(home, '.claude-code-router.pid'), String(old.pid))
    const failed = await bind(session(home, '')).catch((thrown: unknown) => thrown)
    expect(failed).toMatchObject({
      message: expect.stringContaining('the old Claude Code Router, pid') as string,
      hint: expect.stringContaining(`kill ${String(old.pid)}`) as string,
    })
  } finally {
    old.kill('SIGKILL')
  }
})

test('HOST is obeyed only with an APIKEY', () => {
  expect(addressOf({ host: '127.0.0.1', apiKey: '' })).toEqual(address)
  expect(addressOf({ host: 'localhost', apiKey: '' })).toEqual(address)
  expect(addressOf({ host: '0.0.0.0', apiKey: '' })).toMatchObject({
    ...address,
    note: expect.stringContaining('APIKEY') as string,
  })
  expect(addressOf({ host: '0.0.0.0', apiKey: 'k' })).toEqual({
    bind: '0.0.0.0',
    connect: '127.0.0.1',
  })
  expect(addressOf({ host: '192.168.1.5', apiKey: 'k' })).toEqual({
    bind: '192.168.1.5',
    connect: '192.168.1.5',
  })
})
