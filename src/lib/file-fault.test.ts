import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { POSIX } from '../../test/support/requires.ts'
import { fileFault, systemFault } from './file-fault.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ccr-fault-'))
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'file'), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const failed = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: something, open '/x'`), { code, ...more })

test.each([
  ['ENOSPC', 'no space left on device', 'free space'],
  ['EROFS', 'the file system is read-only', 'CCR_HOME=FOLDER'],
  ['EDQUOT', 'your quota is used up', 'free space'],
  ['EMFILE', 'too many files are open', 'ulimit -n'],
  ['EISDIR', 'it is a folder', 'Remove that folder'],
  ['EIO', 'EIO: something', 'Check the permissions and the free space'],
])('%s is told in words, with what to do', (code, why, hint) => {
  const file = join(folder, 'folder', 'new')
  const fault = fileFault('write', file, failed(code))
  expect(fault.message).toContain(`cannot write ${file}: ${why}`)
  expect(fault.hint).toContain(hint)
})

test.each(['EPERM', 'EACCES', 'EBUSY'])('%s of Windows may be a file that is in use', (code) => {
  const { getuid } = process
  Object.assign(process, { getuid: undefined })
  const fault = fileFault('write', join(folder, 'a b'), failed(code))
  Object.assign(process, { getuid })
  expect(fault.message).toContain('another program has it open, or you may not use it')
  expect(fault.hint).toContain(`icacls "${join(folder, 'a b')}"`)
  expect(fault.message + fault.hint).not.toMatch(/root|chmod|chown/)
})

test('a file in the place of a folder is named, wherever it stands above', () => {
  const file = join(folder, 'file')
  const fault = fileFault('read', join(file, 'sessions', 'x.json'), failed('ENOTDIR'))
  expect(fault.message).toContain(`${file} is a file, and a folder belongs there`)
  expect(fault.hint).toContain(`mv ${file} ${file}.old`)
})

test('a link that leads nowhere, or to itself, is named', POSIX, () => {
  const nowhere = join(folder, 'nowhere')
  const itself = join(folder, 'itself')
  symlinkSync(join(folder, 'gone'), nowhere)
  symlinkSync(itself, itself)
  for (const [link, code] of [
    [nowhere, 'ENOENT'],
    [itself, 'ELOOP'],
  ] as const) {
    const fault = fileFault('write', join(link, 'a'), failed(code))
    expect(fault.message).toContain(`${link} is a link that leads to no folder`)
    expect(fault.hint).toContain('Remove the link')
  }
})

test(
  'what is this user’s, but closed, can be opened by him; a path is quoted for the shell',
  POSIX,
  () => {
    const file = join(folder, "it's")
    writeFileSync(file, '', { mode: 0 })
    const { message, hint } = fileFault('read', file, failed('EACCES'))
    expect(message).toBe(`cannot read ${file}: permission denied`)
    expect(hint).toBe(`Allow it: chmod u+rw '${file.replace("'", "'\\''")}'`)
  },
)

test('an error of node:fs is put in words by what failed; any other is left alone', () => {
  const path = join(folder, 'file', 'x')
  expect(systemFault(failed('ENOTDIR', { syscall: 'scandir', path }))?.message).toMatch(
    /^cannot read /,
  )
  expect(systemFault(failed('ENOTDIR', { syscall: 'open', path }))?.message).toMatch(
    /^cannot open /,
  )
  const dest = join(folder, 'file', 'y')
  const renamed = failed('ENOTDIR', { syscall: 'rename', path, dest })
  expect(systemFault(renamed)?.message).toContain(`cannot write ${dest}`)
  expect(systemFault(failed('ENOENT', { syscall: 'spawn claude', path: 'claude' }))).toBeNull()
  expect(systemFault(failed('ECONNREFUSED', { syscall: 'connect' }))).toBeNull()
})

test('a shell in a folder that is gone is told so', () => {
  const gone = systemFault(failed('ENOENT', { syscall: 'uv_cwd' }))
  expect(gone?.message).toBe('the current folder is gone')
  expect(gone?.hint).toContain('cd')
  const closed = systemFault(failed('EACCES', { syscall: 'uv_cwd' }))
  expect(closed?.message).toBe('the current folder cannot be read')
})
