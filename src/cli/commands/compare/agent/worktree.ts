/** A model's own worktree and branch. */
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { makePrivateFolder, readText } from '../../../../lib/files.ts'
import { DIFF, git, gitBytes, GitError, type GitOptions, runGit } from './git.ts'
import { commitOf } from './repository.ts'
import { treeOfWorktree } from './tree.ts'

export interface WorktreeLocation {
  /** The user's repository. */
  readonly root: string
  readonly worktree: string
  /** Without `refs/heads/`. */
  readonly branch: string
}

/** Makes the worktree with a new branch at `base`. No hook runs. Throws GitError. */
export async function addWorktree(
  { root, worktree, branch }: WorktreeLocation,
  base: string,
): Promise<void> {
  makePrivateFolder(dirname(worktree))
  await git(['worktree', 'add', '--quiet', '--no-track', '-b', branch, worktree, base], {
    cwd: root,
  })
}

/** Removes worktree and branch with all that is in them; what is gone already is no error. */
export async function removeWorktree({ root, worktree, branch }: WorktreeLocation): Promise<void> {
  if (existsSync(root)) {
    await runGit(['worktree', 'remove', '--force', '--force', worktree], { cwd: root })
  }
  rmSync(worktree, { recursive: true, force: true, maxRetries: 5 })
  if (!existsSync(root)) return
  // A lock would keep the entry of a folder that is gone; git itself sets one while it makes it.
  await runGit(['worktree', 'unlock', worktree], { cwd: root })
  await runGit(['worktree', 'prune'], { cwd: root })
  await runGit(['update-ref', '-d', `refs/heads/${branch}`], { cwd: root })
}

export interface CommittedWork {
  /** The last commit of the branch, with everything that the model left in its worktree. */
  readonly commit: string
  /** What could not be taken along; '' mostly. */
  readonly note: string
}

/**
 * Puts what a model left in its worktree into a commit on its branch: its own commits stay below,
 * whatever it has checked out. Files that the repository ignores are left out.
 */
export async function commitWork(
  location: WorktreeLocation,
  base: string,
  { index, message }: { index: string; message: string },
): Promise<CommittedWork> {
  const gitDir = await gitDirOf(location)
  const at = { cwd: location.worktree, gitDir }
  const { tree, note } = await treeOfWorktree({ ...at, index }, base)
  const parent = await parentFor(at, base)
  const same = (await git(['rev-parse', `${parent}^{tree}`], at)) === tree
  const commit = same ? parent : await commitOf(location.root, { tree, parent, message })
  const ref = `refs/heads/${location.branch}`
  await git(['update-ref', ref, commit], at)
  const checkedOut = await runGit(['symbolic-ref', '--quiet', 'HEAD'], at)
  // Else its own status would show everything as changed.
  if (checkedOut.stdout.toString('utf8').trim() === ref) await runGit(['reset', '--quiet'], at)
  return { commit, note }
}

/**
 * Where the repository keeps what belongs to the worktree, by its own records rather than by the
 * `.git` in the worktree. Throws GitError when it knows no such worktree.
 */
async function gitDirOf({ root, worktree }: WorktreeLocation): Promise<string> {
  const common = resolve(root, await git(['rev-parse', '--git-common-dir'], { cwd: root }))
  const all = join(common, 'worktrees')
  const wanted = real(worktree)
  for (const name of existsSync(all) ? readdirSync(all) : []) {
    const pointer = readText(join(all, name, 'gitdir'))?.trim()
    if (pointer === undefined) continue
    if (real(dirname(resolve(all, name, pointer))) === wanted) return join(all, name)
  }
  throw new GitError(`${worktree} is no worktree of ${root} any more.`, 'See: git worktree list')
}

function real(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return resolve(folder)
  }
}

/** What the model has checked out, if that comes after `base`. */
async function parentFor(at: GitOptions, base: string): Promise<string> {
  const head = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], at)
  if (head.code !== 0) return base
  const commit = head.stdout.toString('utf8').trim()
  const after = await runGit(['merge-base', '--is-ancestor', base, commit], at)
  return after.code === 0 ? commit : base
}

export interface ChangedFile {
  readonly path: string
  /** Its old name, for one that was renamed. */
  readonly from?: string
  /** Lines; null for a binary file. */
  readonly added: number | null
  readonly deleted: number | null
}

/** The files that differ between two commits, with their lines. */
export async function changedFiles(cwd: string, from: string, to: string): Promise<ChangedFile[]> {
  const out = await gitBytes(['diff', ...DIFF, '--numstat', '-z', from, to], { cwd })
  const parts = out.toString('utf8').split('\0')
  const files: ChangedFile[] = []
  for (let n = 0; n < parts.length; n += 1) {
    const found = /^(\d+|-)\t(\d+|-)\t([^]*)$/.exec(parts[n] ?? '')
    if (!found) continue
    const [, added, deleted, path = ''] = found
    const lines = { added: lineCount(added), deleted: lineCount(deleted) }
    // Without a path: a rename, whose two names follow.
    if (path !== '') files.push({ path, ...lines })
    else files.push({ from: parts[(n += 1)] ?? '', path: parts[(n += 1)] ?? '', ...lines })
  }
  return files
}

function lineCount(text: string | undefined): number | null {
  return text === undefined || text === '-' ? null : Number(text)
}

/** The difference of two commits in git's form, for people. */
export async function diffText(cwd: string, from: string, to: string): Promise<string> {
  return (await gitBytes(['diff', ...DIFF, from, to], { cwd })).toString('utf8')
}
