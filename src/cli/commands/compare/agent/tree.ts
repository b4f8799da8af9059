/** A working tree as a tree object, by an index of our own: what is staged stays as it is. */
import { copyFileSync, lstatSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorCode } from '../../../../lib/user-error.ts'
import { git, gitBytes, type GitOptions, runGit } from './git.ts'
import { submodulesOf } from './repository.ts'

export interface CapturedTree {
  /** The tree object. */
  readonly tree: string
  /** What is not in it; '' mostly. */
  readonly note: string
}

/** Where the files are, and a file for the index, which is gone afterwards. */
type TreeLocation = Required<Pick<GitOptions, 'cwd' | 'index'>> & Pick<GitOptions, 'gitDir'>

/** The user's working tree, ignored files left out. */
export function treeOf(cwd: string, index: string): Promise<CapturedTree> {
  const at = { cwd, index }
  return withIndex(at, async () => {
    const note = await addAll(at, [])
    return { tree: await git(['write-tree'], at), note }
  })
}

/**
 * The worktree of an agent, ignored files left out. Unlike in the user's tree, no file counts as
 * unchanged because somebody said so, and the files of a repository that was made in it (as programs
 * do that set up a project) are taken as files.
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

/** Deeper than anybody nests repositories. */
const DEEPEST = 20

/**
 * Has git look into the repositories that are no submodules: it does where its index names a file in
 * them, also one that is not there. `elsewhere`: folders whose repository lies elsewhere, as further
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

/** Folders that are repositories of their own, staged or not. */
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

/** Paths that `.gitmodules` names, which an agent may have written: a path is all that is read of it. */
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

/** Adds everything that is there; gives what git could not read, and why. */
async function addAll(at: TreeLocation, without: readonly string[]): Promise<string> {
  const left = without.map((path) => `:(exclude,literal)${path}`)
  const { code, stderr } = await runGit(['add', '--all', '--ignore-errors', '.', ...left], at)
  return code === 0 ? '' : stderr.trim()
}

/**
 * Adds the commits that are checked out in the submodules. `git add` would run `git status` in each,
 * which obeys the settings that stand there: an agent may have written them.
 */
async function addCommits(at: TreeLocation, submodules: ReadonlySet<string>): Promise<void> {
  if (submodules.size === 0) return
  const input = Buffer.from([...submodules].map((path) => `${path}\0`).join(''))
  await runGit(['update-index', '--add', '--remove', '-z', '--stdin'], { ...at, input })
}

/** The work with an index that is filled from the folder's own, which saves reading every file. */
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
 * The copy keeps the time of the index, in whole seconds as most builds of git compare it: git reads
 * a file again whose time is not before that of its index. With the time of the copying an edit of
 * the same size in the second of the checkout would pass for none.
 * See https://git-scm.com/docs/racy-git.
 */
function copyIndex(from: string, to: string): void {
  try {
    // Asked before copying: should the index be written in between, the earlier time is the safe one.
    const seconds = Math.floor(statSync(from).mtimeMs / 1000)
    copyFileSync(from, to)
    utimesSync(to, seconds, seconds)
  } catch (thrown) {
    // A repository without an index: everything is read.
    if (errorCode(thrown) !== 'ENOENT') throw thrown
  }
}
