import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type * as Fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  databaseFile,
  ensureFile,
  filesOf,
  identityOf,
  replaceDamaged,
  replacedFiles,
} from './database-file.ts'

/** The error of a system that makes no links; '' where links are made. */
const links = vi.hoisted(() => ({ fail: '' }))
vi.mock('node:fs', async (actual) => {
  const fs = await actual<typeof Fs>()
  const symlink: typeof fs.symlinkSync = (...args) => {
    if (links.fail !== '') throw Object.assign(new Error(links.fail), { code: links.fail })
    fs.symlinkSync(...args)
  }
  return { ...fs, symlinkSync: symlink }
})

let home: string
let file: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-place-'))
  file = databaseFile(home)
})
afterEach(() => {
  links.fail = ''
  rmSync(home, { recursive: true, force: true })
})

const text = (path: string): string => readFileSync(path, 'utf8')

describe('the file of the database', () => {
  it('is made once, in a folder that only its owner reads, and stays', async () => {
    await ensureFile(home)
    const first = identityOf(file)
    expect(first).toMatch(/^\d+:\d+$/)
    writeFileSync(file, 'rows')
    await ensureFile(home)
    expect([identityOf(file), text(file), replacedFiles(home)]).toEqual([first, 'rows', []])
    expect(statSync(join(home, 'usage')).mode & 0o777).toBe(0o700)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is found after the home was moved', async () => {
    await ensureFile(home)
    expect(readlinkSync(file)).toBe(join('usage', 'usage-1.db'))
  })

  it('is there for commands that only look, before anything was written', () => {
    expect([replacedFiles(home), identityOf(file)]).toEqual([[], ''])
  })

  it('is written together with its log and what they stand in', async () => {
    expect(filesOf(file)).toEqual([home, file, `${file}-wal`, `${file}-shm`])
    await ensureFile(home)
    const folder = realpathSync(join(home, 'usage'))
    const real = join(folder, 'usage-1.db')
    expect(filesOf(file)).toEqual([folder, real, `${real}-wal`, `${real}-shm`])
  })

  it('is made anew where the name leads nowhere', async () => {
    await ensureFile(home)
    rmSync(join(home, 'usage'), { recursive: true })
    expect(identityOf(file)).toBe('')
    await ensureFile(home)
    expect(text(file)).toBe('')
    expect(identityOf(file)).not.toBe('')
  })

  it('is the one that stands in the home from before, with what its log holds', async () => {
    for (const end of ['', '-wal', '-shm']) writeFileSync(`${file}${end}`, `old${end}`)
    await ensureFile(home)
    const real = realpathSync(file)
    expect(real).not.toBe(file)
    expect(['', '-wal', '-shm'].map((end) => text(`${real}${end}`))).toEqual([
      'old',
      'old-wal',
      'old-shm',
    ])
    expect(existsSync(`${file}-wal`)).toBe(false)
  })

  it('is no folder: that is left alone and named', async () => {
    mkdirSync(file)
    await expect(ensureFile(home)).rejects.toThrow(`${file} is no file`)
    expect(statSync(file).isDirectory()).toBe(true)
  })

  it('takes the place of what a killed process left half done', async () => {
    symlinkSync('nowhere', `${file}.${String(process.pid)}.tmp`)
    await ensureFile(home)
    expect(text(file)).toBe('')
    expect(existsSync(`${file}.${String(process.pid)}.tmp`)).toBe(false)
  })
})

describe('a damaged file', () => {
  it('is kept, each time, and an empty one takes its place', async () => {
    const kept: string[] = []
    await ensureFile(home)
    for (const damage of ['first', 'second', 'third']) {
      writeFileSync(file, damage)
      kept.push(await replaceDamaged(home, identityOf(file)))
      expect(text(file)).toBe('')
    }
    expect(kept.map(text)).toEqual(['first', 'second', 'third'])
    expect(replacedFiles(home).sort()).toEqual([...kept].sort())
  })

  it('that another process has replaced already is only named', async () => {
    await ensureFile(home)
    writeFileSync(file, 'damaged')
    const damaged = identityOf(file)
    const kept = await replaceDamaged(home, damaged)
    writeFileSync(file, 'new rows')
    expect(await replaceDamaged(home, damaged)).toBe(kept)
    expect(text(file)).toBe('new rows')
    expect(replacedFiles(home)).toEqual([kept])
  })

  it('that was removed meanwhile is named by where it was', async () => {
    await ensureFile(home)
    expect(await replaceDamaged(home, '1:1')).toBe(file)
  })

  it('is counted on from the highest number, whatever else lies in the folder', async () => {
    await ensureFile(home)
    for (const name of ['usage-12.db', 'usage-99.db.bak', 'my-usage-98.db', 'usage-x.db']) {
      writeFileSync(join(home, 'usage', name), 'mine')
    }
    await replaceDamaged(home, identityOf(file))
    expect(readlinkSync(file)).toBe(join('usage', 'usage-13.db'))
    expect(text(join(home, 'usage', 'usage-99.db.bak'))).toBe('mine')
  })
})

describe('where the system makes no links', () => {
  it('the file itself is the database, and a damaged one is kept beside it', async () => {
    links.fail = 'EPERM'
    await ensureFile(home)
    expect(lstatSync(file).isFile()).toBe(true)
    writeFileSync(file, 'damaged')
    await replaceDamaged(home, identityOf(file))
    expect([lstatSync(file).isFile(), text(file)]).toEqual([true, ''])
    expect(replacedFiles(home).map(text)).toEqual(['damaged'])
  })

  it('any other failure is reported', async () => {
    links.fail = 'ENOSPC'
    await expect(ensureFile(home)).rejects.toThrow('ENOSPC')
  })
})
