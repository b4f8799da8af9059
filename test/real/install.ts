/** Installs servers into a cache folder outside of the repository, by the ordinary clients of registries. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Log } from './server.ts'

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ccr-real-servers')

/** `~/.cache/ccr-real-servers/NAME`. */
export function cacheFolder(name: string): string {
  return join(CACHE, name)
}

export interface Installation {
  readonly folder: string
  readonly log: Log
  /** Runs a program to its end with the lowest priority; @throws Error with the last lines of a failure. */
  readonly run: (program: string, args: readonly string[], options?: RunOptions) => Promise<void>
}

interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Does `work` in the cache folder `name`, unless it was done to its end before with the same `pins`.
 * @param pins all that decides what is installed: versions, hashes, options.
 * @throws Error with why it failed; the next run starts anew.
 */
export async function installOnce(
  name: string,
  pins: string,
  log: Log,
  work: (installation: Installation) => Promise<void>,
): Promise<void> {
  const folder = cacheFolder(name)
  const stamp = createHash('sha256').update(pins).digest('hex')
  const stampFile = join(folder, 'installed')
  const isInstalled = async (): Promise<boolean> =>
    (await readFile(stampFile, 'utf8').catch(() => '')) === stamp
  if (await isInstalled()) return
  const release = await lock(name)
  try {
    if (await isInstalled()) return
    await rm(folder, { recursive: true, force: true })
    await mkdir(join(folder, 'home'), { recursive: true })
    const logFile = join(folder, 'install.log')
    log(`installing ${name} into ${folder}`)
    await work({
      folder,
      log,
      run: (program, args, options) => ran(program, args, { folder, logFile, ...options }),
    })
    await writeFile(stampFile, stamp)
  } finally {
    await release()
  }
}

/** One run at a time installs; a lock whose process is gone counts no more. */
async function lock(name: string): Promise<() => Promise<void>> {
  await mkdir(CACHE, { recursive: true })
  const file = join(CACHE, `${name}.lock`)
  for (const isLast of [false, true]) {
    try {
      const handle = await open(file, 'wx')
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(file, { force: true })
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
      const pid = Number(await readFile(file, 'utf8').catch(() => ''))
      if (isLast || (pid > 0 && isAlive(pid))) break
      await rm(file, { force: true })
    }
  }
  throw new Error(`another run is installing it (${file})`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** What clients of registries read of the environment: where they may go, and whom they trust. */
const REGISTRIES =
  /^(?:PIP_|UV_|GO(?:PROXY|SUMDB|FLAGS|NOSUMDB|PRIVATE)$|CARGO_|RUSTUP_|npm_config_|SSL_CERT|REQUESTS_CA|(?:https?|no|all)_proxy$)/i

/** An environment without anything of the user's but what registries need; HOME is an empty folder. */
export function installEnvironment(folder: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => REGISTRIES.test(name))
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
  }
}

const children = new Set<number>()
process.once('exit', () => {
  for (const pid of children) endGroup(pid)
})

/** Ends a process that was started with `detached`, with all that it started. */
export function endGroup(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

/** Has a process group ended when this program ends, however that comes. */
export function endWithUs(pid: number): () => void {
  children.add(pid)
  return () => children.delete(pid)
}

async function ran(
  program: string,
  args: readonly string[],
  { folder, logFile, cwd = folder, env = {} }: RunOptions & { folder: string; logFile: string },
): Promise<void> {
  const child = spawn('nice', ['-n', '19', program, ...args], {
    cwd,
    env: { ...installEnvironment(folder), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const forget = endWithUs(child.pid ?? 0)
  const file = createWriteStream(logFile, { flags: 'a' })
  file.write(`\n$ ${program} ${args.join(' ')}\n`)
  let last = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      file.write(text)
      last = (last + text).slice(-4_000)
    })
  }
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'no status'))
  }).finally(() => {
    forget()
    file.end()
  })
  if (code === 0) return
  const lines = last.trim().split('\n').slice(-3).join(' / ')
  throw new Error(`${program} ended with ${code}: ${lines} (${logFile})`)
}

/** Where a virtual environment keeps its programs. */
export function venvProgram(folder: string, name: string): string {
  return join(folder, 'venv', 'bin', name)
}

/** Creates `venv` in the folder and installs what a file of requirements with hashes lists, and nothing else. */
export async function installVenv(
  { run, folder }: Installation,
  requirements: string,
  { args = [], ...options }: RunOptions & { readonly args?: readonly string[] } = {},
): Promise<void> {
  await run('python3', ['-m', 'venv', 'venv'])
  const pip = ['install', '--require-hashes', '--no-deps', '--no-input', ...args]
  // What is built finds the programs of the virtual environment, such as cmake.
  const path = [join(folder, 'venv', 'bin'), process.env['PATH']].join(delimiter)
  await run(venvProgram(folder, 'pip'), [...pip, '-r', requirements], {
    ...options,
    env: { PATH: path, ...options.env },
  })
}
