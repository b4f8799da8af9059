/**
 * The built `ccr` (dist/ccr.js) in a temporary home, as a user has it.
 * Build first (`npm run build`; `npm test` and `npm run test:e2e` do).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { claimPorts } from './ports.ts'

/** `CCR_BIN` tests another build, for example an installed one. */
export const BIN =
  process.env['CCR_BIN'] ?? fileURLToPath(new URL('../../dist/ccr.js', import.meta.url))

/** Where there are process groups each command gets its own, so that it can be ended whole. */
const GROUPS = process.platform !== 'win32'

type Env = Readonly<Record<string, string | undefined>>

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** `CCR_MODEL_PREFERENCE`; the default session when absent. */
  readonly preference?: string
  /** Added to the environment. */
  readonly env?: Env
  /** Where to run it; the folder `work` when absent. */
  readonly cwd?: string
}

/** A running session as a client sees it. */
export interface LiveSession {
  readonly sessionId: string
  readonly port: number
  readonly pid: number
  readonly baseUrl: string
  readonly token: string
}

export interface Ccr {
  readonly home: string
  /** The folder of `config.json` and `sessions/`. */
  readonly ccrHome: string
  /** An empty folder inside the home: the working directory of every command. */
  readonly work: string
  /** The config's `PORT`. */
  readonly port: number
  /** Runs a command to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** Starts a command and leaves its streams to the caller. */
  spawn(args: readonly string[], options?: RunOptions): ChildProcess
  /** Starts the session of a preference. Throws with what `ccr start` said if it fails. */
  start(preference?: string): Promise<LiveSession>
  /** The session's log, '' when there is none. */
  log(sessionId: string): Promise<string>
  /** The environment of the commands. */
  environment(options?: RunOptions): NodeJS.ProcessEnv
  /** Writes config.json; `PORT` is added. */
  configure(config: object): Promise<void>
  /** Stops every session and removes the home. */
  remove(): Promise<void>
}

/**
 * A home with this config; `PORT` is a claimed block, so homes never meet. `env` for every command;
 * `bin`: the program, if it is not this checkout's.
 */
export async function throwawayCcr(config: object, env: Env = {}, bin = BIN): Promise<Ccr> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'ccr-test-')))
  const ccrHome = join(home, '.claude-code-router')
  const work = join(home, 'work')
  const ports = await claimPorts()
  await mkdir(ccrHome, { mode: 0o700 })
  await mkdir(work)

  const environment = (options: RunOptions = {}): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: home,
    CCR_HOME: ccrHome,
    LANG: 'C.UTF-8',
    ...env,
    ...(options.preference === undefined ? {} : { CCR_MODEL_PREFERENCE: options.preference }),
    ...options.env,
  })
  const children = new Set<ChildProcess>()
  const start = (args: readonly string[], options?: RunOptions): ChildProcess => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: options?.cwd ?? work,
      env: environment(options),
      detached: GROUPS,
    })
    children.add(child)
    child.once('close', () => children.delete(child))
    return child
  }
  const run: Ccr['run'] = (args, options) => {
    const child = start(args, options)
    child.stdin?.end()
    return collected(child)
  }
  const configure = (next: object): Promise<void> =>
    writeFile(
      join(ccrHome, 'config.json'),
      JSON.stringify({ PORT: ports.port, ...next }, null, 2),
      { mode: 0o600 },
    )
  await configure(config)

  return {
    home,
    ccrHome,
    work,
    port: ports.port,
    run,
    spawn: start,
    environment,
    configure,
    start: async (preference) => {
      const options = preference === undefined ? {} : { preference }
      const ran = await run(['start'], options)
      if (ran.code !== 0) throw new Error(`ccr start failed:\n${ran.stdout}${ran.stderr}`)
      return liveSession(await listing(run), preference ?? '', ccrHome)
    },
    log: (sessionId) =>
      readFile(join(ccrHome, 'sessions', sessionId, 'router.log'), 'utf8').catch(() => ''),
    remove: async () => {
      await Promise.all([...children].map(ended))
      await run(['stop', '--all', '--force'])
      await endLeftovers(ccrHome)
      await ports.release()
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Ends a command that a failed test left running, with all that it started in its group. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    if (child.pid !== undefined) process.kill(GROUPS ? -child.pid : child.pid, 'SIGKILL')
  })
}

/** What a child printed, and how it ended. */
export async function collected(child: ChildProcess): Promise<Ran> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => out.push(part))
  child.stderr?.on('data', (part: Buffer) => err.push(part))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    )
  })
}

interface Listed {
  readonly sessionId: string
  readonly modelPreference: string
  readonly port: number
  readonly pid: number
}

async function listing(run: Ccr['run']): Promise<Listed[]> {
  const { stdout } = await run(['sessions', '--json'])
  return JSON.parse(stdout) as Listed[]
}

async function liveSession(
  list: readonly Listed[],
  preference: string,
  ccrHome: string,
): Promise<LiveSession> {
  const found = list.find(
    (row) => row.modelPreference === preference || (!preference && row.sessionId === 'default'),
  )
  if (!found) throw new Error(`no session for '${preference}' in ${JSON.stringify(list)}`)
  const { sessionId, port, pid } = found
  const file = join(ccrHome, 'sessions', sessionId, 'session.json')
  const { token } = JSON.parse(await readFile(file, 'utf8')) as { token: string }
  return { sessionId, port, pid, baseUrl: `http://127.0.0.1:${String(port)}`, token }
}

/**
 * Ends daemons of this home that `ccr stop` left behind: a safety net, so that a failing test
 * leaves no process. A pid counts as ours only where its environment names this home (Linux).
 */
async function endLeftovers(ccrHome: string): Promise<void> {
  const sessions = join(ccrHome, 'sessions')
  if (!existsSync(sessions)) return
  for (const id of await readdir(sessions)) {
    const file = join(sessions, id, 'session.json')
    const { pid } = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as { pid: number | null },
      () => ({ pid: null }),
    )
    if (pid === null) continue
    const env = await readFile(`/proc/${String(pid)}/environ`, 'utf8').catch(() => '')
    if (env.split('\0').includes(`CCR_HOME=${ccrHome}`)) process.kill(pid, 'SIGKILL')
  }
}
