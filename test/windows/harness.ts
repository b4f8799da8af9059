/**
 * The built `ccr` on Windows, in a temporary home whose path has blanks, an ampersand and umlauts.
 *
 * The tests run outside of Windows where it is Wine's: they read and write its files, and reach its
 * ports, as any other. Paths and processes of Windows are Windows' own: `toWindows` gives the name
 * that a file has there, and a pid means something to `node()` only.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { BIN, type LiveSession } from '../support/ccr.ts'
import { claimPorts } from '../support/ports.ts'
import { requires } from '../support/requires.ts'

const { WINDOWS_NODE, WINDOWS_WINE, WINDOWS_MISSING, WINDOWS_SCRATCH = '' } = process.env

/** For every test of this suite. */
export const WINDOWS = requires(WINDOWS_NODE !== undefined, {
  what: WINDOWS_MISSING ?? 'npm run test:windows, which prepares Windows',
  fine: 'ccr on Windows was not run',
})

/** The environment of Wine's programs; null on a real Windows. */
const wine =
  WINDOWS_WINE === undefined ? null : (JSON.parse(WINDOWS_WINE) as Record<string, string>)

/** Node for Windows, as this process calls it. */
export const NODE = WINDOWS_NODE ?? ''

export const IS_WINE = wine !== null

/** For what Wine lacks, such as a PowerShell. */
export const REAL_WINDOWS = requires(WINDOWS_NODE !== undefined && !IS_WINE, {
  what: 'a real Windows',
  fine: 'Wine does not have it',
})

/** How Windows calls a file. */
export function toWindows(path: string): string {
  if (wine === null) return path
  const drive = join(wine['WINEPREFIX'] ?? '', 'drive_c')
  const inside = path === drive || path.startsWith(`${drive}/`)
  const [letter, rest] = inside ? ['C:', path.slice(drive.length)] : ['Z:', path]
  return letter + (rest.replaceAll('/', '\\') || '\\')
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** `CCR_MODEL_PREFERENCE`; the default session when absent. */
  readonly preference?: string
  readonly env?: Readonly<Record<string, string>>
  /** Its standard input; none when absent. */
  readonly input?: string
  /** Folders in front of PATH. */
  readonly path?: readonly string[]
  /** Where to run it; the folder `work` of the home when absent. */
  readonly cwd?: string
}

/** A program that was started and may go on. */
export interface Running {
  readonly child: ChildProcess
  /** What it has printed so far. */
  stdout(): string
  readonly ended: Promise<Ran>
}

export interface Session {
  readonly sessionId: string
  readonly modelPreference: string
  readonly port: number
  readonly pid: number
  readonly state: string
  readonly referenceCount: number
}

export interface Home {
  /** The user's folder (USERPROFILE), as this process calls it. */
  readonly folder: string
  /** `.claude-code-router` in it. */
  readonly ccrHome: string
  readonly work: string
  /** The config's `PORT`. */
  readonly port: number
  /** Starts ccr. */
  start(args: readonly string[], options?: RunOptions): Running
  /** Runs ccr to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** The same, which must end with 0; gives its stdout. */
  succeed(args: readonly string[], options?: RunOptions): Promise<string>
  /** Runs a line of JavaScript in Node on Windows; gives what it returns, through JSON. */
  node<T>(expression: string, options?: RunOptions): Promise<T>
  sessions(): Promise<readonly Session[]>
  /** Starts the session of a preference, as a client sees it. */
  live(preference?: string): Promise<LiveSession>
  token(sessionId: string): string
  /** Ends a process of Windows at once (TerminateProcess). */
  kill(pid: number): Promise<void>
  /** Writes config.json; `PORT` is added. */
  configure(config: object): Promise<void>
  log(sessionId: string): string
  remove(): Promise<void>
}

const PROFILE = 'Jörg Müller & Söhne '
const QUIRKS = fileURLToPath(new URL('wine.cjs', import.meta.url))

let runs = 0

