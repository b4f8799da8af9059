/** Finds the claude executable without a shell, so that arguments reach it untouched. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'
import { shellWord } from '../../lib/command-line.ts'
import { UserError } from '../../lib/user-error.ts'

/** What to start: the file, and what stands before the user's arguments. */
export interface Executable {
  readonly file: string
  readonly args: readonly string[]
}

/** What the lookup asks of a file system. */
export interface Files {
  /** 'executable', 'file' (there, but not to be run) or 'none'. */
  kind(path: string): 'executable' | 'file' | 'none'
  read(path: string): string
}

export interface Platform {
  readonly windows: boolean
  readonly home: string
  /** The running Node, for scripts behind a `.cmd` shim. */
  readonly node: string
}

/** claude cannot be started: 127 when there is none, 126 when it may not be run. */
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
  'Installed elsewhere? Name it with CLAUDE_PATH, in the config or in the environment.'

/**
 * The claude to start: CLAUDE_PATH of the config, else CLAUDE_PATH of the environment, else
 * `claude` on PATH, else where its installers put it. A CLAUDE_PATH without a folder is looked up on PATH; one that is no file may be
 * a program with arguments. Throws ClaudeError.
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
  throw new ClaudeError(`${origin} names '${named}', but there is no such program.`, 127, INSTALL)
}

/**
 * Where installers of Claude Code put it, below the home folder: the native one, and the local one of
 * versions before 2, which an alias names. A shell may know them by its start files only.
 * https://code.claude.com/docs/en/setup
 */
const INSTALLED = [
  ['.local', 'bin'],
  ['.claude', 'local'],
] as const

/** The `claude` that is installed. A file that cannot be run is named only where there is no other. */
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
 * A command with arguments, as earlier routers took it (their shell read it): words, which quotes
 * hold together. Nothing else of a shell's language means anything.
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

/** The first of a name on PATH that can be run, and the first that is there at all. */
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

/** The path itself, or on Windows the first of its PATHEXT forms that exists. */
function withExtension(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  files: Files,
  platform: Platform,
): string | undefined {
  if (!platform.windows) return files.kind(path) === 'none' ? undefined : path
  const extensions = (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';')
  const complete = extensions.includes(win32.extname(path).toLowerCase())
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
  if (!platform.windows || !/\.(cmd|bat)$/i.test(path)) return { file: path, args: [] }
  return behindShim(path, files, platform)
}

/**
 * What a `.cmd` shim of npm runs. Starting the shim would need a shell, which would read the
 * user's arguments as its own language.
 */
function behindShim(shim: string, files: Files, platform: Platform): Executable {
  const targets = [...files.read(shim).matchAll(/"%(?:~dp0|dp0%)\\?([^"]+)"/g)]
    .map((match) => win32.join(win32.dirname(shim), match[1] ?? ''))
    .filter((target) => win32.basename(target).toLowerCase() !== 'node.exe')
  const target = targets.at(-1)
  if (target !== undefined && /\.exe$/i.test(target)) return { file: target, args: [] }
  if (target !== undefined && /\.[cm]?js$/i.test(target)) {
    return { file: platform.node, args: [target] }
  }
  const hint = 'Name the claude.exe or cli.js itself with CLAUDE_PATH.'
  throw new ClaudeError(`'${shim}' is a batch file that ccr cannot look behind.`, 126, hint)
}

const here: Platform = {
  windows: process.platform === 'win32',
  home: homedir(),
  node: process.execPath,
}

const disk: Files = {
  kind(path) {
    try {
      if (!statSync(path).isFile()) return 'none'
    } catch {
      return 'none' // also in a folder of PATH that may not be entered
    }
    try {
      accessSync(path, constants.X_OK)
      return 'executable'
    } catch {
      return 'file'
    }
  },
  read: (path) => readFileSync(path, 'utf8'),
}
