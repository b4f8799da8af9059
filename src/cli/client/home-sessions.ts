/** The sessions of the home, and actions on several of them. */
import { homeFolder, type SessionRef } from '../../session/identity.ts'
import { lookAtSessions, type SessionView } from '../../session/probe.ts'
import type { Io } from '../command.ts'
import { visible } from '../terminal/untrusted-text.ts'
import { WITHOUT_ANSWER, whileWaiting } from './wait-notice.ts'
import { reportFailure } from '../failure.ts'

interface SessionsOfHome {
  readonly views: readonly SessionView[]
  /** False if no session can be read although there may be some. */
  readonly isComplete: boolean
}

export async function homeSessions(io: Pick<Io, 'env' | 'stderr'>): Promise<SessionsOfHome> {
  const home = homeFolder(io.env)
  const { views, faults } = await whileWaiting(io, WITHOUT_ANSWER, ({ onSilence }) =>
    lookAtSessions(home, onSilence),
  )
  for (const { message, hint } of faults) {
    io.stderr.write(`ccr: ${visible(message)}\n${hint}\n`)
  }
  return { views, isComplete: faults.length === 0 || views.length > 0 }
}

/**
 * Runs `work` for several sessions at the same time. Failures are reported on stderr and do not stop the
 * others; the exit code is then 1.
 */
export async function forEachSession(
  refs: readonly SessionRef[],
  io: Pick<Io, 'env' | 'stderr'>,
  work: (ref: SessionRef) => Promise<void>,
): Promise<number> {
  const outcomes = await Promise.allSettled(refs.map(work))
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
  for (const { reason } of failures) reportFailure(reason, io)
  return failures.length === 0 ? 0 : 1
}
