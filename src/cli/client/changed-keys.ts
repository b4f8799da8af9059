/** Detects variables of the config that have other values in this shell than in a running session. */
import { createInterface } from 'node:readline'
import type { Config } from '../../config/config.ts'
import { changedVariables } from '../../session/environment.ts'
import type { SessionRef } from '../../session/identity.ts'
import { probe } from '../../session/probe.ts'
import { restartSession } from '../../session/restart.ts'
import type { Io } from '../command.ts'
import { sessionConfig } from '../../session/config.ts'
import { commandLine } from '../../lib/command-line.ts'

/** At most one note for the user, without values. The session must be running. */
export function changedKeyNotes(ref: SessionRef, env: Io['env'], config?: Config): string[] {
  const names = changedVariables(ref, (config ?? configOf(ref, env))?.variables ?? [], env)
  if (names.length === 0) return []
  const [are, goes] = names.length === 1 ? ['is', 'its value'] : ['are', 'their values']
  const inShell = names.some((name) => (env[name] ?? '') !== '')
  const [where, has] = inShell
    ? ['in this shell', 'this shell has']
    : ['in the stored keys', 'the stored keys have']
  return [
    `${names.join(' and ')} ${are} not the same ${where} as in session ${ref.id}, which keeps using ${goes} from its start. To use what ${has}: ${commandLine(ref, 'restart')}`,
  ]
}

/** The config; null if it is broken, which is reported elsewhere. */
function configOf(ref: SessionRef, env: Io['env']): Config | null {
  try {
    return sessionConfig(ref, env)
  } catch {
    return null
  }
}

/**
 * Before a client starts: reports such variables and, on a terminal, offers to restart the session.
 * `asks`: whether the user can be asked.
 */
export async function renewKeys(
  ref: SessionRef,
  config: Config,
  { io, asks }: { readonly io: Io; readonly asks: boolean },
): Promise<void> {
  const [note] = changedKeyNotes(ref, io.env, config)
  // A session that hangs is handled by the start that follows.
  if (note === undefined || (await probe(ref)).state !== 'running') return
  io.stderr.write(`ccr: ${note}\n`)
  if (!asks || !(await confirmed('ccr: restart the session now? [Y/n] ', io))) return
  await restartSession(ref, { env: io.env })
  io.stderr.write(`ccr: session ${ref.id} was restarted.\n`)
}

/** Asks a question: Enter and y mean yes, anything else and end of input mean no. */
function confirmed(question: string, { stderr }: Io): Promise<boolean> {
  stderr.write(question)
  const lines = createInterface({ input: process.stdin, terminal: false })
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(['', 'y', 'yes'].includes(line.trim().toLowerCase()))
      lines.close()
    })
    lines.once('close', () => resolve(false))
  })
}
