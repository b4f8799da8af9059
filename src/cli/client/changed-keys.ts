/** Variables of the config whose values in this shell are not those that a running session has. */
import { createInterface } from 'node:readline'
import type { Config } from '../../config/config.ts'
import { changedVariables } from '../../session/environment.ts'
import type { SessionRef } from '../../session/identity.ts'
import { probe } from '../../session/probe.ts'
import { restartSession } from '../../session/restart.ts'
import type { Io } from '../command.ts'
import { sessionConfig } from '../../session/config.ts'
import { commandLine } from '../../lib/command-line.ts'

/** One line for the user, at most; never a value. The session must run. */
export function changedKeyNotes(ref: SessionRef, env: Io['env'], config?: Config): string[] {
  const names = changedVariables(ref, (config ?? configOf(ref, env))?.variables ?? [], env)
  if (names.length === 0) return []
  const [are, goes] = names.length === 1 ? ['is', 'its value'] : ['are', 'their values']
  const inShell = names.some((name) => (env[name] ?? '') !== '')
  const [where, has] = inShell
    ? ['in this shell', 'this shell has']
    : ['in ccr key set', 'ccr key set has']
  return [
    `${names.join(' and ')} ${are} not the same ${where} as in session ${ref.id}, which goes on with ${goes} from its start. Take over what ${has}: ${commandLine(ref, 'restart')}`,
  ]
}

/** Null while it is broken: others tell that. */
function configOf(ref: SessionRef, env: Io['env']): Config | null {
  try {
    return sessionConfig(ref, env)
  } catch {
    return null
  }
}

/**
 * Before a client starts: tells of such variables, and on a terminal offers to restart the session.
 * `asks`: whether somebody can be asked.
 */
export async function renewKeys(
  ref: SessionRef,
  config: Config,
  { io, asks }: { readonly io: Io; readonly asks: boolean },
): Promise<void> {
  const [note] = changedKeyNotes(ref, io.env, config)
  // One that hangs is waited for, and spoken of, by the start that follows.
  if (note === undefined || (await probe(ref)).state !== 'running') return
  io.stderr.write(`ccr: ${note}\n`)
  if (!asks || !(await confirmed('ccr: restart the session now? [Y/n] ', io))) return
  await restartSession(ref, { env: io.env })
  io.stderr.write(`ccr: session ${ref.id} was restarted.\n`)
}

/** Enter and y are a yes, all else and the end of the input a no. */
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
