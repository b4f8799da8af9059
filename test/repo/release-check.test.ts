/** The check that a release must pass, on packages of its own and on this one. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SCRIPT = join(ROOT, 'scripts/release-check.mjs')
const folder = testFolder()

const MANIFEST = {
  name: 'x',
  version: '1.2.3',
  description: 'Something.',
  license: 'MIT',
  keywords: ['x'],
  repository: { type: 'git', url: 'git+https://github.com/someone/x.git' },
  bugs: { url: 'https://github.com/someone/x/issues' },
  homepage: 'https://github.com/someone/x#readme',
}

beforeEach(() => {
  folder.write('package.json', JSON.stringify(MANIFEST))
  folder.write('package-lock.json', JSON.stringify({ version: '1.2.3' }))
  folder.write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-01-02)\n\n- New.\n')
  rmSync(join(folder.path, 'changes'), { recursive: true, force: true })
})

/** What the check says of a folder, and how it ends. */
function check(cwd: string, args: string[] = [], env: object = {}): [number | null, string] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return [status, stdout + stderr]
}

it('lets a package pass to which nothing is missing, with its tag or without', () => {
  expect(check(folder.path)).toEqual([0, 'x 1.2.3 can be released.\n'])
  const env = { GITHUB_REPOSITORY: 'Someone/X' }
  expect(check(folder.path, ['v1.2.3'], env)[0]).toBe(0)
})

it.each([
  ['repository', { repository: undefined }, 'package.json has no "repository"'],
  ['an empty one', { repository: { url: '' } }, 'package.json has no "repository"'],
  ['bugs', { bugs: {} }, 'package.json has no "bugs"'],
  ['homepage', { homepage: ' ' }, 'package.json has no "homepage"'],
  ['keywords', { keywords: [] }, 'package.json has no "keywords"'],
  ['the version of the lock file', { version: '1.2.4' }, 'package-lock.json has the version 1.2.3'],
  ['the version of the changelog', { version: '1.2.4' }, 'CHANGELOG.md has no 1.2.4'],
])('names what is missing: %s', (_, change, words) => {
  folder.write('package.json', JSON.stringify({ ...MANIFEST, ...change }))
  const [status, text] = check(folder.path)
  expect(status).toBe(1)
  expect(text).toContain(`  - ${words}`)
})

it('fails on another tag, and on another repository than the one that it runs in', () => {
  expect(check(folder.path, ['v2.0.0'])[1]).toContain('the tag v2.0.0 is not the version')
  const [status, text] = check(folder.path, [], { GITHUB_REPOSITORY: 'someone-else/y' })
  expect([status, text.includes('does not lead to someone-else/y')]).toEqual([1, true])
})

it('fails while changes are not in the changelog, or below no version', () => {
  folder.write('changes/a.fixed.md', 'A bug.')
  expect(check(folder.path)[1]).toContain('changes/a.fixed.md is not in CHANGELOG.md yet')
  folder.write('CHANGELOG.md', '## Unreleased\n\n- More.\n\n## 1.2.3 (2026-01-02)\n\n- New.\n')
  expect(check(folder.path)[1]).toContain('has changes below "Unreleased"')
})

it('names each address of this package that its owner has not given yet', () => {
  const [, text] = check(ROOT)
  const named = [...text.matchAll(/package\.json has no "(\w+)"/g)].map(([, field]) => field)
  const allowed = ['repository', 'bugs', 'homepage']
  expect(named.filter((field) => !allowed.includes(field ?? ''))).toEqual([])
})
