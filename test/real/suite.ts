/** Runs all checks of one server: each API with a session of its own, then the client, the doctor, the windows. */
import { clientHome } from '../e2e/harness.ts'
import type { Ccr } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { type Outcome, outcomeOf, type Row } from './check.ts'
import { CONVERSATION } from './conversation.ts'
import { checkClient, checkDoctor, checkReports, SMALL } from './machine.ts'
import { recordedAnswer, type RecordedAnswer } from './recordings.ts'
import { type Relay, startRelay } from './relay.ts'
import type { Log, RealServer, RunningServer, Way } from './server.ts'

export interface Ran {
  readonly rows: readonly Row[]
  readonly model: string
  readonly answers: readonly RecordedAnswer[]
}

/** What is run. */
export interface SuiteSteps {
  readonly conversation: boolean
  /** The windows, `ccr doctor --live` and the client with few tools. */
  readonly rest: boolean
  /** The client's whole request. */
  readonly whole: boolean
}

export interface SuiteParts {
  readonly server: RealServer
  readonly claude: string
  readonly log: Log
  readonly parts: SuiteSteps
}

/** Tokens of a context that holds a whole request of the client. */
const WHOLE = 32_768

/**
 * Never throws. A server that cannot be installed is one failed row without an API; one that does not
 * start is a failed row of each of its APIs.
 */
export async function runServer({ server, claude, log, parts }: SuiteParts): Promise<Ran> {
  const rows: Row[] = []
  const answers: RecordedAnswer[] = []
  const note = (way: string, check: string, outcome: Outcome): void => {
    rows.push({ server: server.title, version: server.version, way, check, outcome })
    const more = outcome.kind === 'passed' ? (outcome.note ?? '') : outcome.why
    log(`${server.id} ${way} ${check}: ${outcome.kind} ${more}`)
  }
  try {
    await server.install(log)
  } catch (thrown) {
    note('', 'install', { kind: 'failed', why: `not run: ${messageOf(thrown)}` })
    return { rows, model: '', answers }
  }
  let model = ''
  if (parts.conversation) {
    const outcome = await outcomeOf(() =>
      withServer(server, undefined, async (running) => {
        model = running.model
        for (const way of server.ways)
          await runWay({ server, running, way, claude, note, answers, hasRest: parts.rest })
      }),
    )
    if (outcome.kind === 'failed') {
      const missing = server.ways.filter(({ name }) => !rows.some(({ way }) => way === name))
      for (const { name } of missing) note(name, 'start', outcome)
      if (missing.length === 0) note('', 'stop', outcome)
    }
  }
  if (parts.whole) await runWhole({ server, claude, note })
  return { rows, model, answers }
}

type Note = (way: string, check: string, outcome: Outcome) => void

async function withServer(
  server: RealServer,
  window: number | undefined,
  work: (running: RunningServer) => Promise<void>,
): Promise<undefined> {
  const running = await server.start(window)
  try {
    await work(running)
  } finally {
    await running.stop()
  }
  return undefined
}

interface WayParts {
  readonly server: RealServer
  readonly running: RunningServer
  readonly way: Way
  readonly claude: string
  readonly note: Note
  readonly answers: RecordedAnswer[]
  readonly hasRest: boolean
}

async function runWay({
  server,
  running,
  way,
  claude,
  note,
  answers,
  hasRest,
}: WayParts): Promise<void> {
  const relay = await startRelay(running.origin)
  const ccr = await homeOf(relay, running, way, claude)
  try {
    const session = await ccr.start()
    const client = messagesClient(session, `${way.provider.name},${running.model}`)
    const scene = { server, running, way, session, client, relay }
    for (const { name, can, run } of CONVERSATION) {
      const able = can(way, running)
      if (able !== true) {
        note(way.name, name, { kind: 'cannot', why: able })
        continue
      }
      relay.take()
      note(way.name, name, await outcomeOf(() => run(scene)))
      // Not those of count_tokens, whose path begins alike.
      const made = relay.take().filter(({ path }) => path.split('?')[0] === way.path)
      answers.push(...made.flatMap((call) => recordedAnswer(way.name, name, call) ?? []))
    }
    if (!hasRest) return
    const { windows = true } = way.can
    note(
      way.name,
      'windows',
      windows === true
        ? await outcomeOf(() => checkReports(running, way))
        : { kind: 'cannot', why: windows },
    )
    note(way.name, 'doctor --live', await outcomeOf(() => checkDoctor(ccr, way)))
    note(
      way.name,
      'Claude Code, few tools',
      await outcomeOf(() => checkClient(ccr, relay, way, SMALL)),
    )
  } catch (thrown) {
    note(way.name, 'session', { kind: 'failed', why: messageOf(thrown) })
  } finally {
    await removeHome(ccr)
    await relay.close()
  }
}

/** The client's plain request, about 13,000 tokens, in a stretched context: only protocol and ending count. */
async function runWhole({
  server,
  claude,
  note,
}: {
  server: RealServer
  claude: string
  note: Note
}) {
  const [way] = server.ways
  if (way === undefined) return
  const noteWhole = (outcome: Outcome): void =>
    note(`${way.name}, stretched`, 'Claude Code, whole', outcome)
  if (server.stretches !== true) {
    noteWhole({ kind: 'cannot', why: server.stretches })
    return
  }
  const outcome = await outcomeOf(() =>
    withServer(server, WHOLE, async (running) => {
      const relay = await startRelay(running.origin)
      const ccr = await homeOf(relay, running, way, claude)
      try {
        noteWhole(await outcomeOf(() => checkClient(ccr, relay, way, [])))
      } finally {
        await removeHome(ccr)
        await relay.close()
      }
    }),
  )
  if (outcome.kind === 'failed') noteWhole(outcome)
}

/** The homes whose sessions run. */
const homes = new Set<Ccr>()

/** Stops all sessions, for a run that is ended in the middle. */
export async function closeHomes(): Promise<void> {
  await Promise.allSettled([...homes].map((ccr) => ccr.remove()))
}

async function homeOf(
  relay: Relay,
  { model }: RunningServer,
  way: Way,
  claude: string,
): Promise<Ccr> {
  const ccr = await clientHome(
    {
      Providers: [{ ...way.provider, api_base_url: relay.origin + way.path, models: [model] }],
      Router: { default: `${way.provider.name},${model}` },
      // A small machine reads 13,000 tokens for a quarter of an hour.
      API_TIMEOUT_MS: 1_800_000,
    },
    claude,
  )
  homes.add(ccr)
  return ccr
}

async function removeHome(ccr: Ccr): Promise<void> {
  await ccr.remove()
  homes.delete(ccr)
}

function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown))
    .replace(/\s+/g, ' ')
    .slice(0, 400)
}
