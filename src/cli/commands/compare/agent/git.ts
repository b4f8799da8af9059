/** Git, without a shell, without the user's hooks, and without what a hook or alias put into the environment. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { devNull } from 'node:os'
import { dirname } from 'node:path'
import { errorCode, UserError } from '../../../../lib/user-error.ts'

export interface GitOptions {
  readonly cwd: string
  /**
   * The folder of git for the working tree `cwd`. Without it git believes the `.git` that stands in
   * there, which a model may have written: its settings name programs.
   */
  readonly gitDir?: string
  /** Another index than the repository's own, which then stays as it is. */
  readonly index?: string
  /**
   * Looks for the repository in the folders above too. Else `cwd` must be the top of one: a model
   * may remove its `.git`, and there may be another repository around the home of ccr.
   */
  readonly above?: boolean
  /** For its standard input. */
  readonly input?: Uint8Array
}

export interface GitResult {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Git ended with an error. */
export class GitError extends UserError {
  override readonly name = 'GitError'
}

/**
 * What of the user's settings must not reach our own calls: hooks would run, commits would ask for
 * a passphrase, diffs would look like something that cannot be applied.
 */
const SETTINGS = [
  `core.hooksPath=${devNull}`,
  'commit.gpgSign=false',
  'core.fsmonitor=false',
  // A file counts as unchanged only where everything that is known of it is.
  'core.trustCtime=true',
  'core.checkStat=default',
  'core.ignoreStat=false',
  // A copy of an index is read by itself: nothing beside it, no memory of folders.
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'core.quotePath=false',
  'advice.addEmbeddedRepo=false',
  'submodule.recurse=false',
  'apply.whitespace=nowarn',
  'gc.auto=0',
].flatMap((setting) => ['-c', setting])

/** Names a place in another repository: https://git-scm.com/docs/git-rev-parse (--local-env-vars). */
const FOREIGN =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|INDEX_VERSION|PREFIX|COMMON_DIR|NAMESPACE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|CONFIG|CONFIG_PARAMETERS|CONFIG_COUNT|GRAFT_FILE|IMPLICIT_WORK_TREE|INTERNAL_SUPER_PREFIX|REPLACE_REF_BASE|SHALLOW_FILE|EXTERNAL_DIFF|DIFF_OPTS|LITERAL_PATHSPECS|GLOB_PATHSPECS|NOGLOB_PATHSPECS|ICASE_PATHSPECS)$/

/** An environment in which git finds its repository by the working directory alone. */
export function withoutGit(env: Readonly<Record<string, string | undefined>>) {
  const kept = Object.entries(env).filter(([name]) => !FOREIGN.test(name))
  return Object.fromEntries(kept) as Record<string, string>
}

/** Commits need a name and an address; the user may have set none. */
const IDENTITY = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'ccr compare'],
    [`GIT_${who}_EMAIL`, 'ccr-compare@localhost'],
  ]),
)

/** Runs git to its end, however it ends. Throws UserError when there is no git. */
export function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const env = {
    ...withoutGit(process.env),
    ...IDENTITY,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // Looking must not write: `status` would refresh the user's index.
    GIT_OPTIONAL_LOCKS: '0',
    ...(options.above ? {} : { GIT_CEILING_DIRECTORIES: dirname(options.cwd) }),
    ...(options.index === undefined ? {} : { GIT_INDEX_FILE: options.index }),
  }
  // Its own process group: a Ctrl-C, which goes to all of the terminal's, must not cut it.
  const child = spawn('git', ['--no-pager', ...SETTINGS, ...gitDirArguments(options), ...args], {
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

/** What git prints. Throws GitError when it fails. */
export async function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { code, stdout, stderr } = await runGit(args, options)
  if (code === 0) return stdout
  const reason = stderr.trim() || `it ended with exit code ${code}`
  throw new GitError(`git ${args[0] ?? ''}: ${reason}`, `It ran in ${options.cwd}`)
}

/** The same as text, without the last line end. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString('utf8').replace(/\n$/, '')
}

function noGit(cause: Error, cwd: string): UserError {
  if (errorCode(cause) === 'ENOENT') {
    // The same error for both: https://nodejs.org/api/child_process.html#child_processspawncommand-args-options
    return existsSync(cwd)
      ? new UserError('git is not installed.', 'Install git.', cause)
      : new UserError(
          `there is no folder ${cwd} any more.`,
          'Was it moved? Move it back, or forget its runs: ccr compare clean',
          cause,
        )
  }
  return new UserError(`git: ${cause.message}`, 'Does git run here? Try: git status', cause)
}

/** Options of `git diff` that make it the same for everybody, and fit for `git apply`. */
export const DIFF = [
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--find-renames',
  '--ignore-submodules=none',
] as const
