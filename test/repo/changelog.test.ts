/** The script that keeps the changelog, in a repository of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { GIT } from '../support/requires.ts'

const script = fileURLToPath(new URL('../../scripts/changelog.mjs', import.meta.url))
const folder = testFolder()
/** The repository of one test. */
let repository = ''

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], {
    cwd: repository,
    encoding: 'utf8',
  })

function write(file: string, text: string): void {
  mkdirSync(join(repository, file, '..'), { recursive: true })
  writeFileSync(join(repository, file), text)
}

function commit(message: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) write(file, text)
  git('add', '-A')
  git('commit', '--quiet', '-m', message)
}

function run(...args: string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: repository,
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr }
}

const read = (file: string): string => readFileSync(join(repository, file), 'utf8')

const CHANGELOG = `# Changelog

Text.

## Unreleased

First words.

## 0.0.1 (2020-01-01)

- Old.
`

function init(): void {
  repository = mkdtempSync(join(folder.path, 'repository-'))
  git('init', '--quiet', '--initial-branch=main')
  commit('start', { 'CHANGELOG.md': CHANGELOG, 'src/a.ts': '1', 'changes/README.md': 'How.' })
  git('checkout', '--quiet', '-b', 'topic')
}

describe('check', GIT, () => {
  beforeEach(init)

  it('is content while src/ is as it was, and with changes of tests alone', () => {
    expect(run('check', 'main').status).toBe(0)
    commit('a test', { 'src/a.test.ts': '2', 'docs/x.md': 'x' })
    expect(run('check', 'main')).toEqual({
      status: 0,
      text: 'Nothing in src/ changed since main.\n',
    })
  })

  it('fails when src/ changed without an entry, and names the commit and what to do', () => {
    commit('Something new', { 'src/a.ts': '2' })
    const { status, text } = run('check', 'main')
    expect(status).toBe(1)
    expect(text).toContain('Something new')
    expect(text).toContain('npm run changelog -- add')
    expect(text).toContain('Changelog: none')
  })

  it('is content with an entry, committed or not', () => {
    commit('Something new', { 'src/a.ts': '2' })
    expect(run('add', 'fixed', 'It works.').status).toBe(0)
    expect(run('check', 'main').status).toBe(0)
    commit('entry', {})
    expect(run('check', 'main').status).toBe(0)
  })

  it('is content when every commit says that users notice nothing', () => {
    commit('Move a file\n\nChangelog: none', { 'src/a.ts': '2' })
    expect(run('check', 'main').status).toBe(0)
    commit('Something new', { 'src/b.ts': '2' })
    expect(run('check', 'main').text).toMatch(/did not:\n {2}\w+ Something new\n/)
  })

  it('sees what is not committed yet', () => {
    write('src/a.ts', '3')
    expect(run('check', 'main').text).toContain('(not committed yet)')
  })

  it('says that it could not compare where the other branch is missing', () => {
    expect(run('check', 'origin/main')).toEqual({
      status: 0,
      text: 'Not checked against origin/main, which is not here. 0 entries are well formed.\n',
    })
  })

  it.each([
    ['a.md', 'Text.', 'the name must be'],
    ['a.wrong.md', 'Text.', 'the name must be'],
    ['a.fixed.md', ' \n', 'is empty'],
    ['a.fixed.md', '- One\n- Two', 'one paragraph'],
    ['a.fixed.md', 'One.\n\nTwo.', 'one paragraph'],
  ])('refuses changes/%s with %j', (name, text, words) => {
    write(`changes/${name}`, text)
    const result = run('check', 'main')
    expect(result.status).toBe(1)
    expect(result.text).toContain(words)
  })
})

describe('add', GIT, () => {
  beforeEach(init)

  it('writes a file named by the first words, and never over another', () => {
    expect(run('add', 'security', 'The `port` asks for a token, always and for ever.').text).toBe(
      'Wrote changes/the-port-asks-for-a-token.security.md\n',
    )
    expect(run('add', 'security', 'The port asks for a token again.').text).toBe(
      'Wrote changes/the-port-asks-for-a-token-2.security.md\n',
    )
    expect(read('changes/the-port-asks-for-a-token.security.md')).toBe(
      'The `port` asks for a token, always and for ever.\n',
    )
  })

  it('refuses an unknown kind, and no text', () => {
    expect(run('add', 'feature', 'x').status).toBe(1)
    expect(run('add', 'added').status).toBe(1)
  })
})

describe('release', GIT, () => {
  beforeEach(init)

  it('moves what waits below the version, sorted by kind, and leaves an empty list', () => {
    run('add', 'fixed', 'A bug.')
    run('add', 'added', 'A command.')
    write('changes/long.fixed.md', 'Another bug,\nin two lines.\n')
    expect(run('release', '0.1.0').status).toBe(0)
    const day = new Date().toISOString().slice(0, 10)
    expect(read('CHANGELOG.md')).toBe(`# Changelog

Text.

## Unreleased

## 0.1.0 (${day})

First words.

### Added

- A command.

### Fixed

- A bug.
- Another bug, in two lines.

## 0.0.1 (2020-01-01)

- Old.
`)
    expect(readdirSync(join(repository, 'changes'))).toEqual(['README.md'])
    expect(run('release', '0.1.0').text).toContain('has 0.1.0 already')
  })

  it('refuses what is no version, and a release of nothing', () => {
    expect(run('release', 'v1').status).toBe(1)
    run('release', '0.1.0')
    expect(run('release', '0.2.0').text).toContain('Nothing waits')
  })
})

it('every entry of this repository is well formed', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  expect(existsSync(join(root, 'changes/README.md'))).toBe(true)
  const { stderr } = spawnSync(process.execPath, [script, 'check', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(stderr).not.toContain('changes/')
})