/** Starts Node on Windows. Its output goes to files: Wine's cannot write to a pipe of Linux (EBADF). */
function startNode(
  args: readonly string[],
  { env, cwd, input = '' }: { env: NodeJS.ProcessEnv; cwd: string; input?: string | undefined },
): Running {
  runs += 1
  const file = (name: string): string =>
    join(WINDOWS_SCRATCH, `${String(process.pid)}-${String(runs)}.${name}`)
  const [out, err] = [file('out'), file('err')]
  writeFileSync(file('in'), input)
  const stdio = [openSync(file('in'), 'r'), openSync(out, 'w'), openSync(err, 'w')]
  const [program, words] = IS_WINE ? ['wine', [NODE, ...args]] : [NODE, args]
  const child = spawn(program, words, { cwd, env, stdio })
  stdio.forEach(closeSync)
  const stdout = (): string => readFileSync(out, 'utf8')
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, stdout: stdout(), stderr: readFileSync(err, 'utf8') })
    })
  })
  return { child, stdout, ended }
}

function environment(folder: string, options: RunOptions): NodeJS.ProcessEnv {
  const path = (options.path ?? []).map(toWindows)
  const { preference, env } = options
  const session = preference === undefined ? {} : { CCR_MODEL_PREFERENCE: preference }
  const profile = toWindows(folder)
  if (wine === null) {
    const PATH = [...path, process.env['PATH'] ?? ''].join(delimiter)
    return { ...process.env, PATH, USERPROFILE: profile, ...session, ...env }
  }
  return {
    ...wine,
    // Node refuses the Windows 7 that Wine says it is.
    NODE_SKIP_PLATFORM_CHECK: '1',
    NODE_OPTIONS: `--require "${toWindows(QUIRKS).replaceAll('\\', '\\\\')}"`,
    WINE_USERPROFILE: profile,
    ...(path.length > 0 ? { WINEPATH: path.join(';') } : {}),
    ...session,
    ...env,
  }
}

/** A home with this config; `PORT` is a claimed block, so homes never meet. */
export async function windowsHome(config: object): Promise<Home> {
  const parent = wine === null ? WINDOWS_SCRATCH : join(wine['WINEPREFIX'] ?? '', 'drive_c/users')
  const folder = await mkdtemp(join(parent, PROFILE))
  const ccrHome = join(folder, '.claude-code-router')
  const work = join(folder, 'work')
  await mkdir(ccrHome)
  await mkdir(work)
  const ports = await claimPorts()

  const startIn = (args: readonly string[], options: RunOptions = {}): Running => {
    const { cwd = work, input } = options
    return startNode(args, { env: environment(folder, options), cwd, input })
  }
  const start: Home['start'] = (args, options) => startIn([toWindows(BIN), ...args], options)
  const run: Home['run'] = (args, options) => start(args, options).ended
  const succeed: Home['succeed'] = async (args, options) => {
    const { code, stdout, stderr } = await run(args, options)
    expect(code, `ccr ${args.join(' ')}\n${stdout}${stderr}`).toBe(0)
    return stdout
  }
  const node: Home['node'] = async <T>(expression: string, options?: RunOptions) => {
    const script = `Promise.resolve(${expression}).then((value) => console.log(JSON.stringify(value ?? null)))`
    const { code, stdout, stderr } = await startIn(['-e', script], options).ended
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as T
  }
  const configure: Home['configure'] = (next) =>
    writeFile(join(ccrHome, 'config.json'), JSON.stringify({ PORT: ports.port, ...next }))
  await configure(config)
  const sessions: Home['sessions'] = async () =>
    JSON.parse(await succeed(['sessions', '--json'])) as Session[]
  const token: Home['token'] = (sessionId) => {
    const file = join(ccrHome, 'sessions', sessionId, 'session.json')
    return (JSON.parse(readFileSync(file, 'utf8')) as { token: string }).token
  }

  return {
    folder,
    ccrHome,
    work,
    port: ports.port,
    start,
    run,
    succeed,
    node,
    configure,
    sessions,
    live: async (preference = '') => {
      await succeed(['start'], { preference })
      const all = await sessions()
      const session = all.find(({ modelPreference }) => modelPreference === preference)
      if (session === undefined) throw new Error(`no session of '${preference}'`)
      const { sessionId, port, pid } = session
      const baseUrl = `http://127.0.0.1:${String(port)}`
      return { sessionId, port, pid, baseUrl, token: token(sessionId) }
    },
    token,
    kill: (pid) => node(`process.kill(${String(pid)}, 'SIGKILL')`).then(() => undefined),
    log: (sessionId) => readFileSync(join(ccrHome, 'sessions', sessionId, 'router.log'), 'utf8'),
    remove: async () => {
      await run(['stop', '--all', '--force'])
      await ports.release()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
