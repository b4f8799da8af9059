import { describe, expect, it } from 'vitest'
import { programFile } from './program.ts'

const machine = (path: string, files: readonly string[], env: object = {}) => ({
  platform: 'win32' as const,
  env: { PATH: path, SystemRoot: 'C:\\WINDOWS', ...env },
  isFile: (file: string) => files.includes(file),
})

describe('a program', () => {
  it('is its name where spawn looks only on PATH', () => {
    expect(programFile('git', { ...machine('C:\\Git', []), platform: 'linux' })).toBe('git')
  })

  it('of Windows is the first on PATH', () => {
    const path = 'C:\\empty;"C:\\Program Files\\Git\\cmd";D:\\other'
    const files = ['C:\\Program Files\\Git\\cmd\\git.exe', 'D:\\other\\git.exe']
    expect(programFile('git', machine(path, files))).toBe(files[0])
    expect(programFile('git.exe', machine(path, files))).toBe(files[0])
    expect(programFile('git', machine('\\\\server\\tools', ['\\\\server\\tools\\git.exe']))).toBe(
      '\\\\server\\tools\\git.exe',
    )
  })

  it('of Windows is never one of the current folder, whatever PATH has', () => {
    const files = ['git.exe', '.\\git.exe', 'tools\\git.exe', '\\git.exe', 'C:git.exe']
    for (const path of ['', '.', ';;', 'tools', '\\', 'C:', '.;tools;C:']) {
      expect(programFile('git', machine(path, files))).toBe('C:\\WINDOWS\\System32\\git.exe')
    }
  })

  it('of Windows is looked for under any spelling of PATH', () => {
    const env = { PATH: undefined, Path: 'C:\\Git' }
    expect(programFile('git', machine('', ['C:\\Git\\git.exe'], env))).toBe('C:\\Git\\git.exe')
  })
})
