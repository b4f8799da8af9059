/** A home whose processes have a clock that the test moves: minutes and hours pass in seconds. */
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import { fakeClaude } from '../integration/fake-claude.ts'
import {
  type Ccr,
  type LiveSession,
  type Ran,
  type RunOptions,
  throwawayCcr,
} from '../support/ccr.ts'

/** Generous: what is waited for comes at once on a machine that has nothing else to do. */
export const PATIENCE = { timeout: 60_000, interval: 20 } as const

/** A live `ccr code` around a stand-in for claude, which asks one question a line. */
export interface Terminal {
  /** `STATUS ANSWER`; `refused` if no daemon listened. */
  ask(prompt: string): Promise<string>
  /** What the launcher said on stderr. */
  readonly complaint: string
  /** Ends claude; gives the exit code of the launcher. */
  leave(): Promise<number | null>
}

export interface Listed {
  readonly sessionId: string
  readonly modelPreference: string
  readonly pid: number
  readonly port: number
  readonly referenceCount: number
  readonly state: string
}

export interface Harness {
  readonly ccr: Ccr
  /** Lets so many seconds pass for every process of the home; resolves when they have lived through them. */
  pass(seconds: number): Promise<void>
  terminal(preference?: string, env?: Readonly<Record<string, string>>): Promise<Terminal>
  sessions(): Promise<readonly Listed[]>
  /** The session of a preference. Throws when there is none. */
  session(preference?: string): Promise<Listed & LiveSession>
  succeed(args: readonly string[], preference?: string): Promise<Ran>
  remove(): Promise<void>
}

export async function startHarness(config: object): Promise<Harness> {
  const loader = new URL('clock.mjs', import.meta.url).href
  const ccr = await throwawayCcr(config, { NODE_OPTIONS: `--import=${loader}` })
  const clock = join(ccr.home, 'clock')
  const set = (ms: number): void => writeFileSync(clock, String(ms))
  let total = 0
  set(total)
  const path = `${await fakeClaude(ccr.home)}:${process.env['PATH'] ?? ''}`
  const timed = { LONG_CLOCK: clock }

  /** How far each process is that lives. */
  const followers = (): readonly number[] =>
    readdirSync(ccr.home).flatMap((name) => {
      const [, pid] = /^clock\.(\d+)$/.exec(name) ?? []
      if (pid === undefined || processStart(Number(pid)) === null) return []
      return [Number(readFileSync(join(ccr.home, name), 'utf8'))]
    })
  const inTime = (options: RunOptions = {}): RunOptions => ({
    ...options,
    env: { ...timed, ...options.env },
  })
  const run: Ccr['run'] = (args, options) => ccr.run(args, inTime(options))
  const sessions = async (): Promise<readonly Listed[]> =>
    JSON.parse((await run(['sessions', '--json'])).stdout) as Listed[]

  return {
    ccr: { ...ccr, run, spawn: (args, options) => ccr.spawn(args, inTime(options)) },
    sessions,
    async pass(seconds) {
      total += seconds * 1000
      set(total)
      await vi.waitUntil(() => followers().every((ahead) => ahead === total), PATIENCE)
    },
    async terminal(preference, more) {
      const options = {
        ...(preference === undefined ? {} : { preference }),
        env: { ...timed, ...more, PATH: path, FAKE: 'ask:once' },
      }
      const child = ccr.spawn(['code'], options)
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
      let complaint = ''
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint += text))
      const ended = once(child, 'close') as Promise<[number | null]>
      const line = async (): Promise<string> => {
        const next = await lines.next()
        if (next.done === true) throw new Error(`ccr code has ended: ${complaint}`)
        return next.value
      }
      await line() // ready
      return {
        ask: (prompt) => {
          child.stdin!.write(`${prompt}\n`)
          return line()
        },
        get complaint() {
          return complaint
        },
        leave: async () => {
          child.stdin!.end()
          const [code] = await ended
          return code
        },
      }
    },
    async session(preference = '') {
      const found = (await sessions()).find(
        (row) => row.modelPreference === preference || (!preference && row.sessionId === 'default'),
      )
      if (!found) throw new Error(`no session for '${preference}'`)
      const file = join(ccr.ccrHome, 'sessions', found.sessionId, 'session.json')
      const { token } = JSON.parse(readFileSync(file, 'utf8')) as { token: string }
      return { ...found, token, baseUrl: `http://127.0.0.1:${String(found.port)}` }
    },
    async succeed(args, preference) {
      const ran = await run(args, preference === undefined ? {} : { preference })
      if (ran.code !== 0) throw new Error(`ccr ${args.join(' ')}: ${ran.stdout}${ran.stderr}`)
      return ran
    },
    remove: () => ccr.remove(),
  }
}
