/** What an agent left in its worktree, with real git. */
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { testFolder } from '../../../../../test/support/folder.ts'
import { GIT, NOT_ROOT } from '../../../../../test/support/requires.ts'
import { addWorktree, changedFiles, commitWork, type WorktreeLocation } from './worktree.ts'
import { treeOf } from './tree.ts'

const folder = testFolder()
let count = 0
let location: WorktreeLocation
let base: string

const gitIn = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
const user = (...args: string[]): string => gitIn(location.root, ...args)
const agent = (...args: string[]): string => gitIn(location.worktree, ...args)
const at = (name: string): string => join(location.worktree, name)

function write(root: string, name: string, text: string): void {
  fs.mkdirSync(dirname(join(root, name)), { recursive: true })
  fs.writeFileSync(join(root, name), text)
}

function newRepository(root: string, files: Readonly<Record<string, string>>): void {
  fs.mkdirSync(root, { recursive: true })
  gitIn(root, 'init', '--quiet', '--initial-branch', 'main')
  gitIn(root, 'config', 'user.name', 'User')
  gitIn(root, 'config', 'user.email', 'user@example.org')
  for (const [name, text] of Object.entries(files)) write(root, name, text)
  gitIn(root, 'add', '--all')
  gitIn(root, 'commit', '--quiet', '--message', 'Start')
}

function newLocation(): void {
  count += 1
  const root = join(folder.path, `repo ${String(count)}`)
  location = { root, worktree: join(folder.path, 'run', `w${String(count)}`), branch: 'ccr/test' }
  newRepository(root, { 'kept.txt': 'aaaa', 'other.txt': 'bbbb', 'sub/deep.txt': 'cccc' })
  base = user('rev-parse', 'HEAD')
}

const PAST = 1_600_000_000
const setTime = (file: string, seconds: number): void => fs.utimesSync(file, seconds, seconds)

/** What is recorded: name to text; null where it is gone. */
async function recorded(): Promise<{ files: Record<string, string | null>; note: string }> {
  const index = join(folder.path, 'index')
  const { commit, note } = await commitWork(location, base, { index, message: 'work' })
  const changed = await changedFiles(location.root, base, commit)
  const files = changed.map(({ path }) => {
    const there = user('ls-tree', '-z', commit, '--', path)
    const text = (): string =>
      there.startsWith('160000') ? '(a submodule)' : user('show', `${commit}:${path}`)
    return [path, there === '' ? null : text()] as const
  })
  return { files: Object.fromEntries(files), note }
}

/** As on a fast machine: the file, its entry in the index and the index are of one second of the past. */
function inOneSecond(root: string, name: string, change: () => void): void {
  const index = gitIn(root, 'rev-parse', '--path-format=absolute', '--git-path', 'index')
  setTime(join(root, name), PAST)
  gitIn(root, 'update-index', '--refresh')
  setTime(index, PAST)
  change()
  setTime(join(root, name), PAST)
}

