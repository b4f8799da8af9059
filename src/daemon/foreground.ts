/** `ccr start --foreground`: the session in this very process, for containers and services. */
import { UserError } from '../lib/user-error.ts'
import { withLock } from '../lib/lock.ts'
import { makePrivateFolder } from '../lib/files.ts'
import { daemonEnvironment } from '../session/environment.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import { operationLock } from '../session/paths.ts'
import { daemonTitle } from '../session/spawn.ts'
import { stderrSink } from './log.ts'
import { guardAgainstCrashes, stopOnSignals } from './main.ts'
import { serve } from './serve.ts'

/**
 * Serves until the session is stopped or this process is told to end; gives the exit code. Throws
 * UserError when the session runs already.
 */
export async function serveForeground(
  ref: SessionRef,
  env: Env,
  onReady: (notes: readonly string[]) => void,
): Promise<number> {
  makePrivateFolder(ref.dir)
  const serving = await withLock(ref.home, operationLock(ref), () =>
    serve(ref, {
      env: daemonEnvironment(ref, env),
      handover: false,
      inheritance: {},
      sink: stderrSink,
    }),
  )
  if (!serving) {
    throw new UserError(`session ${ref.id} is running already.`, 'Stop it first: ccr stop')
  }
  process.title = daemonTitle(ref)
  guardAgainstCrashes(serving)
  stopOnSignals(serving)
  onReady(serving.notes)
  await serving.ended
  return 0
}
