import type { SessionRef } from '../../session/identity.ts'
import type { Io } from '../command.ts'
import { reportFailure } from '../failure.ts'

/**
 * Does the same with several sessions at once. One that fails is told on stderr and does not keep
 * the others; the exit code is then 1.
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