describe('the work of an agent', GIT, () => {
  beforeEach(async () => {
    newLocation()
    await addWorktree(location, base)
  })

  it('holds an edit of the same size in the second of the checkout', async () => {
    inOneSecond(location.worktree, 'kept.txt', () => write(location.worktree, 'kept.txt', 'AAAA'))
    expect(await recorded()).toEqual({ files: { 'kept.txt': 'AAAA' }, note: '' })
  })

  it('holds an edit of the same size in the second in which the agent staged one', async () => {
    write(location.worktree, 'kept.txt', '1111')
    agent('add', '--all')
    inOneSecond(location.worktree, 'kept.txt', () => write(location.worktree, 'kept.txt', '2222'))
    expect((await recorded()).files).toEqual({ 'kept.txt': '2222' })
  })

  it('holds an edit whose file got its old time back', async () => {
    user('config', 'core.trustCtime', 'false')
    setTime(at('kept.txt'), PAST)
    agent('update-index', '--refresh')
    const second = (): number => Math.floor(fs.statSync(at('kept.txt')).ctimeMs / 1000)
    const before = second()
    // Only the time of the change of the inode tells, which nobody can set.
    await vi.waitFor(
      () => {
        write(location.worktree, 'kept.txt', 'AAAA')
        expect(second()).not.toBe(before)
      },
      { timeout: 30_000, interval: 20 },
    )
    setTime(at('kept.txt'), PAST)
    expect((await recorded()).files).toEqual({ 'kept.txt': 'AAAA' })
  })

  it('holds an edit of a file that git was told to take for unchanged', async () => {
    agent('update-index', '--assume-unchanged', 'kept.txt')
    write(location.worktree, 'kept.txt', 'edited')
    expect((await recorded()).files).toEqual({ 'kept.txt': 'edited' })
  })

  it('holds a mode, a link in the place of a file or a folder, and what is gone', async () => {
    inOneSecond(location.worktree, 'kept.txt', () => {
      fs.rmSync(at('kept.txt'))
      fs.symlinkSync('bbbb', at('kept.txt'))
      fs.lutimesSync(at('kept.txt'), PAST, PAST)
      fs.writeFileSync(at('bbbb'), '')
    })
    fs.chmodSync(at('other.txt'), 0o755)
    fs.rmSync(at('sub'), { recursive: true })
    fs.symlinkSync('/etc', at('sub'))
    const { files } = await recorded()
    expect(files).toEqual({
      bbbb: '',
      'kept.txt': 'bbbb',
      'other.txt': 'bbbb',
      sub: '/etc',
      'sub/deep.txt': null,
    })
    const modes = user('ls-tree', location.branch).split('\n')
    expect(modes.map((line) => [line.slice(0, 6), line.split('\t')[1]])).toEqual([
      ['100644', 'bbbb'],
      ['120000', 'kept.txt'],
      ['100755', 'other.txt'],
      ['120000', 'sub'],
    ])
  })

  it('holds untracked files of any name, and ignored ones only where the agent staged them', async () => {
    const odd = ['-f', 'two\nlines', 'quo\'te"', ' blank ', 'ü', ':(top)x', '*', 'a\\b']
    for (const name of odd) write(location.worktree, name, name)
    write(location.worktree, '.gitignore', '*.log\n')
    write(location.worktree, 'left.log', 'no')
    write(location.worktree, 'staged.log', 'yes')
    agent('add', '--force', 'staged.log')
    const { files, note } = await recorded()
    expect(Object.keys(files).sort()).toEqual([...odd, '.gitignore', 'staged.log'].sort())
    expect(note).toBe('')
  })

  it('holds the files of repositories that the agent made, as a program that sets up a project does', async () => {
    newRepository(at('app'), { 'a.txt': 'a', '.gitignore': 'ignored\n' })
    write(location.worktree, 'app/ignored', '')
    write(location.worktree, 'app/later.txt', 'later')
    newRepository(at('app/deep/er'), { 'b.txt': 'b' })
    fs.mkdirSync(at('fresh'))
    gitIn(at('fresh'), 'init', '--quiet')
    write(location.worktree, 'fresh/c.txt', 'c')
    newRepository(at('staged'), { 'd.txt': 'd' })
    agent('add', 'staged')
    const { files, note } = await recorded()
    expect(files).toEqual({
      'app/.gitignore': 'ignored',
      'app/a.txt': 'a',
      'app/deep/er/b.txt': 'b',
      'app/later.txt': 'later',
      'fresh/c.txt': 'c',
      'staged/d.txt': 'd',
    })
    expect(note).toContain('the commits of the repository in app;')
  })

  it('leaves out a further worktree, and says so', async () => {
    agent('worktree', 'add', '--quiet', '-b', 'further', 'further')
    write(location.worktree, 'kept.txt', 'edited')
    expect(await recorded()).toEqual({
      files: { 'kept.txt': 'edited' },
      note: 'further, which belongs to a repository elsewhere',
    })
  })

  it('keeps submodules as they are, also one that the agent adds', async () => {
    const library = join(folder.path, `library ${String(count)}`)
    newRepository(library, { 'l.txt': 'l' })
    agent('submodule', '--quiet', 'add', library, 'lib')
    const { files, note } = await recorded()
    expect(Object.keys(files)).toEqual(['.gitmodules', 'lib'])
    expect(files['lib']).toBe('(a submodule)')
    expect(note).toBe('')
  })

  it('runs nothing that the settings of a submodule name', async () => {
    const library = join(folder.path, `library ${String(count)}`)
    const canary = join(folder.path, `canary ${String(count)}`)
    newRepository(library, { 'l.txt': 'llll' })
    agent('submodule', '--quiet', 'add', library, 'lib')
    gitIn(at('lib'), 'config', 'filter.x.clean', `touch '${canary}'; cat`)
    gitIn(at('lib'), 'config', 'core.fsmonitor', `touch '${canary}'`)
    write(location.worktree, 'lib/.gitattributes', '* filter=x')
    inOneSecond(at('lib'), 'l.txt', () => write(location.worktree, 'lib/l.txt', 'LLLL'))
    fs.rmSync(canary, { force: true })
    const { files } = await recorded()
    expect(files['lib']).toBe('(a submodule)')
    expect(fs.existsSync(canary)).toBe(false)
  })

  it('holds the new commit of a submodule, and a file in the place of one', async () => {
    const library = join(folder.path, `library ${String(count)}`)
    newRepository(library, { 'l.txt': 'l' })
    for (const name of ['moved', 'replaced', 'removed'])
      agent('submodule', '--quiet', 'add', library, name)
    agent('commit', '--quiet', '--message', 'Submodules')
    base = agent('rev-parse', 'HEAD')
    gitIn(
      at('moved'),
      ...['-c', 'user.name=a', '-c', 'user.email=a@b'],
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      'x',
    )
    for (const name of ['replaced', 'removed']) fs.rmSync(at(name), { recursive: true })
    write(location.worktree, 'replaced', 'text')
    const { files } = await recorded()
    expect(files).toEqual({ moved: '(a submodule)', replaced: 'text', removed: null })
  })

  it('names what cannot be read, and holds the rest', NOT_ROOT, async () => {
    write(location.worktree, 'secret', '')
    fs.chmodSync(at('secret'), 0)
    write(location.worktree, 'y', 'y')
    const { files, note } = await recorded()
    expect(files).toEqual({ y: 'y' })
    expect(note).toContain('secret')
  })

  it.each([
    ['a split index', ['update-index', '--split-index']],
    ['a memory of untracked files', ['update-index', '--untracked-cache']],
  ])('is whole with %s', async (_, args) => {
    agent(...args)
    agent('status', '--short')
    inOneSecond(location.worktree, 'kept.txt', () => write(location.worktree, 'kept.txt', 'AAAA'))
    write(location.worktree, 'new.txt', 'new')
    expect((await recorded()).files).toEqual({ 'kept.txt': 'AAAA', 'new.txt': 'new' })
  })

  it('has no file as gone that a sparse checkout leaves out', async () => {
    agent('sparse-checkout', 'set', '--no-cone', '/kept.txt')
    expect(fs.existsSync(at('other.txt'))).toBe(false)
    write(location.worktree, 'kept.txt', 'edited')
    expect((await recorded()).files).toEqual({ 'kept.txt': 'edited' })
  })
})

describe('the tree of the user', GIT, () => {
  beforeEach(newLocation)

  it('has an edit of the same size in the second in which it was staged; the index stays', async () => {
    const index = join(location.root, '.git', 'index')
    inOneSecond(location.root, 'kept.txt', () => write(location.root, 'kept.txt', 'AAAA'))
    const before = fs.readFileSync(index)
    const { tree } = await treeOf(location.root, join(folder.path, 'index'))
    expect(user('show', `${tree}:kept.txt`)).toBe('AAAA')
    expect(fs.readFileSync(index)).toEqual(before)
  })
})
