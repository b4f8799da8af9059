/** Finds the claude executable without a shell, so that arguments reach it unchanged. */
import { accessSync, constants, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import { shellWord } from '../../lib/command-line.ts'
import { isFile } from '../../lib/files.ts'
import { UserError } from '../../lib/user-error.ts'

/** A program to start: the file, and arguments that come before the user's. */
export interface Executable {
  readonly file: string
  readonly args: readonly string[]
}

/** The file system calls that the lookup needs. */
export interface Files {
  /** 'executable', 'file' (exists, but cannot be run) or 'none'. */
  kind(path: string): 'executable' | 'file' | 'none'
  read(path: string): string
}

export interface Platform {
  readonly windows: boolean
  readonly home: string
  /** The path of Node, for scripts behind a `.cmd` shim. */
  readonly node: string
}

/** claude cannot be started. Exit code 127: it is not installed; 126: it cannot be run. */
export class ClaudeError extends UserError {
  override readonly name = 'ClaudeError'
  readonly exitCode: 126 | 127

  constructor(message: string, exitCode: 126 | 127, hint: string) {
    super(message, hint)
    this.exitCode = exitCode
  }
}

const INSTALL =
  'Install it with: npm install -g @anthropic-ai/claude-code\n' +
  'If it is installed elsewhere, set CLAUDE_PATH in the config or in the environment.'

/**
 * The claude to start: CLAUDE_PATH of the config, otherwise CLAUDE_PATH of the environment, `claude` on
 * PATH, or where its installers put it. A CLAUDE_PATH without a folder is looked up on PATH; one that
 * is not a file may be a program with arguments. Throws ClaudeError.
 */
export function findClaude(
  configured: string,
  env: Readonly<Record<string, string | undefined>>,
  files: Files = disk,
  platform: Platform = here,
): Executable {
  const named = configured.trim() || (env['CLAUDE_PATH'] ?? '').trim()
  const origin = configured.trim() ? 'CLAUDE_PATH of the config' : 'CLAUDE_PATH of the environment'
  if (named === '') return installed(env, files, platform)
  const wanted = expandHome(named, platform)
  const found = isPath(wanted, platform)
    ? withExtension(wanted, env, files, platform)
    : onPath(wanted, env, files, platform).executable
  if (found !== undefined) return runnable(found, files, platform)
  const [program = '', ...args] = words(named)
  if (args.length > 0) {
    const { file, args: baseArgs } = findClaude(program, env, files, platform)
    return { file, args: [...baseArgs, ...args] }
  }
  throw new ClaudeError(`${origin} is '${named}', but there is no such program.`, 127, INSTALL)
}

/**
 * Where the installers of Claude Code put it in the home folder: the native installer, and the local
 * one of versions before 2, which uses an alias. PATH may contain these only in interactive shells.
 * https://code.claude.com/docs/en/setup
 */
const INSTALLED = [
  ['.local', 'bin'],
  ['.claude', 'local'],
] as const

/** The installed `claude`. A file that cannot be run is used only if there is no other. */
function installed(
  env: Readonly<Record<string, string | undefined>>,
  files: Files,
  platform: Platform,
): Executable {
  const { executable, file } = onPath('claude', env, files, platform)
  const path = platform.windows ? win32 : posix
  const elsewhere = INSTALLED.flatMap((folder) => {
    const found = path.join(platform.home, ...folder, 'claude')
    return withExtension(found, env, files, platform) ?? []
  })
  const other = elsewhere.find((found) => files.kind(found) === 'executable')
  const best = executable ?? other ?? file ?? elsewhere[0]
  if (best === undefined) {
    throw new ClaudeError('claude (Claude Code) is not installed.', 127, INSTALL)
  }
  return runnable(best, files, platform)
}

/**
 * Splits a command with arguments, which earlier routers passed to a shell, into words. Quotes group
 * words; no other shell syntax has a meaning.
 */
function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)].map(
    ([word, double, single]) => double ?? single ?? word,
  )
}

