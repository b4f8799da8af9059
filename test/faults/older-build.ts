/** Builds of older commits, made from the history of this repository with the tools of this checkout. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { requires } from '../support/requires.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const git = (...args: readonly string[]): SpawnSyncReturns<Buffer> =>
  spawnSync('git', args, { cwd: root, maxBuffer: 2 ** 28 })

/** The condition of tests that need the build of a commit. */
export function historyOf(commit: string): ReturnType<typeof requires> {
  return requires(git('cat-file', '-e', `${commit}^{commit}`).status === 0, {
    what: `the history of the project (commit ${commit.slice(0, 7)}, a clone without --depth)`,
    fine: 'runs of CI have it',
  })
}

/** Unpacks a commit into a folder that is not there yet, and builds it. @returns the path of its ccr.js */
export function buildOf(commit: string, folder: string): string {
  mkdirSync(folder)
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: git('archive', commit).stdout })
  expect(unpacked.status).toBe(0)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: folder })
  expect(String(built.stderr)).toBe('')
  return join(folder, 'dist', 'ccr.js')
}
