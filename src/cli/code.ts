import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { emptyConfig } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import { isDemo } from '../routing/preference.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import { sessionRef } from '../session/identity.ts'
import type { Lease } from '../session/lease.ts'
import { holdLease } from '../session/lease.ts'
import type { Started, StartOptions } from '../session/start.ts'
import { startSession } from '../session/start.ts'
import { runChild } from './child.ts'
import { findClaude } from './claude.ts'
import type { Command, Io } from './command.ts'
import { launchFacts } from './facts.ts'
import type { Kept } from './keep.ts'
import { keepSession } from './keep.ts'
import { childEnvironment } from './launch.ts'
import { writeNotes } from './start.ts'
import { twinNote, twinsOf } from './twins.ts'

export const command: Command = {
  name: 'code',
  summary: 'run Claude Code in the session of CCR_MODEL_PREFERENCE, which starts if needed',
  usage: 'ccr [--config FILE] code [claude arguments…]',
  details: [
    'Every argument goes to claude as it is (ccr code --help shows the help of claude). The ' +
      'session stays when claude ends; ccr stop ends it. The exit code is that of claude.',
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
  const config = readConfig(ref, io.env)
  const claude = findClaude(config.claudePath, io.env)
  const started = await join(ref, {
    env: io.env,
    onWait: (why) => void io.stderr.write(`ccr: ${why}\n`),
  })
  const twins = await twinsOf(ref, config.providers)
  writeNotes([...started.notes, ...twins.map(twinNote)], io)
  const facts = launchFacts(ref, started.lease, config)
  const notes = notesTo(io)
  const kept = keep(ref, started.lease, { env: io.env, tell: notes.tell })
  try {
    return await runChild(claude, argv, childEnvironment(io.env, facts))
  } finally {
    kept.close()
    notes.flush()
  }
}

/** The config of the session; a demo session needs no file of its own. Throws ConfigError. */
function readConfig(ref: SessionRef, env: Env): Config {
  const needsNone = isDemo(ref.preference) && !ref.ownConfig && !existsSync(ref.configFile)
  return needsNone ? emptyConfig() : loadConfig(ref.configFile, env)
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

interface Caring {
  readonly env: Env
  readonly tell: (note: string) => void
}

function keep(ref: SessionRef, lease: Lease, { env, tell }: Caring): Kept {
  return keepSession(lease, {
    renew: async () => (await join(ref, { env, revive: true })).lease,
    tell,
  })
}

/** Notes go to stderr at once; while claude draws on the terminal they wait for its end. */
function notesTo({ stdout, stderr }: Io): { tell: (note: string) => void; flush: () => void } {
  const drawing = stdout.isTTY === true && process.stdin.isTTY
  const waiting: string[] = []
  const show = (note: string): void => void stderr.write(`ccr: ${note}\n`)
  return {
    tell: (note) => {
      if (drawing) waiting.push(note)
      else show(note)
    },
    flush: () => waiting.splice(0).forEach(show),
  }
}
