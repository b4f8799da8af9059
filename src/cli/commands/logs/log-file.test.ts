import { getEventListeners } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { follow, openLog } from './log-file.ts'

/** For a machine that is busy; what is waited for comes in milliseconds. */
const PATIENCE = { timeout: 20_000, interval: 20 }

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-log-'))
  file = join(folder, 'router.log')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the last lines', () => {
  it('are nothing without a file', () => {
    expect(openLog(file, 10)).toBeUndefined()
  })

  it('are the last so many, however long the file and its lines', () => {
    const line = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replace(/\n/g, ''))
    const long = fc.integer({ min: 0, max: 70_000 }).map((length) => 'x'.repeat(length))
    const some = fc.array(fc.oneof({ weight: 9, arbitrary: line }, long), { maxLength: 12 })
    fc.assert(
      fc.property(some, fc.nat(14), (lines, count) => {
        writeFileSync(file, lines.map((text) => `${text}\n`).join(''))
        const expected = count === 0 ? [] : lines.slice(-count)
        expect(openLog(file, count)?.read()).toEqual(
          expected.map((text) => Buffer.from(text).toString('utf8')),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('do not hold a line that is not complete, which is the rest', () => {
    writeFileSync(file, 'one\ntwo\nthr')
    const reader = openLog(file, 2)
    expect(reader?.read()).toEqual(['two'])
    expect(reader?.rest()).toBe('thr')
    appendFileSync(file, 'ee\n')
    expect(reader?.read()).toEqual(['three'])
  })
})

describe('lines that are added', () => {
  it('come once each', () => {
    writeFileSync(file, 'old\n')
    const reader = openLog(file, 0)
    appendFileSync(file, 'one\ntwo\n')
    expect(reader?.read()).toEqual(['one', 'two'])
    expect(reader?.read()).toEqual([])
    appendFileSync(file, 'ü')
    expect(reader?.read()).toEqual([])
    appendFileSync(file, '\n')
    expect(reader?.read()).toEqual(['ü'])
  })

  it('are not lost when the file is copied away and cut to nothing', () => {
    writeFileSync(file, 'old\n'.repeat(10))
    const reader = openLog(file, 0)
    appendFileSync(file, 'not seen yet\nha')
    copyFileSync(file, `${file}.1`)
    truncateSync(file)
    appendFileSync(file, 'lf\nnew\n')
    expect(reader?.read()).toEqual(['not seen yet', 'half', 'new'])
  })

  it('are not lost when the file is renamed and begun anew', () => {
    writeFileSync(file, 'old\n')
    const reader = openLog(file, 0)
    appendFileSync(file, 'not seen yet\n')
    renameSync(file, `${file}.1`)
    expect(reader?.read()).toEqual([])
    writeFileSync(file, 'a new file, longer than the old one was\n')
    expect(reader?.read()).toEqual(['not seen yet', 'a new file, longer than the old one was'])
  })

  it('are only the new ones when the user emptied the file', () => {
    writeFileSync(`${file}.1`, 'of long ago\n'.repeat(100))
    utimesSync(`${file}.1`, 1, 1)
    writeFileSync(file, 'old\n'.repeat(10))
    const reader = openLog(file, 0)
    writeFileSync(file, 'new\n')
    expect(reader?.read()).toEqual(['new'])
  })
})

describe('following', () => {
  it('gives what was added before and meanwhile, across a rotation, until it is ended', async () => {
    writeFileSync(file, 'old\n')
    const reader = openLog(file, 0)
    appendFileSync(file, 'before\n')
    const lines: string[] = []
    const end = new AbortController()
    const following = follow(file, reader!, {
      signal: end.signal,
      onLines: (added) => lines.push(...added),
    })
    appendFileSync(file, 'meanwhile\n')
    await vi.waitFor(() => expect(lines).toEqual(['before', 'meanwhile']), PATIENCE)
    renameSync(file, `${file}.1`)
    writeFileSync(file, 'anew\n')
    await vi.waitFor(() => expect(lines).toEqual(['before', 'meanwhile', 'anew']), PATIENCE)
    end.abort()
    await following
  })

  it('ends when the folder of the session is removed', async () => {
    writeFileSync(file, 'old\n')
    const options = { signal: new AbortController().signal, onLines: () => undefined }
    const following = follow(file, openLog(file, 0)!, options)
    rmSync(folder, { recursive: true })
    await following
  })

  it.each([
    ['at once', 0],
    ['later', 1],
  ])('fails when its lines cannot be taken, %s, and watches no longer', async (_, taken) => {
    writeFileSync(file, '')
    const end = new AbortController()
    const closed: unknown[] = []
    let looks = 0
    const following = follow(file, openLog(file, 0)!, {
      signal: end.signal,
      onLines() {
        looks += 1
        if (looks > taken) throw new Error('the terminal is gone')
      },
    })
    const failed = following.catch((thrown: unknown) => closed.push(thrown))
    appendFileSync(file, 'one\n')
    await failed
    expect(closed).toEqual([new Error('the terminal is gone')])
    expect(getEventListeners(end.signal, 'abort')).toEqual([])
    const before = looks
    const reader = openLog(file, 0)
    // A watch of its own proves that the system has told of the change by now.
    const other = new AbortController()
    let seen = false
    const proof = follow(file, reader!, {
      signal: other.signal,
      onLines: (lines) => (seen ||= lines.includes('two')),
    })
    appendFileSync(file, 'two\n')
    await vi.waitFor(() => expect(seen).toBe(true), PATIENCE)
    expect(looks).toBe(before)
    other.abort()
    await proof
  })

  it('ends at once when it was ended before', async () => {
    writeFileSync(file, '')
    const options = { signal: AbortSignal.abort(), onLines: () => undefined }
    await follow(file, openLog(file, 0)!, options)
  })
})
