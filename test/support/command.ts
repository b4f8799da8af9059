/** Runs a command in this process, with the environment and streams of the test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command, Io } from '../../src/cli/command.ts'
import { runCli } from '../../src/cli/run.ts'

export interface CommandRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What a user sees of one command line; failures are printed as `ccr` prints them. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  env: Io['env'] = {},
): Promise<CommandRun> {
  let out = ''
  let err = ''
  const code = await runCli(
    [command.name, ...argv],
    { [command.name]: () => Promise.resolve({ command }) },
    { env, stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (err += text) } },
  )
  return { code, out, err }
}

export interface Home {
  /** The user's home folder. */
  readonly path: string
  readonly ccrHome: string
  readonly configFile: string
  /** HOME, CCR_HOME and nothing else. */
  readonly env: Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** An empty home folder, thrown away afterwards. */
export async function emptyHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'ccr-home-'))
  const ccrHome = join(path, '.claude-code-router')
  return {
    path,
    ccrHome,
    configFile: join(ccrHome, 'config.json'),
    env: { HOME: path, CCR_HOME: ccrHome, PATH: '' },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}
