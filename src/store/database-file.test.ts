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

const links = vi.hoisted(() => ({
  /** The error of a system that makes no links; '' where links are made. */
  fail: '',
  /** What was renamed. */
  renamed: [] as string[],
  /** After so many changes of names the process is killed. */
  steps: Infinity,
}))
vi.mock('node:fs', async (actual) => {
  const fs = await actual<typeof Fs>()
  const counted = <A extends unknown[], R>(change: (...args: A) => R) => {
    return (...args: A): R => {
      if (links.steps <= 0) throw new Error('killed')
      links.steps -= 1
      return change(...args)
    }
  }
  const symlink: typeof fs.symlinkSync = (...args) => {
    if (links.fail !== '') throw Object.assign(new Error(links.fail), { code: links.fail })
    fs.symlinkSync(...args)
  }
  const rename: typeof fs.renameSync = (from, to) => {
    links.renamed.push(String(from))
    fs.renameSync(from, to)
  }
  return {
    ...fs,
    symlinkSync: counted(symlink),
    renameSync: counted(rename),
    linkSync: counted(fs.linkSync),
    rmSync: counted(fs.rmSync),
  }
})

let home: string
let file: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-place-'))
  file = databaseFile(home)
})
afterEach(() => {
  links.fail = ''
  links.steps = Infinity
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
  beforeEach(() => {
    links.fail = 'EPERM'
  })
  const replacement = (n: number): string => join(home, 'usage', `replacement-${String(n)}.db`)

  it.each(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])(
    'the file itself is the database (%s), and stays where it is',
    async (code) => {
      links.fail = code
      await ensureFile(home)
      const first = identityOf(file)
      writeFileSync(file, 'rows')
      for (const end of ['-wal', '-shm']) writeFileSync(`${file}${end}`, end)
      links.renamed = []
      await ensureFile(home)
      expect([identityOf(file), text(file), databaseFile(home)]).toEqual([first, 'rows', file])
      expect(lstatSync(file).isFile()).toBe(true)
      expect([text(`${file}-wal`), text(`${file}-shm`)]).toEqual(['-wal', '-shm'])
      expect([links.renamed, replacedFiles(home)]).toEqual([[], []])
      expect(statSync(file).mode & 0o777).toBe(0o600)
    },
  )

  it('a damaged file stays where it is, for others have it open, and the next one counts', async () => {
    await ensureFile(home)
    writeFileSync(file, 'first')
    links.renamed = []
    expect(await replaceDamaged(home, identityOf(file))).toBe(file)
    expect([databaseFile(home), text(databaseFile(home))]).toEqual([replacement(1), ''])
    expect(statSync(replacement(1)).mode & 0o777).toBe(0o600)
    await ensureFile(home)
    expect(databaseFile(home)).toBe(replacement(1))
    writeFileSync(replacement(1), 'second')
    expect(await replaceDamaged(home, identityOf(replacement(1)))).toBe(replacement(1))
    expect([databaseFile(home), text(databaseFile(home))]).toEqual([replacement(2), ''])
    expect(replacedFiles(home).map(text).sort()).toEqual(['first', 'second'])
    expect([links.renamed, text(file)]).toEqual([[], 'first'])
  })

  it('one that another process has replaced already is only named', async () => {
    await ensureFile(home)
    writeFileSync(file, 'damaged')
    const damaged = identityOf(file)
    await replaceDamaged(home, damaged)
    writeFileSync(databaseFile(home), 'new rows')
    expect(await replaceDamaged(home, damaged)).toBe(file)
    expect([databaseFile(home), text(databaseFile(home))]).toEqual([replacement(1), 'new rows'])
  })

  it('a link of before goes on being one, and a damaged file is replaced without another', async () => {
    links.fail = ''
    await ensureFile(home)
    links.fail = 'EPERM'
    await ensureFile(home)
    expect([databaseFile(home), lstatSync(file).isSymbolicLink()]).toEqual([file, true])
    writeFileSync(file, 'damaged')
    const kept = await replaceDamaged(home, identityOf(file))
    expect(kept).toBe(join(home, 'usage', 'usage-1.db'))
    expect([databaseFile(home), text(databaseFile(home))]).toEqual([replacement(1), ''])
    expect(replacedFiles(home)).toEqual([kept])
  })

  it('a replacement goes on being the database where links are made', async () => {
    await ensureFile(home)
    await replaceDamaged(home, identityOf(file))
    links.fail = ''
    await ensureFile(home)
    expect(databaseFile(home)).toBe(replacement(1))
    await replaceDamaged(home, identityOf(replacement(1)))
    expect(databaseFile(home)).toBe(replacement(2))
  })

  it('a link that leads nowhere gives way to a file', async () => {
    links.fail = ''
    symlinkSync('nowhere', file)
    links.fail = 'EPERM'
    await ensureFile(home)
    expect([lstatSync(file).isFile(), text(file)]).toEqual([true, ''])
  })

  it('a folder in its place is left alone and named', async () => {
    mkdirSync(file)
    await expect(ensureFile(home)).rejects.toThrow(`${file} is no file`)
  })

  it('any other failure is reported', async () => {
    links.fail = 'ENOSPC'
    await expect(ensureFile(home)).rejects.toThrow('ENOSPC')
  })
})

describe('a process that is killed while the file of before is linked', () => {
  const ends = ['', '-wal', '-shm']
  const step = (n: number): void => {
    links.steps = n
  }

  it.each(Array.from({ length: 18 }, (_, n) => n))(
    'after step %i leaves all of it to the next one',
    async (steps) => {
      for (const end of ends) writeFileSync(`${file}${end}`, `old${end}`)
      step(steps)
      await ensureFile(home).catch((thrown: unknown) => expect(String(thrown)).toContain('killed'))
      step(Infinity)
      // An older ccr looks at the name in the home, then at what stands beside the file itself.
      const beside = existsSync(file) ? realpathSync(file) : '-'
      expect([text(beside), text(`${beside}-wal`)]).toEqual(['old', 'old-wal'])
      await ensureFile(home)
      const real = realpathSync(file)
      expect([text(real), text(`${real}-wal`)]).toEqual(['old', 'old-wal'])
      expect(lstatSync(file).isSymbolicLink()).toBe(true)
      expect(replacedFiles(home)).toEqual([])
    },
  )
})
