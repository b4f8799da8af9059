/** The sessions of the home, with what keeps some of them from being seen told on stderr. */
import { homeFolder } from '../../session/identity.ts'
import { lookAtSessions, type SessionView } from '../../session/probe.ts'
import type { Io } from '../command.ts'
import { visible } from './session-text.ts'
import { GLANCE, whileWaiting } from './wait-notice.ts'

export interface SessionsOfHome {
  readonly views: readonly SessionView[]
  /** False where none can be seen although there may be some. */
  readonly isWhole: boolean
}

export async function sessionsOf(io: Pick<Io, 'env' | 'stderr'>): Promise<SessionsOfHome> {
  const home = homeFolder(io.env)
  const { views, faults } = await whileWaiting(io, GLANCE, ({ onSilence }) =>
    lookAtSessions(home, onSilence),
  )
  for (const { message, hint } of faults) {
    io.stderr.write(`ccr: ${visible(message)}\n${hint}\n`)
  }
  return { views, isWhole: faults.length === 0 || views.length > 0 }
}
