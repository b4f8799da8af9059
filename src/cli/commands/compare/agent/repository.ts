/** Reads the user's repository, which a run starts from. Nothing here changes its tree, index or branches. */
import { UserError } from '../../../../lib/user-error.ts'
import { git, gitBytes, GitError, type GitOptions, runGit } from './git.ts'

export interface Repository {
  /** The top folder of the working tree. */
  readonly root: string
  /** The checked-out commit. */
  readonly head: string
}

/** The repository of a folder. Throws UserError. */
export async function repositoryOf(cwd: string): Promise<Repository> {
  const top = await runGit(['rev-parse', '--show-toplevel'], { cwd, above: true })
  if (top.code !== 0) throw noRepository(cwd, top.stderr.trim())
  const root = top.stdout.toString('utf8').replace(/\n$/, '')
  const head = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: root })
  if (head.code !== 0) {
    throw new UserError(
      `${root} has no commits yet.`,
      'The models start from a commit. Create one: git add -A && git commit -m "Start"',
    )
  }
  return { root, head: head.stdout.toString('utf8').trim() }
}

function noRepository(cwd: string, stderr: string): UserError {
  if (/work tree/.test(stderr)) {
    return new UserError(
      `${cwd} is a repository without a working tree.`,
      'Change to a folder with its working tree.',
    )
  }
  if (!/not a git repository/.test(stderr)) return new GitError(`git: ${stderr}`, `In ${cwd}`)
  return new UserError(
    `${cwd} is not in a git repository.`,
    'ccr compare --agent gives each model a worktree. Change to a repository, or create one: git init',
  )
}

/** The paths that differ from the checked-out commit, including untracked ones, relative to the root. */
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
    // The next entry of a rename is its old name.
    if (/^[RC]/.test(entry)) paths.push(entries[(n += 1)] ?? '')
  }
  return paths
}

/** The folders of submodules in a commit; they are empty in a new worktree. */
export async function submodulesOf(at: GitOptions, commit: string): Promise<string[]> {
  const tree = await gitBytes(['ls-tree', '-r', '-z', commit], at)
  return tree
    .toString('utf8')
    .split('\0')
    .filter((line) => line.startsWith('160000 '))
    .map((line) => line.slice(line.indexOf('\t') + 1))
}

/** Creates a commit of a tree, on no branch. */
export function commitOf(
  cwd: string,
  { tree, parent, message }: { tree: string; parent: string; message: string },
): Promise<string> {
  return git(['commit-tree', tree, '-p', parent, '-m', message], { cwd })
}
