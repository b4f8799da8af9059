import { mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../../test/support/folder.ts'
import { POSIX } from '../../../../test/support/requires.ts'
import { otherCcrChecks } from './other-ccr.ts'

const folder = testFolder()
let homes = 0

/** A global folder of npm with these packages, `ccr` in its bin being that of the first. */
function prefix(...packages: readonly string[]): { bin: string; program: string } {
  const root = `prefix-${String((homes += 1))}`
  const programs = packages.map((name) => {
    folder.write(`${root}/lib/node_modules/${name}/package.json`, JSON.stringify({ name }))
    return folder.write(`${root}/lib/node_modules/${name}/dist/ccr.js`, '')
  })
  const bin = join(folder.path, root, 'bin')
  mkdirSync(bin)
  symlinkSync(programs[0] ?? '', join(bin, 'ccr'))
  return { bin, program: join(bin, 'ccr') }
}

const OLD = '@musistudio/claude-code-router'
const HINT = `Run: npm uninstall -g ${OLD} && npm install -g ccrouter`
const path = (...bins: readonly string[]) => ({ PATH: bins.join(delimiter) })

describe('another ccr', POSIX, () => {
  it('is not spoken of where there is none', () => {
    const { bin, program } = prefix('ccrouter')
    expect(otherCcrChecks(path('/nonexistent', bin, bin), program)).toEqual([])
  })

  it('that comes first on PATH is a warning, with what to type about the old package', () => {
    const here = prefix('ccrouter')
    const old = prefix(OLD)
    expect(otherCcrChecks(path(old.bin, here.bin), here.program)).toEqual([
      {
        area: 'ccr',
        level: 'warning',
        text: `${old.program} is another ccr, from ${OLD}, and shells run that one`,
        hint: HINT,
      },
    ])
  })

  it('that comes later is worth knowing', () => {
    const here = prefix('ccrouter')
    const other = prefix('ccr-of-others')
    expect(otherCcrChecks(path(here.bin, other.bin), here.program)).toMatchObject([
      {
        level: 'note',
        hint: `Remove it, or put the folder of this ccr before ${other.bin} in PATH.`,
      },
    ])
  })

  it('is found when it was installed over: npm install --force leaves the old package there', () => {
    const { bin, program } = prefix('ccrouter', OLD)
    expect(otherCcrChecks(path(bin), program)).toMatchObject([
      {
        level: 'note',
        text: expect.stringContaining(`${OLD} is installed beside`) as string,
        hint: HINT,
      },
    ])
  })
})
