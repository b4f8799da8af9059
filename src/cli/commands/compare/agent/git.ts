/** Runs git without a shell, without the user's hooks, and without variables set by hooks or aliases. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { devNull } from 'node:os'
import { dirname } from 'node:path'
import { programFile } from '../../../../lib/program.ts'
import { errorCode, UserError } from '../../../../lib/user-error.ts'

export interface GitOptions {
  readonly cwd: string
  /**
   * The git directory of the working tree `cwd`. Without it, git trusts the `.git` in the tree, which a
   * model may have written and whose settings can name programs.
   */
  readonly gitDir?: string
  /** A separate index file, so that the index of the repository is not changed. */
  readonly index?: string
  /**
   * Also searches parent folders for the repository. Otherwise `cwd` must be its top folder: a model may
   * remove its `.git`, and the home of ccr may be inside another repository.
   */
  readonly above?: boolean
  /** The standard input. */
  readonly input?: Uint8Array
}

export interface GitResult {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Git has failed. */
export class GitError extends UserError {
  override readonly name = 'GitError'
}

/**
 * Overrides for user settings that would interfere: hooks would run, commits would ask for a passphrase,
 * diffs could not be applied.
 */
const SETTINGS = [
  `core.hooksPath=${devNull}`,
  'commit.gpgSign=false',
  'core.fsmonitor=false',
  // A file counts as unchanged only if all its metadata is unchanged.
  'core.trustCtime=true',
  'core.checkStat=default',
  'core.ignoreStat=false',
  // A copied index must be self-contained.
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'core.quotePath=false',
  'advice.addEmbeddedRepo=false',
  'submodule.recurse=false',
  'apply.whitespace=nowarn',
  'gc.auto=0',
].flatMap((setting) => ['-c', setting])

/** Variables that refer to a repository: https://git-scm.com/docs/git-rev-parse (--local-env-vars). */
const FOREIGN =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|INDEX_VERSION|PREFIX|COMMON_DIR|NAMESPACE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|CONFIG|CONFIG_PARAMETERS|CONFIG_COUNT|GRAFT_FILE|IMPLICIT_WORK_TREE|INTERNAL_SUPER_PREFIX|REPLACE_REF_BASE|SHALLOW_FILE|EXTERNAL_DIFF|DIFF_OPTS|LITERAL_PATHSPECS|GLOB_PATHSPECS|NOGLOB_PATHSPECS|ICASE_PATHSPECS)$/

/** The environment without variables that refer to a repository. */
export function withoutGit(env: Readonly<Record<string, string | undefined>>) {
  const kept = Object.entries(env).filter(([name]) => !FOREIGN.test(name))
  return Object.fromEntries(kept) as Record<string, string>
}

/** Commits need a name and an address, which the user may not have set. */
const IDENTITY = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'ccr compare'],
    [`GIT_${who}_EMAIL`, 'ccr-compare@localhost'],
  ]),
)

/** Runs git and returns its result, even if it fails. Throws UserError if git is not installed. */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const env = {
    ...withoutGit(process.env),
    ...IDENTITY,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // Reading must not write: `status` would refresh the user's index.
    GIT_OPTIONAL_LOCKS: '0',
    ...(options.above ? {} : { GIT_CEILING_DIRECTORIES: dirname(options.cwd) }),
    ...(options.index === undefined ? {} : { GIT_INDEX_FILE: options.index }),
  }
  // In its own process group, so that Ctrl-C in the terminal does not interrupt it.
  const words = ['--no-pager', ...SETTINGS, ...gitDirArguments(options), ...args]
  const child = spawn(programFile('git'), words, {
    cwd: options.cwd,
    env,
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => out.push(part))
  child.stderr.on('data', (part: Buffer) => err.push(part))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(noGit(cause, options.cwd)))
    child.once('close', (code) => {
      const stderr = Buffer.concat(err).toString('utf8')
      resolve({ code: code ?? 128, stdout: Buffer.concat(out), stderr })
    })
  })
}

function gitDirArguments({ gitDir, cwd }: GitOptions): string[] {
  return gitDir === undefined ? [] : [`--git-dir=${gitDir}`, `--work-tree=${cwd}`]
}

/** The output of git. Throws GitError if it fails. */
export async function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { code, stdout, stderr } = await runGit(args, options)
  if (code === 0) return stdout
  const reason = stderr.trim() || `it ended with exit code ${code}`
  throw new GitError(`git ${args[0] ?? ''}: ${reason}`, `It ran in ${options.cwd}`)
}

/** The output of git as text, without the final line end. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString('utf8').replace(/\n$/, '')
}

function noGit(cause: Error, cwd: string): UserError {
  if (errorCode(cause) === 'ENOENT') {
    // Node reports the same error for both: https://nodejs.org/api/child_process.html#child_processspawncommand-args-options
    return existsSync(cwd)
      ? new UserError('git is not installed.', 'Install git.', cause)
      : new UserError(
          `the folder ${cwd} no longer exists.`,
          'If it was moved, move it back, or remove its runs: ccr compare clean',
          cause,
        )
  }
  return new UserError(`git: ${cause.message}`, 'Check whether git runs here: git status', cause)
}

/** Options of `git diff` that make its output independent of user settings and valid for `git apply`. */
export const DIFF = [
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--find-renames',
  '--ignore-submodules=none',
] as const