function expandHome(path: string, { home, windows }: Platform): string {
  const rest = /^~[/\\](.*)$/.exec(path)?.[1]
  return rest === undefined ? path : (windows ? win32 : posix).join(home, rest)
}

function isPath(name: string, { windows }: Platform): boolean {
  return windows ? /[/\\:]/.test(name) : name.includes('/')
}

/** The first executable with this name on PATH, and the first file of any kind. */
function onPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  files: Files,
  platform: Platform,
): { readonly executable?: string; readonly file?: string } {
  const path = platform.windows ? win32 : posix
  const list = env['PATH'] ?? env['Path'] ?? ''
  let file: string | undefined
  for (const folder of list.split(path.delimiter)) {
    if (folder === '') continue
    const found = withExtension(path.resolve(folder, name), env, files, platform)
    if (found === undefined) continue
    if (files.kind(found) === 'executable') return { executable: found }
    file ??= found
  }
  return file === undefined ? {} : { file }
}

/** What Windows starts without a shell. PATHEXT lists scripts too, which only a shell opens. */
const PROGRAMS = ['.com', '.exe', '.bat', '.cmd']
/** Scripts that Node runs; Windows has no `#!`. */
const SCRIPT = /\.[cm]?js$/i

/** The path if it exists, on Windows with the first extension of PATHEXT that exists and can be started. */
function withExtension(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  files: Files,
  platform: Platform,
): string | undefined {
  if (!platform.windows) return files.kind(path) === 'none' ? undefined : path
  const listed = (env['PATHEXT'] ?? '').toLowerCase().split(';')
  const programs = listed.filter((extension) => PROGRAMS.includes(extension))
  const extensions = programs.length > 0 ? programs : PROGRAMS
  const complete = SCRIPT.test(path) || extensions.includes(win32.extname(path).toLowerCase())
  const forms = complete ? [path] : extensions.map((extension) => path + extension)
  return forms.find((form) => files.kind(form) !== 'none')
}

function runnable(path: string, files: Files, platform: Platform): Executable {
  if (files.kind(path) === 'file') {
    throw new ClaudeError(
      `'${path}' is not executable.`,
      126,
      `Allow it: chmod +x ${shellWord(path)}`,
    )
  }
  if (!platform.windows) return { file: path, args: [] }
  if (/\.(cmd|bat)$/i.test(path)) return behindShim(path, files, platform)
  return startable(path, platform)
}

/** How Windows starts a program or a script of Node. */
function startable(path: string, { node }: Platform): Executable {
  return SCRIPT.test(path) ? { file: node, args: [path] } : { file: path, args: [] }
}

/**
 * The program that a `.cmd` shim of npm runs. Starting the shim itself would need a shell, which would
 * interpret the user's arguments.
 */
function behindShim(shim: string, files: Files, platform: Platform): Executable {
  const targets = [...files.read(shim).matchAll(/"%(?:~dp0|dp0%)\\?([^"]+)"/g)]
    .map((match) => win32.join(win32.dirname(shim), match[1] ?? ''))
    .filter((target) => win32.basename(target).toLowerCase() !== 'node.exe')
  const target = targets.at(-1)
  if (target !== undefined && (SCRIPT.test(target) || /\.exe$/i.test(target))) {
    return startable(target, platform)
  }
  const hint = 'Set CLAUDE_PATH to the claude.exe or cli.js itself.'
  throw new ClaudeError(`'${shim}' is a batch file whose target ccr cannot determine.`, 126, hint)
}

const here: Platform = {
  windows: process.platform === 'win32',
  home: homedir(),
  node: process.execPath,
}

const disk: Files = {
  kind(path) {
    if (!isFile(path)) return 'none'
    try {
      accessSync(path, constants.X_OK)
      return 'executable'
    } catch {
      return 'file'
    }
  },
  read: (path) => readFileSync(path, 'utf8'),
}
