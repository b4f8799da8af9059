/** `ccr demo`. */
import { sessionModelAlias } from '../../../session/identity.ts'
import { UserError } from '../../../lib/user-error.ts'
import { holdLease } from '../../../session/lease.ts'
import { type Started, startSession } from '../../../session/start.ts'
import { askClaude, askMessages } from './ask.ts'
import { ClaudeError, findClaude } from '../../claude/find.ts'
import { type Command, type Io, parseOptions } from '../../command.ts'
import { onInterruption } from '../../terminal/interrupt.ts'
import { labelled } from './labelled-lines.ts'
import { type Colour, type Paint, painter } from '../../terminal/output.ts'
import { type DemoSession, setUp, type Sandbox, tearDown } from './demo-sandbox.ts'

const OPTIONS = {
  prompt: { type: 'string', short: 'p', value: 'TEXT', summary: 'the prompt for both models' },
} as const

export const command: Command = {
  name: 'demo',
  summary: 'see two built-in models answer side by side, without keys or network',
  usage: 'ccr demo [--prompt TEXT]',
  options: OPTIONS,
  details: [
    'The demo uses a temporary home: it starts two sessions, sends the prompt to both at the same time ' +
      '(through Claude Code if it is installed), and removes everything afterwards.',
  ],
  examples: ['ccr demo', 'ccr demo --prompt "Write a haiku about ports"'],
  run: demo,
}

const MODELS = ['demo-a', 'demo-b']
const COLOURS: readonly Colour[] = ['cyan', 'magenta']
const PROMPT = 'Say hello and tell me who you are.'
const PATIENCE_MS = 60_000

async function demo(argv: readonly string[], io: Io): Promise<number> {
  const { prompt = PROMPT } = await parseOptions('demo', argv, OPTIONS)
  const interruption = onInterruption()
  let code = 1
  try {
    const sandbox = await setUp(io.env, MODELS)
    try {
      code = await runDemo(sandbox, { io, prompt, signal: interruption.signal })
    } finally {
      await tearDown(sandbox)
    }
    if (!interruption.signal.aborted) io.stdout.write(FAREWELL)
  } catch (thrown) {
    if (!interruption.signal.aborted) throw thrown
  } finally {
    interruption.off()
  }
  return interruption.exitCode() ?? code
}

const FAREWELL =
  '\nBoth sessions are stopped and everything is removed. To try one yourself:\n' +
  '  ccr code --pref demo,demo-a\n'

interface DemoRun {
  readonly io: Io
  readonly prompt: string
  readonly signal: AbortSignal
}

/** Starts the sessions, sends the prompt to all of them and lists them; returns 1 if an answer failed. */
async function runDemo(
  { sessions: demoSessions, work }: Sandbox,
  { io, prompt, signal }: DemoRun,
): Promise<number> {
  const paint = painter(io.stdout, io.env)
  const say = (text = ''): void => void io.stdout.write(`${text}\n`)
  say(paint('bold', 'Two sessions, two models, one prompt, at the same time.'))
  say()
  const sessions = await startAll(demoSessions)
  for (const [index, { ref, view }] of sessions.entries()) {
    const preference = paint(colour(index), ref.preference)
    say(`  ${preference}  session ${ref.id}  port ${view.port ?? '?'}  pid ${view.pid ?? '?'}`)
  }
  signal.throwIfAborted()

  const claude = hasClaude(io)
  say()
  say(paint('dim', `$ ccr code -p ${JSON.stringify(prompt)}`))
  if (!claude)
    say(paint('dim', '  (claude is not installed; sending plain Messages requests instead)'))
  say()
  const asking = sessions.map((session, index) => {
    const label = `${paint(colour(index), session.model)} | `
    return ask(session, { io, prompt, signal, claude, label, work, paint })
  })
  const answered = await Promise.all(asking)
  signal.throwIfAborted()

  say()
  say(paint('dim', '$ ccr sessions'))
  const { command: sessionsCommand } = await import('../sessions/sessions.ts')
  await sessionsCommand.run([], { ...io, env: sessions[0]?.env ?? io.env })
  return answered.every(Boolean) ? 0 : 1
}

function colour(index: number): Colour {
  return COLOURS[index % COLOURS.length] ?? 'cyan'
}

type StartedSession = DemoSession & Started

/** Starts all sessions. Waits for all even if one fails, so that all can be stopped. */
async function startAll(demoSessions: readonly DemoSession[]): Promise<StartedSession[]> {
  const starting = demoSessions.map(async (demoSession) => ({
    ...demoSession,
    ...(await startSession(demoSession.ref, { env: demoSession.env })),
  }))
  await Promise.allSettled(starting)
  return Promise.all(starting)
}

function hasClaude({ env }: Io): boolean {
  try {
    findClaude('', env)
    return true
  } catch (error) {
    if (error instanceof ClaudeError) return false
    throw error
  }
}

interface Asking extends DemoRun {
  readonly claude: boolean
  readonly label: string
  readonly work: string
  readonly paint: Paint
}

/** Sends the prompt to one session and streams its answer; false if there is none. */
async function ask(session: StartedSession, asking: Asking): Promise<boolean> {
  const { io, label, prompt, paint } = asking
  const late = AbortSignal.timeout(PATIENCE_MS)
  const lines = labelled(io.stdout, label)
  const pieces: string[] = []
  const answer = (text: string): void => {
    pieces.push(text)
    lines.write(text)
  }
  const question = { prompt, answer, signal: AbortSignal.any([asking.signal, late]) }
  try {
    await (asking.claude
      ? askClaude({ script: process.argv[1] ?? '', cwd: asking.work, env: session.env }, question)
      : askDirectly(session, question))
    lines.end()
    if (pieces.join('').trim() !== '') return true
    throw new UserError('the answer was empty.', '')
  } catch (thrown) {
    lines.end()
    if (asking.signal.aborted) return false
    const why = late.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : reason(thrown)
    io.stderr.write(`${label}${paint('red', 'failed')}: ${why}\n`)
    return false
  }
}

async function askDirectly(
  { ref, view }: StartedSession,
  question: Parameters<typeof askMessages>[1],
): Promise<void> {
  const lease = await holdLease(ref, view)
  try {
    await askMessages({ ...lease, model: sessionModelAlias(ref.id) }, question)
  } finally {
    lease.close()
  }
}

function reason(thrown: unknown): string {
  if (thrown instanceof UserError) return `${thrown.message}\n${thrown.hint}`.trimEnd()
  return thrown instanceof Error ? thrown.message : String(thrown)
}
