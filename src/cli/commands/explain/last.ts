/** `ccr explain last`. */
/** `ccr explain last`. */
import type { RouteRecord } from '../../../gateway/telemetry/route-trace.ts'
import { UserError } from '../../../lib/user-error.ts'
import type { SessionRef } from '../../../session/identity.ts'
import { COMMAND_LIMIT_MS, provePeer, readJson, SilentPeer } from '../../../session/peer.ts'
import { readRecord } from '../../../session/record.ts'
import { preferenceText } from '../../client/session-text.ts'
import { commandLine } from '../../../lib/command-line.ts'

/** The route of the last request of a running session. Throws UserError if there is none. */
export async function lastRecord(ref: SessionRef): Promise<RouteRecord> {
  const name = `session ${ref.id} (${preferenceText(ref.preference)})`
  const peer = await provePeer(readRecord(ref), COMMAND_LIMIT_MS)
  if (peer === null) {
    throw new UserError(
      `${name} is not running, so its requests are not known.`,
      `Start it:  ${commandLine(ref, 'start')}`,
    )
  }
  try {
    const { routes } = await readJson(await peer.ask('GET', '/control/routes'))
    const last = Array.isArray(routes) ? (routes.at(-1) as RouteRecord | undefined) : undefined
    if (last !== undefined) return last
  } catch (thrown) {
    if (!(thrown instanceof SilentPeer)) throw thrown
    const mend = commandLine(ref, 'restart --force')
    throw new UserError(
      `${name}: ${thrown.message}; its daemon hangs.`,
      `Replace it:  ${mend}`,
      thrown,
    )
  } finally {
    peer.close()
  }
  throw new UserError(
    `${name} has had no requests since it was started.`,
    'Send a request, or explain one from a file: ccr explain FILE',
  )
}
