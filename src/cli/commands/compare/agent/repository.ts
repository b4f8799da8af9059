/** The user's repository: what a run starts from. Nothing here changes its tree, index or branches. */
import { UserError } from '../../../../lib/user-error.ts'
import { git, gitBytes, GitError, type GitOptions, runGit } from './git.ts'

export interface Repository {
  /** The top folder of the working tree. */
  readonly root: string
  /** The commit that is checked out. */
  readonly head: string
}

/** The repository that holds the folder. Throws UserError. */
export async function repositoryOf(cwd: string): Promise<Repository> {
  const top = await runGit(['rev-parse', '--show-toplevel'], { cwd, above: true })
  if (top.code !== 0) throw noRepository(cwd, top.stderr.trim())
  const root = top.stdout.toString('utf8').replace(/\n$/, '')
  const head = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: root })
  if (head.code !== 0) {
    throw new UserError(
      `${root} has no commit yet.`,
      'The models start from a commit. Make one: git add -A && git commit -m "Start"',
    )
  }
  return { root, head: head.stdout.toString('utf8').trim() }
}

function noRepository(cwd: string, stderr: string): UserError {
  if (/work tree/.test(stderr)) {
    return new UserError(
      `${cwd} is a repository without a working tree.`,
      'Go to a folder with a working tree of it.',
    )
  }
  if (!/not a git repository/.test(stderr)) return new GitError(`git: ${stderr}`, `In ${cwd}`)
  return new UserError(
    `${cwd} is not in a git repository.`,
    'ccr compare --agent gives each model a worktree. Go to a repository, or make one: git init',
  )
}

/** Paths that are not as in the commit that is checked out, untracked ones too, from the root. */
export async function changedPaths({ root }: Pick<Repository, 'root'>): Promise<string[]> {
  const status = await gitBytes(
    ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--ignore-submodules=dirty'],
    {
      cwd: root,
    },
  )
  const entries = status.toString('utf8').split('\0')
  const paths: string[] = []
  for (let n = 0; n < entries.length; n += 1) {
    const entry = entries[n] ?? ''
    if (entry === '') continue
    paths.push(entry.slice(3))
    // A rename has its old name in the next place.
    if (/^[RC]/.test(entry)) paths.push(entries[(n += 1)] ?? '')
  }
  return paths
}

/** Folders of submodules in a commit; a new worktree leaves them empty. */
export async function submodulesOf(at: GitOptions, commit: string): Promise<string[]> {
  const tree = await gitBytes(['ls-tree', '-r', '-z', commit], at)
  return tree
    .toString('utf8')
    .split('\0')
    .filter((line) => line.startsWith('160000 '))
    .map((line) => line.slice(line.indexOf('\t') + 1))
}

/** A commit of a tree, on no branch. */
export function commitOf(
  cwd: string,
  { tree, parent, message }: { tree: string; parent: string; message: string },
): Promise<string> {
  return git(['commit-tree', tree, '-p', parent, '-m', message], { cwd })
}
