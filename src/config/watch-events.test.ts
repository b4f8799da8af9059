/** What a watch makes of what the system tells, in an order that a real system does not keep to. */
import { EventEmitter } from 'node:events'
import type * as Fs from 'node:fs'
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs'
import type * as FsPromises from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { type Watch, watchConfig } from './watch.ts'

type Listener = (event: string, name: string | null) => void

class FakeWatcher extends EventEmitter {
  isOpen = true
  readonly folder: string
  readonly options: unknown
  readonly tell: (name: string | null) => void

  constructor(folder: string, options: unknown, listener: Listener) {
    super()
    this.folder = folder
    this.options = options
    this.tell = (name) => listener('change', name)
  }

  close(): void {
    this.isOpen = false
  }
}

const system = vi.hoisted(() => ({
  watchers: [] as unknown[],
  /** How many were asked for after which the system has no more watches; none when undefined. */
  mostWatchers: undefined as number | undefined,
  /** How often the state of the file was asked for by a look. */
  looks: 0,
  /** Looks wait for this. */
  answer: Promise.resolve(),
}))

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof Fs>()),
  watch: (folder: string, options: unknown, listener: Listener) => {
    const left = system.mostWatchers
    if (left !== undefined && system.watchers.length >= left) throw new Error('ENOSPC')
    const watcher = new FakeWatcher(folder, options, listener)
    system.watchers.push(watcher)
    return watcher
  },
}))

vi.mock('node:fs/promises', async (original) => {
  const { statSync } = await import('node:fs')
  return {
    ...(await original<typeof FsPromises>()),
    stat: async (file: string) => {
      system.looks += 1
      await system.answer
      return statSync(file)
    },
  }
})

const LOOKS = { unwatchedMs: 1_000, watchedMs: 60_000 }
const SETTLED_MS = 100

const folder = testFolder()
const onChange = vi.fn<() => void>()
let file: string
let watch: Watch

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  Object.assign(system, { watchers: [], mostWatchers: undefined, looks: 0 })
  system.answer = Promise.resolve()
  onChange.mockReset()
  file = folder.write('ccr/config.json', '{}')
})
afterEach(() => {
  watch.close()
  vi.useRealTimers()
  rmSync(join(folder.path, 'ccr'), { recursive: true, force: true })
})

function all(): FakeWatcher[] {
  return system.watchers as FakeWatcher[]
}

function open(): FakeWatcher[] {
  return all().filter(({ isOpen }) => isOpen)
}

function begin(): FakeWatcher {
  watch = watchConfig(file, onChange, LOOKS)
  return only()
}

/** The one watcher that is open. */
function only(): FakeWatcher {
  const [watcher, ...others] = open()
  if (watcher === undefined || others.length > 0) throw new Error(`${String(open().length)} open`)
  return watcher
}

/** How often a change was told in this time. */
async function changesIn(ms: number): Promise<number> {
  const before = onChange.mock.calls.length
  await vi.advanceTimersByTimeAsync(ms)
  return onChange.mock.calls.length - before
}

it('watches the folder, and does not keep the process alive for it', () => {
  expect(begin()).toMatchObject({ folder: dirname(file), options: { persistent: false } })
})

it('tells of the file by its name, and of what the system has no name for', async () => {
  const { tell } = begin()
  for (const name of ['config.json', null]) {
    tell(name)
    expect(await changesIn(SETTLED_MS)).toBe(1)
  }
})

it('tells nothing of other files of the folder', async () => {
  const { tell } = begin()
  for (const name of ['config.json.swp', 'sessions', '']) tell(name)
  expect(await changesIn(SETTLED_MS)).toBe(0)
})

it('waits until the last of several steps', async () => {
  const { tell } = begin()
  for (let n = 0; n < 5; n += 1) {
    tell('config.json')
    expect(await changesIn(40)).toBe(0)
  }
  expect(await changesIn(SETTLED_MS)).toBe(1)
})

it('goes on with the watcher that it has while the folder is the same', async () => {
  begin().tell('config.json')
  expect(await changesIn(SETTLED_MS)).toBe(1)
  expect(all()).toHaveLength(1)
})

it('closes its watcher once, and takes nothing from it any more', async () => {
  const watcher = begin()
  watch.close()
  expect(open()).toEqual([])
  watcher.tell('config.json')
  watcher.emit('error', new Error('late'))
  expect(vi.getTimerCount()).toBe(0)
  expect(await changesIn(LOOKS.watchedMs)).toBe(0)
  expect(all()).toHaveLength(1)
})

it('says nothing while it looks at a file that stays, or stays away', async () => {
  begin()
  expect(await changesIn(3 * LOOKS.watchedMs)).toBe(0)
  expect(system.looks).toBe(3)
  watch.close()
  rmSync(file)
  begin()
  expect(await changesIn(3 * LOOKS.watchedMs)).toBe(0)
})

