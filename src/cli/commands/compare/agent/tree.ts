/** Stores a working tree as a tree object, through a separate index, so that staged changes are not touched. */
import { copyFileSync, lstatSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorCode } from '../../../../lib/user-error.ts'
import { git, gitBytes, type GitOptions, runGit } from './git.ts'
import { submodulesOf } from './repository.ts'

export interface CapturedTree {
  /** The tree object. */
  readonly tree: string
  /** What could not be included; usually ''. */
  readonly note: string
}

/** The folder of the files, and a temporary file for the index. */
type TreeLocation = Required<Pick<GitOptions, 'cwd' | 'index'>> & Pick<GitOptions, 'gitDir'>

/** The user's working tree, without ignored files. */
export function treeOf(cwd: string, index: string): Promise<CapturedTree> {
  const at = { cwd, index }
  return withIndex(at, async () => {
    const note = await addAll(at, [])
    return { tree: await git(['write-tree'], at), note }
  })
}

/**
 * The worktree of an agent, without ignored files. Unlike in the user's tree, flags that mark a file as
 * unchanged are ignored, and the files of a repository that was created inside it (as project generators
 * do) are included as files.
 * @param base a commit whose submodules stay submodules.
 */
export function treeOfWorktree(at: TreeLocation, base: string): Promise<CapturedTree> {
  return withIndex(at, async () => {
    await runGit(['update-index', '-q', '--really-refresh'], at)
    const submodules = new Set([
      ...(await submodulesOf(at, base)),
      ...(await declaredSubmodules(at)),
    ])
    const { opened, elsewhere } = await openRepositories(at, submodules)
    const failed = await addAll(at, [...elsewhere, ...submodules])
    await addCommits(at, submodules)
    const notes = [
      ...opened.map((path) => `the commits of the repository in ${path}`),
      ...elsewhere.map((path) => `${path}, which belongs to a repository elsewhere`),
      failed,
    ]
    const tree = await git(['write-tree'], at)
    return { tree, note: notes.filter((note) => note !== '').join('; ') }
  })
}

/** The deepest nesting of repositories that is followed. */
const DEEPEST = 20

/**
 * Makes git descend into repositories that are not submodules, which it does if its index names a file
 * in them, even a missing one. `elsewhere`: folders whose repository is elsewhere, such as further
 * worktrees.
 */
async function openRepositories(
  at: TreeLocation,
  submodules: ReadonlySet<string>,
): Promise<{ opened: readonly string[]; elsewhere: readonly string[] }> {
  const opened: string[] = []
  const elsewhere: string[] = []
  const blob = await git(['hash-object', '--stdin'], at)
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const known = new Set([...submodules, ...opened, ...elsewhere])
    const found = (await repositoriesIn(at)).filter((path) => !known.has(path))
    if (found.length === 0) break
    const here = found.filter((path) => holdsRepository(join(at.cwd, path)))
    opened.push(...here)
    elsewhere.push(...found.filter((path) => !here.includes(path)))
    const input = [
      ...found.map((path) => `0 ${blob}\t${path}\0`),
      ...here.map((path) => `100644 ${blob}\t${path}/.ccr-compare-looks-here\0`),
    ]
    await git(['update-index', '-z', '--index-info'], { ...at, input: Buffer.from(input.join('')) })
  }
  return { opened, elsewhere }
}

/** Folders that are separate repositories, staged or not. */
async function repositoriesIn(at: TreeLocation): Promise<string[]> {
  const staged = await gitBytes(['ls-files', '--stage', '-z'], at)
  const untracked = await gitBytes(['ls-files', '--others', '--exclude-standard', '-z'], at)
  return [
    ...parts(staged)
      .filter((line) => line.startsWith('160000 '))
      .map((line) => line.slice(line.indexOf('\t') + 1)),
    ...parts(untracked)
      .filter((path) => path.endsWith('/'))
      .map((path) => path.slice(0, -1)),
  ]
}

/** The paths in `.gitmodules`. An agent may have written the file, so only paths are read from it. */
async function declaredSubmodules(at: TreeLocation): Promise<string[]> {
  const args = ['config', '--file', join(at.cwd, '.gitmodules'), '-z', '--get-regexp']
  const { code, stdout } = await runGit([...args, '^submodule\\..*\\.path$'], at)
  return code === 0 ? parts(stdout).map((entry) => entry.slice(entry.indexOf('\n') + 1)) : []
}

function parts(output: Buffer): string[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter((part) => part !== '')
}

function holdsRepository(folder: string): boolean {
  return lstatSync(join(folder, '.git'), { throwIfNoEntry: false })?.isDirectory() === true
}

/** Adds all files; returns the errors of files that git could not read. */
async function addAll(at: TreeLocation, without: readonly string[]): Promise<string> {
  const left = without.map((path) => `:(exclude,literal)${path}`)
  const { code, stderr } = await runGit(['add', '--all', '--ignore-errors', '.', ...left], at)
  return code === 0 ? '' : stderr.trim()
}

/**
 * Adds the checked-out commits of the submodules. `git add` would run `git status` in each, with settings
 * that an agent may have written.
 */
async function addCommits(at: TreeLocation, submodules: ReadonlySet<string>): Promise<void> {
  if (submodules.size === 0) return
  const input = Buffer.from([...submodules].map((path) => `${path}\0`).join(''))
  await runGit(['update-index', '--add', '--remove', '-z', '--stdin'], { ...at, input })
}

/** Runs the work with a copy of the folder's index, which avoids reading every file. */
async function withIndex<T>(at: TreeLocation, work: () => Promise<T>): Promise<T> {
  const { index, ...usual } = at
  const sourceIndex = resolve(at.cwd, await git(['rev-parse', '--git-path', 'index'], usual))
  try {
    copyIndex(sourceIndex, index)
    return await work()
  } finally {
    rmSync(index, { force: true })
    rmSync(`${index}.lock`, { force: true })
  }
}

/**
 * The copy keeps the modification time of the index, in whole seconds, as most builds of git compare
 * it. Git reads files again that are not older than the index. With the time of the copy, an edit of the
 * same size in the second of the checkout would be missed.
 * See https://git-scm.com/docs/racy-git.
 */
function copyIndex(from: string, to: string): void {
  try {
    // Read before copying: if the index is written in between, the earlier time is the safe one.
    const seconds = Math.floor(statSync(from).mtimeMs / 1000)
    copyFileSync(from, to)
    utimesSync(to, seconds, seconds)
  } catch (thrown) {
    // Without an index, git reads all files.
    if (errorCode(thrown) !== 'ENOENT') throw thrown
  }
}
