import { waitUntilFree } from '../lib/lock.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import { sessionRef } from '../session/identity.ts'
import type { Lease, LeaseEnd } from '../session/lease.ts'
import { holdLease } from '../session/lease.ts'
import { serveLock } from '../session/paths.ts'
import type { Started, StartOptions } from '../session/start.ts'
import { startSession } from '../session/start.ts'
import { runChild } from './child.ts'
import { findClaude } from './claude.ts'
import type { Command, Io } from './command.ts'
import { launchFacts } from './facts.ts'
import { keepSession } from './keep.ts'
import { childEnvironment } from './launch.ts'
import { sessionConfig } from './session-config.ts'
import { writeNotes } from './start.ts'
import { twinNote, twinsOf } from './twins.ts'

export const command: Command = {
  name: 'code',
  summary: 'run Claude Code in the session of CCR_MODEL_PREFERENCE, which starts if needed',
  usage: 'ccr [--config FILE] code [claude arguments…]',
  details: [
    'Every argument goes to claude as it is (ccr code --help shows the help of claude). The ' +
      'session stays when claude ends; ccr stop ends it. The exit code is that of claude; when the ' +
      'session was stopped or could not be revived meanwhile, it is never 0.',
  ],
  examples: [
    'ccr code                                               interactive',
    'ccr code -p "Write a function to sort an array"        one answer on stdout',
    'CCR_MODEL_PREFERENCE=openrouter,openai/gpt-5 ccr code  another model, its own session',
    'ccr code --continue --dangerously-skip-permissions     any option of claude',
  ],
  passThrough: true,
  run: code,
}

async function code(argv: readonly string[], io: Io): Promise<number> {
  const ref = sessionRef(io.env, io.configFile === undefined ? {} : { config: io.configFile })
  const config = sessionConfig(ref, io.env)
  const claude = findClaude(config.claudePath, io.env)
  const started = await join(ref, {
    env: io.env,
    onWait: (why) => void io.stderr.write(`ccr: ${why}\n`),
  })
  const twins = await twinsOf(ref, config)
  writeNotes([...started.notes, ...twins.map(twinNote)], io)
  const facts = launchFacts(ref, started.lease, config)
  const notes = notesTo(io)
  const lost = new AbortController()
  const kept = keepSession(started.lease, {
    renew: (why) => renew(ref, why, io.env),
    tell: notes.tell,
    // Somebody at a terminal may start the session again, or at least read what is there.
    onLost: () => {
      if (!notes.drawing) lost.abort()
    },
  })
  try {
    const env = childEnvironment(io.env, facts)
    const code = await runChild({ executable: claude, argv, env, signal: lost.signal })
    return kept.lost && code === 0 ? 1 : code
  } finally {
    kept.close()
    notes.flush()
  }
}

/** A new lease on the session, which runs again unless the user has stopped it. */
async function renew(ref: SessionRef, why: LeaseEnd, env: Env): Promise<Lease> {
  // A session that is being stopped is over when its daemon is; the user may start it again.
  if (why === 'stopping') await waitUntilFree(ref.home, serveLock(ref))
  return (await join(ref, { env, revive: true })).lease
}

type Joined = Started & { readonly lease: Lease }

/** Makes the session run and takes a lease on it. */
async function join(ref: SessionRef, options: StartOptions): Promise<Joined> {
  const started = await startSession(ref, options)
  try {
    return { ...started, lease: await holdLease(ref, started.view) }
  } catch {
    // Its daemon went between the two: restarted, crashed, or stopped, which `revive` respects.
    const again = await startSession(ref, { ...options, revive: true })
    return { ...again, lease: await holdLease(ref, again.view) }
  }
}

interface Notes {
  /** Whether claude draws on a terminal. */
  readonly drawing: boolean
  readonly tell: (note: string) => void
  readonly flush: () => void
}

/** Notes go to stderr at once; while claude draws on the terminal they wait for its end. */
function notesTo({ stdout, stderr }: Io): Notes {
  const drawing = stdout.isTTY === true && process.stdin.isTTY
  const waiting: string[] = []
  const show = (note: string): void => void stderr.write(`ccr: ${note}\n`)
  return {
    drawing,
    tell: (note) => {
      if (drawing) waiting.push(note)
      else show(note)
    },
    flush: () => waiting.splice(0).forEach(show),
  }
}
