/**
 * The environment that the guide assumes: a home without sessions, a config with the providers and
 * models that the guide names, `ccr` and `claude` on the PATH, and shells for commands. One fake
 * provider answers with the requested model and the prompt; the stand-in for claude sends one request
 * to its session and prints the answer.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fakeClaude } from '../integration/fake-claude.ts'
import { BIN, collected, throwawayCcr, type Ccr, type Ran } from '../support/ccr.ts'
import { text } from '../support/replies.ts'
import { startUpstream, type Seen, type Upstream } from '../support/upstream.ts'

/** Every preference of the guide that is no date's variant of another. */
export const GPT4 = 'openrouter/gpt-4'
export const OPUS = 'anthropic,claude-3-opus'
export const TURBO = 'gpt-4-turbo'

/** One session of `ccr sessions --json`. */
export interface Listed {
  readonly sessionId: string
  readonly modelPreference: string
  readonly provider: string | null
  readonly model: string | null
  readonly port: number
  readonly pid: number
  readonly referenceCount: number
  readonly state: string
  readonly rssBytes: number
  readonly logFile: string
}

/** A claude that stays in its session until `leave` is called. */
export interface Client {
  leave(): Promise<void>
}

export interface Harness {
  readonly ccr: Ccr
  readonly upstream: Upstream
  /** Runs a script with bash, in the home, up to the first command that fails. */
  bash(script: string): Promise<Ran>
  /** Starts a command and leaves it running: its own process group, ended with the harness. */
  shell(file: string, args: readonly string[]): ChildProcess
  /** The requests to providers since the last call, as `model: prompt`. */
  newRequests(): string[]
  /** `ccr sessions --json`. */
  sessions(): Promise<Listed[]>
  /** The session of a preference ('' is the default one), which must be active. */
  session(preference: string): Promise<Listed>
  /** `ccr code` in the session of a preference, not yet left. */
  client(preference: string): Promise<Client>
  /** Writes the config again, with these members instead. */
  configure(members: object): Promise<void>
  remove(): Promise<void>
}

/** The answer of the fake to a prompt. */
export function answerOf(model: string, prompt: string): string {
  return `${model} answers "${prompt}"`
}

export async function startHarness(): Promise<Harness> {
  const upstream = await startUpstream((seen) => text(answerOf(seen.body.model, promptOf(seen))))
  // Without CCR_HOME, so that the folder is the one that the guide names: below HOME.
  const env: Record<string, string | undefined> = { FAKE: 'print', CCR_HOME: undefined }
  const config = configWith(upstream)
  const ccr = await throwawayCcr(config, env)
  env['PATH'] = [await shim(ccr.home), await fakeClaude(ccr.home), process.env['PATH']].join(':')

  const children = new Set<ChildProcess>()
  const shell = (file: string, args: readonly string[]): ChildProcess => {
    const options = { cwd: ccr.work, env: ccr.environment(), detached: true } as const
    const child = spawn(file, args, options)
    children.add(child)
    child.once('close', () => children.delete(child))
    return child
  }
  const sessions = async (): Promise<Listed[]> =>
    JSON.parse((await ccr.run(['sessions', '--json'])).stdout) as Listed[]
  let looked = 0
  let scripts = 0

  return {
    ccr,
    upstream,
    shell,
    sessions,
    bash: async (script) => {
      const file = join(ccr.home, `script-${String((scripts += 1))}.sh`)
      await writeFile(file, script)
      const child = shell('bash', ['-e', '-O', 'expand_aliases', file])
      child.stdin?.end()
      return collected(child)
    },
    newRequests: () => {
      const fresh = upstream.requests.slice(looked)
      looked += fresh.length
      return fresh.map((seen) => `${seen.body.model}: ${promptOf(seen)}`)
    },
    session: async (preference) => {
      const found = (await sessions()).find((one) => one.modelPreference === preference)
      if (!found) throw new Error(`no active session for '${preference}'`)
      return found
    },
    client: (preference) => clientOf(ccr, preference),
    configure: (members) => ccr.configure({ ...config, ...members }),
    remove: async () => {
      for (const { pid } of children) if (pid !== undefined) process.kill(-pid, 'SIGKILL')
      await ccr.remove()
      await upstream.close()
    },
  }
}

/** Three providers; `azure` comes last and has one model that `openrouter` has too. */
function configWith(upstream: Upstream): object {
  const openai = { api_base_url: upstream.chatUrl, api_key: 'sk-fake-openai-key' }
  const anthropic = { api_base_url: upstream.messagesUrl, api_key: 'sk-fake-anthropic-key' }
  return {
    Providers: [
      { name: 'openrouter', ...openai, models: ['gpt-4', 'gpt-4-turbo', 'llama-3'] },
      {
        name: 'anthropic',
        ...anthropic,
        models: ['claude-3-opus', 'claude-3-opus-20240229', 'claude-3-5-sonnet-20241022'],
      },
      { name: 'azure', ...openai, models: ['gpt-4-turbo', 'gpt-35'] },
    ],
    Router: { default: 'openrouter,llama-3' },
  }
}

/** A folder with a `ccr` that is the built one. */
async function shim(home: string): Promise<string> {
  const folder = join(home, 'bin')
  await mkdir(folder)
  const file = join(folder, 'ccr')
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`)
  await chmod(file, 0o755)
  return `${folder}:${dirname(process.execPath)}`
}

function promptOf({ body }: Seen): string {
  const content = body.messages.at(-1)?.content ?? ''
  return typeof content === 'string' ? content : content.map((part) => part.text).join('')
}

async function clientOf(ccr: Ccr, preference: string): Promise<Client> {
  const child = ccr.spawn(['code'], { preference, env: { FAKE: 'wait' } })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout! })
  await Promise.race([once(lines, 'line'), ended.then(() => Promise.reject(new Error('it ended')))])
  return {
    leave: async () => {
      child.stdin?.end()
      await ended
    },
  }
}
