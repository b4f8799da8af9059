import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ListedProcess, System } from '../../../lib/process.ts'
import { testFolder } from '../../../../test/support/folder.ts'
import { isOldRouter } from '../../../session/old-router.ts'
import { orphanChecks } from './sessions.ts'

const folder = testFolder()

/** A machine with one process, of a home that may not be known. */
const machine =
  (commandLine: string, ccrHome?: string) =>
  (pattern: RegExp): ListedProcess[] =>
    pattern.test(commandLine)
      ? [{ pid: 77, commandLine, variable: (name) => (name === 'CCR_HOME' ? ccrHome : undefined) }]
      : []

test.each([
  ['by its title', 'ccr daemon a3f2d8e1 openrouter/gpt-4'],
  ['by its title alone', 'ccr daemon a3f2d8e1'],
  ['by the arguments of its start', '/usr/bin/node ccr.js __daemon -- ccr daemon a3f2d8e1 x,y'],
  ['on Windows', '"C:\\node.exe" C:\\ccr.js __daemon --revived -- "ccr daemon a3f2d8e1"'],
])('a daemon without a folder is known %s', (_, commandLine) => {
  expect(orphanChecks('/nowhere', machine(commandLine, '/gone'))).toMatchObject([
    { text: 'a daemon (pid 77) serves session a3f2d8e1 of /gone, whose folder is gone' },
  ])
})

test('whose home is not told, nobody is advised to end it without a look', () => {
  expect(orphanChecks('/nowhere', machine('ccr daemon a3f2d8e1'))).toMatchObject([
    { text: expect.stringContaining('which is not a session of /nowhere') as string },
  ])
})

test('a daemon with its folder, and what only names one, are left alone', () => {
  folder.write(join('sessions', 'a3f2d8e1', 'session.json'), '{}')
  const home = folder.path
  expect(orphanChecks(home, machine('ccr daemon a3f2d8e1'))).toEqual([])
  expect(orphanChecks('/nowhere', machine('ccr daemon a3f2d8e1', home))).toEqual([])
  expect(orphanChecks('/nowhere', machine('vi notes on ccr daemon a3f2d8e1'))).toEqual([])
})

test('a process of another user that calls itself a daemon of ccr is nobody to end', () => {
  const look = machine('ccr daemon a3f2d8e1')
  const theirs = (pattern: RegExp) => look(pattern).map((one) => ({ ...one, isOurs: false }))
  expect(orphanChecks('/nowhere', look)).toHaveLength(1)
  expect(orphanChecks('/nowhere', theirs)).toEqual([])
})

describe('the old Claude Code Router on the port', () => {
  const OLD = 'node\0/usr/lib/node_modules/@musistudio/claude-code-router/dist/cli.js\0start\0'
  const running = (commandLine: string): System => ({
    platform: 'linux',
    read: (file) => {
      if (file === '/proc/77/cmdline') return commandLine
      throw new Error('gone')
    },
    list: () => [],
    link: () => '',
    run: () => '',
  })

  test('is known by its pid file together with what runs under that pid', () => {
    folder.write('.claude-code-router.pid', '77\n')
    expect(isOldRouter(77, folder.path, running(OLD))).toBe(true)
    expect(isOldRouter(77, folder.path, running('node\0/usr/local/bin/ccr\0start\0'))).toBe(true)
  })

  test('is not what has got its pid since, nor another process', () => {
    folder.write('.claude-code-router.pid', '77\n')
    expect(isOldRouter(77, folder.path, running('postgres\0-D\0/data\0'))).toBe(false)
    expect(isOldRouter(78, folder.path, running(OLD))).toBe(false)
  })
})