it('tells once for each change that only a look sees, also that the file is gone', async () => {
  begin()
  utimesSync(file, 5, 5)
  expect(await changesIn(3 * LOOKS.watchedMs)).toBe(1)
  rmSync(file)
  expect(await changesIn(3 * LOOKS.watchedMs)).toBe(1)
  folder.write('ccr/config.json', '{}')
  expect(await changesIn(3 * LOOKS.watchedMs)).toBe(1)
})

it('looks again only when the file system has answered', async () => {
  begin()
  let answer: () => void = () => undefined
  system.answer = new Promise((resolve) => {
    answer = resolve
  })
  await vi.advanceTimersByTimeAsync(5 * LOOKS.watchedMs)
  expect(system.looks).toBe(1)
  utimesSync(file, 5, 5)
  answer()
  expect(await changesIn(SETTLED_MS)).toBe(1)
  await vi.advanceTimersByTimeAsync(LOOKS.watchedMs)
  expect(system.looks).toBe(2)
})

it('watches another folder that has come into the place of the first, and the first no more', async () => {
  const first = begin()
  renameSync(dirname(file), `${dirname(file)}.old`)
  folder.write('ccr/config.json', '{ "PORT": 4000 }')
  expect(await changesIn(LOOKS.watchedMs + SETTLED_MS)).toBe(1)
  rmSync(`${dirname(file)}.old`, { recursive: true })
  expect(first.isOpen).toBe(false)
  only().tell('config.json')
  expect(await changesIn(SETTLED_MS)).toBe(1)
})

it('gives its watcher up when the folder is removed, and has one again when it is back', async () => {
  const first = begin()
  rmSync(dirname(file), { recursive: true })
  first.tell('ccr')
  expect(open()).toEqual([])
  expect(await changesIn(2 * SETTLED_MS)).toBeGreaterThan(0)
  expect(await changesIn(20 * LOOKS.unwatchedMs)).toBe(0)
  folder.write('ccr/config.json', '{}')
  expect(await changesIn(LOOKS.unwatchedMs + SETTLED_MS)).toBe(1)
  only().tell('config.json')
  expect(await changesIn(SETTLED_MS)).toBe(1)
})

it('looks often after the system has failed it, and watches again with the next change', async () => {
  const first = begin()
  system.mostWatchers = 1
  first.emit('error', new Error('EIO'))
  expect(open()).toEqual([])
  // It may have changed while nobody watched.
  expect(await changesIn(SETTLED_MS)).toBe(1)
  await vi.advanceTimersByTimeAsync(SETTLED_MS)
  expect(await changesIn(5 * LOOKS.unwatchedMs)).toBe(0)
  system.mostWatchers = undefined
  utimesSync(file, 6, 6)
  expect(await changesIn(LOOKS.unwatchedMs + SETTLED_MS)).toBe(1)
  expect(only().folder).toBe(dirname(file))
  system.looks = 0
  await vi.advanceTimersByTimeAsync(LOOKS.watchedMs)
  expect(system.looks).toBeLessThan(3)
})

it('watches both folders of a link, and only one once it is a plain file', async () => {
  const real = folder.write('ccr/real/config-of-mine.json', '{}')
  unlinkSync(file)
  symlinkSync(real, file)
  watch = watchConfig(file, onChange, LOOKS)
  expect(open().map((watcher) => watcher.folder)).toEqual([dirname(file), dirname(real)])
  unlinkSync(file)
  folder.write('ccr/config.json', '{}')
  open()[0]?.tell('config.json')
  expect(await changesIn(SETTLED_MS)).toBe(1)
  expect(only().folder).toBe(dirname(file))
})

it('leaves no watcher open when the system has too few for both folders of a link', () => {
  const real = folder.write('ccr/real/config.json', '{}')
  unlinkSync(file)
  symlinkSync(real, file)
  system.mostWatchers = 1
  watch = watchConfig(file, onChange, LOOKS)
  expect(all()).toHaveLength(1)
  expect(open()).toEqual([])
})

it('tells of a change of a link between the file and what it leads to, as mounted configs have', async () => {
  const at = (name: string): string => join(dirname(file), name)
  mkdirSync(at('..2026-1'))
  mkdirSync(at('..2026-2'))
  for (const version of ['..2026-1', '..2026-2']) folder.write(`ccr/${version}/config.json`, '{}')
  symlinkSync('..2026-1', at('..data'))
  unlinkSync(file)
  symlinkSync(join('..data', 'config.json'), file)
  watch = watchConfig(file, onChange, LOOKS)
  symlinkSync('..2026-2', at('..data_tmp'))
  renameSync(at('..data_tmp'), at('..data'))
  open()[0]?.tell('..data')
  expect(await changesIn(SETTLED_MS)).toBe(1)
  expect(open().map((watcher) => watcher.folder)).toEqual([dirname(file), at('..2026-2')])
})
