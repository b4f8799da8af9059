import { describe, expect, it } from 'vitest'
import type { System } from './process.ts'
import { socketHolders } from './socket-holders.ts'

/** Rows as proc_net_unix(5) has them; hand-written. */
const row = (inode: number, name: string, state = '01'): string =>
  `0000000000000000: 00000002 00000000 00010000 0001 ${state} ${String(inode)} ${name}`

interface Process {
  readonly uid?: number
  readonly sockets?: readonly number[]
  /** Its descriptors cannot be listed. */
  readonly closed?: boolean
  readonly state?: string
  readonly threads?: number
}

function linux(rows: readonly string[], processes: Readonly<Record<string, Process>>): System {
  const all: Readonly<Record<string, Process>> = { self: {}, ...processes }
  const at = (path: string): readonly [Process, string[]] => {
    const [pid = '', ...rest] = path.replace('/proc/', '').split('/')
    const process = all[pid]
    if (!process) throw new Error('ENOENT')
    return [process, rest]
  }
  return {
    platform: 'linux',
    run: () => '',
    read(file) {
      if (file === '/proc/net/unix') return ['Num RefCount …', ...rows, ''].join('\n')
      const [{ uid = 1000, state = 'S', threads = 1 }] = at(file)
      return `Name:\tx\nState:\t${state} (x)\nUid:\t0\t${String(uid)}\t0\t0\nThreads:\t${String(threads)}\n`
    },
    list(folder) {
      if (folder === '/proc') return [...Object.keys(processes), 'net', 'sys']
      const [{ closed, sockets = [] }] = at(folder)
      if (closed) throw new Error('EACCES')
      return ['0', ...sockets.map((_, index) => String(index + 1))]
    },
    link(file) {
      const [{ sockets = [] }, [, fd = '0']] = at(file)
      const inode = sockets[Number(fd) - 1]
      return inode === undefined ? '/dev/null' : `socket:[${String(inode)}]`
    },
  }
}

const NAME = '\0ccr-abc'
const look = (rows: readonly string[], processes: Readonly<Record<string, Process>>) =>
  socketHolders([NAME], Infinity, linux(rows, processes))

describe('the holders of an abstract socket', () => {
  it('are the processes of this user that have it open, however many', () => {
    const processes = { 7: { sockets: [3, 50] }, 8: { sockets: [4] }, 9: { sockets: [50] } }
    expect(look([row(50, '@ccr-abc'), row(3, '@other')], processes)).toEqual({
      bound: true,
      pids: [7, 9],
      complete: true,
    })
  })

  it('are none of another user', () => {
    const processes = { 7: { uid: 65_534, sockets: [50] } }
    expect(look([row(50, '@ccr-abc')], processes)).toEqual({
      bound: true,
      pids: [],
      complete: true,
    })
  })

  it('are not those of a connection that was accepted there', () => {
    expect(look([row(50, '@ccr-abc', '03')], { 7: { sockets: [50] } })).toMatchObject({
      bound: false,
      pids: [],
    })
  })

  it('have exactly the name, also where Node fills it up with NULs', () => {
    const processes = { 7: { sockets: [50] } }
    expect(look([row(50, '@ccr-abc@@@@@@')], processes).pids).toEqual([7])
    expect(look([row(50, '@ccr-abcd')], processes).bound).toBe(false)
    expect(look([row(50, '/tmp/ccr-abc')], processes).bound).toBe(false)
  })

  it('are not told for sure while a process of this user cannot be looked into', () => {
    const rows = [row(50, '@ccr-abc')]
    expect(look(rows, { 7: { closed: true } }).complete).toBe(false)
    expect(look(rows, { 7: { closed: true, state: 'Z', threads: 4 } }).complete).toBe(false)
    expect(look(rows, { 7: { closed: true, state: 'Z' } }).complete).toBe(true)
    expect(look(rows, { 7: { closed: true, uid: 1 } }).complete).toBe(true)
  })

  it('are unknown where there is no /proc', () => {
    const system = linux([], {})
    const none = {
      ...system,
      read: () => {
        throw new Error('ENOENT')
      },
    }
    expect(socketHolders([NAME], Infinity, none)).toEqual({
      bound: null,
      pids: [],
      complete: false,
    })
  })
})
