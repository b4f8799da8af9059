import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Watch, watchConfig } from './watch.ts'

let dir: string
let file: string
let watch: Watch | undefined
/** What the file held each time a change was told. */
let seen: string[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ccr-watch-'))
  file = join(dir, 'config.json')
  writeFileSync(file, 'first')
  seen = []
})

afterEach(() => {
  watch?.close()
  rmSync(dir, { recursive: true })
})

function note(): void {
  seen.push(existsSync(file) ? readFileSync(file, 'utf8') : '')
}

function begin(): void {
  watch = watchConfig(file, note)
}

async function waitForText(text: string): Promise<void> {
  await vi.waitFor(() => expect(seen.at(-1)).toBe(text), { timeout: 20_000 })
}

it('tells when the file is written in place', async () => {
  begin()
  writeFileSync(file, 'second')
  await waitForText('second')
})

it('tells each time another file is put in its place', async () => {
  begin()
  for (const text of ['second', 'third', 'fourth']) {
    writeFileSync(`${file}.tmp`, text)
    renameSync(`${file}.tmp`, file)
    await waitForText(text)
  }
})

it('tells when the file is removed and comes back', async () => {
  begin()
  rmSync(file)
  writeFileSync(file, 'again')
  await waitForText('again')
})

it('takes several steps of one save for one change', async () => {
  begin()
  for (let n = 0; n < 20; n += 1) writeFileSync(file, `step ${String(n)}`)
  await waitForText('step 19')
  expect(seen.length).toBeLessThan(20)
})

it('follows a link to where it leads, also when it comes to lead elsewhere', async () => {
  const [one, two] = ['one', 'two'].map((name) => join(dir, name)) as [string, string]
  for (const folder of [one, two]) mkdirSync(folder)
  writeFileSync(join(one, 'real.json'), 'in one')
  writeFileSync(join(two, 'real.json'), 'in two')
  rmSync(file)
  symlinkSync(join(one, 'real.json'), file)
  begin()
  writeFileSync(join(one, 'real.json'), 'changed in one')
  await waitForText('changed in one')
  symlinkSync(join(two, 'real.json'), `${file}.tmp`)
  renameSync(`${file}.tmp`, file)
  await waitForText('in two')
  writeFileSync(join(two, 'real.json'), 'changed in two')
  await waitForText('changed in two')
})

it('says nothing of other files, and nothing after it was closed', async () => {
  begin()
  writeFileSync(join(dir, 'other.json'), 'x')
  writeFileSync(file, 'second')
  await waitForText('second')
  expect(new Set(seen)).toEqual(new Set(['second']))
  watch?.close()
  writeFileSync(file, 'third')
  const other = join(dir, 'other.json')
  // A watch of its own proves that the system has told of the change by now.
  let isCalled = false
  watch = watchConfig(other, () => {
    isCalled = true
  })
  writeFileSync(other, 'y')
  await vi.waitFor(() => expect(isCalled).toBe(true), { timeout: 20_000 })
  expect(new Set(seen)).toEqual(new Set(['second']))
})

/** What happens to the folder of the config, whose parent is not watched. */
const FATES: readonly (readonly [string, (folder: string) => void])[] = [
  ['removed', (folder) => rmSync(folder, { recursive: true })],
  ['moved away', (folder) => renameSync(folder, mkdtempSync(`${folder}-`))],
]

it.each(FATES)('tells of edits after its folder was %s and made again', async (_, lose) => {
  const folder = join(dir, 'folder')
  mkdirSync(folder)
  file = join(folder, 'config.json')
  writeFileSync(file, 'first')
  // Only what the system tells counts while the folder is there.
  watch = watchConfig(file, note, { unwatchedMs: 20, watchedMs: 3_600_000 })
  lose(folder)
  mkdirSync(folder)
  writeFileSync(file, 'again')
  await waitForText('again')
  for (const text of ['second', 'third']) {
    writeFileSync(file, text)
    await waitForText(text)
  }
  lose(folder)
  await waitForText('')
  mkdirSync(folder)
  writeFileSync(file, 'much later')
  await waitForText('much later')
  writeFileSync(file, 'and on')
  await waitForText('and on')
})

it('sees within a while what the system does not tell: another folder further up', async () => {
  const up = join(dir, 'up')
  const folder = join(up, 'folder')
  mkdirSync(folder, { recursive: true })
  file = join(folder, 'config.json')
  writeFileSync(file, 'first')
  watch = watchConfig(file, note, { unwatchedMs: 3_600_000, watchedMs: 20 })
  renameSync(up, `${up}.old`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'in the other folder')
  await waitForText('in the other folder')
})

it('does not tell of a change twice, by the system and by its own looks', async () => {
  watch = watchConfig(file, note, { unwatchedMs: 20, watchedMs: 20 })
  for (const text of ['second', 'third']) {
    writeFileSync(`${file}.tmp`, text)
    renameSync(`${file}.tmp`, file)
    await waitForText(text)
  }
  expect(seen).toEqual(['second', 'third'])
})

it('looks at the file now and then where its folder cannot be watched yet', async () => {
  const later = join(dir, 'later')
  file = join(later, 'config.json')
  begin()
  mkdirSync(later)
  writeFileSync(file, 'there')
  await waitForText('there')
  writeFileSync(file, 'changed')
  await waitForText('changed')
})
