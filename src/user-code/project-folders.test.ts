import { mkdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { projectFolders } from './project-folders.ts'

const folder = testFolder()

/** A home that was last changed long ago. */
function settledHome(name: string): string {
  folder.write(`${name}/-p/config.json`, '{}')
  folder.write(`${name}/sessions/x/session.json`, '{}')
  const home = join(folder.path, name)
  utimesSync(home, 1_000, 1_000)
  return home
}

describe('the folders of projects', () => {
  it("are those in ccr's home that are not its own", () => {
    expect(projectFolders(settledHome('one'))()).toEqual(['-p'])
    expect(projectFolders(join(folder.path, 'no-such-home'))()).toEqual([])
  })

  it('are read again when the home has changed', () => {
    const home = settledHome('two')
    const folders = projectFolders(home)
    expect(folders()).toEqual(['-p'])
    mkdirSync(join(home, '-q'))
    expect([...folders()].sort()).toEqual(['-p', '-q'])
  })

  it('are read again as long as a change may hide in the grain of the clock', () => {
    const home = settledHome('three')
    const now = new Date()
    utimesSync(home, now, now)
    const folders = projectFolders(home)
    expect(folders()).toEqual(['-p'])
    mkdirSync(join(home, '-q'))
    utimesSync(home, now, now)
    expect([...folders()].sort()).toEqual(['-p', '-q'])
  })
})
