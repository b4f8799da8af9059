/** Runs the client through the scenarios, each in a home of its own, and records what it sends. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inTerminal } from '../e2e/terminal.ts'
import type { ClientRecord, ScenarioRecord } from './compare.ts'
import { startRecorder, type Recorder } from './recorder.ts'
import { type Run, type Scenario, SCENARIOS } from './scenarios.ts'
import { kindOf, type RecordedRequest, shapeOf, toolShapes } from './shape.ts'

/** The longest that one run of the client may take, ms. */
const LIMIT_MS = 90_000
/** Scenarios at a time: each takes a processor for a second or two. */
const AT_ONCE = 2

interface Driven {
  readonly name: string
  readonly record: ScenarioRecord
  readonly requests: readonly RecordedRequest[]
}

/**
 * The record of a client.
 * @throws Error where the client does not end, or does not send what a scenario is about.
 */
export async function recordOf(
  claude: string,
  client: string,
  scenarios: readonly Scenario[] = SCENARIOS,
): Promise<ClientRecord> {
  const waiting = [...scenarios]
  const done: Driven[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      done.push(await driven(claude, next))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const order = scenarios.map(({ name }) => name)
  done.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  return {
    client,
    scenarios: Object.fromEntries(done.map(({ name, record }) => [name, record])),
    tools: toolShapes(done.flatMap(({ requests }) => requests)),
  }
}

async function driven(claude: string, scenario: Scenario): Promise<Driven> {
  const { name, runs, answer = () => undefined, files, result } = scenario
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'ccr-drift-')))
  const work = join(home, 'work')
  mkdirSync(work)
  files?.(work)
  skipFirstRun(home, work)
  const recorder = await startRecorder(answer)
  try {
    const env = environment(home, recorder.url, scenario.env)
    let ended: Ended = { code: 0, output: '' }
    for (const run of runs) ended = await ranTo({ claude, run, work, env, recorder })
    const { requests } = recorder
    if (requests.length === 0) throw new Error(`no request came: ${ended.output}`)
    const facts = { 'exit code': ended.code, ...result?.(ended.output) }
    return { name, requests, record: { result: texts(facts), requests: shapes(requests) } }
  } catch (cause) {
    throw new Error(`the scenario "${name}" failed: ${String(cause)}`, { cause })
  } finally {
    await recorder.close()
    await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function texts(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))
}

function shapes(requests: readonly RecordedRequest[]): ScenarioRecord['requests'] {
  const kinds = [...new Set(requests.map(kindOf))].toSorted()
  return Object.fromEntries(
    kinds.map((kind) => [kind, shapeOf(requests.filter((request) => kindOf(request) === kind))]),
  )
}

/** What the client keeps after its first run: theme chosen, folder trusted. */
function skipFirstRun(home: string, work: string): void {
  const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true }
  const state = { hasCompletedOnboarding: true, theme: 'dark', projects: { [work]: trusted } }
  writeFileSync(join(home, '.claude.json'), JSON.stringify(state))
}

/** The contract of `ccr code` with its client, and nothing that leaves this machine. */
function environment(
  home: string,
  url: string,
  more: Readonly<Record<string, string | undefined>> = {},
): NodeJS.ProcessEnv {
  const nowhere = 'http://127.0.0.1:9'
  return {
    PATH: process.env['PATH'],
    HOME: home,
    SHELL: '/bin/sh',
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // As root the client refuses to skip permissions unless it is told that it is in a sandbox.
    IS_SANDBOX: '1',
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: 'recorded',
    CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: '1',
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    CLAUDE_CODE_AUTO_MODE_SERVER: '0',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
    ...more,
  }
}

interface Running {
  readonly claude: string
  readonly run: Run
  readonly work: string
  readonly env: NodeJS.ProcessEnv
  readonly recorder: Recorder
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

function ranTo(running: Running): Promise<Ended> {
  return 'typed' in running.run ? inTerminalTo(running, running.run) : printed(running, running.run)
}

function printed({ claude, work, env }: Running, run: readonly string[]): Promise<Ended> {
  const { DRIFT_SETTINGS: settings, ...rest } = env
  const managed = settings === undefined ? [] : ['--managed-settings', settings]
  const child = spawn(claude, [...managed, '-p', ...run], {
    cwd: work,
    env: rest,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (signal === null) resolve({ code, output })
      else
        reject(new Error(`the client did not end within ${String(LIMIT_MS / 1000)} s: ${errors}`))
    })
  })
}

const CONTROL_C = '\u0003'

async function inTerminalTo(
  { claude, work, env, recorder }: Running,
  { typed, until }: Exclude<Run, readonly string[]>,
): Promise<Ended> {
  const terminal = inTerminal([claude], { cwd: work, env })
  const late = setTimeout(() => terminal.kill(), LIMIT_MS)
  try {
    await terminal.until(/❯/)
    terminal.type(typed)
    await terminal.until(new RegExp(`❯ ${typed}`))
    terminal.type('\r')
    const ended = terminal.ended.then(() => {
      throw new Error(`the client ended before it sent what was waited for:\n${terminal.screen()}`)
    })
    await Promise.race([recorder.until(until), ended])
    await terminal.until(/● ok/)
    terminal.type(CONTROL_C)
    await terminal.until(/Press Ctrl-C again/i)
    terminal.type(CONTROL_C)
    return { code: await terminal.ended, output: '' }
  } finally {
    clearTimeout(late)
    terminal.kill()
    await terminal.ended.catch(() => undefined)
  }
}
