/** Who listens on a session's port, according to the kernel: files and answers are not trusted. */
import { connect } from 'node:net'
import { type PortHolder, portHolder } from '../lib/process.ts'
import { errorCode } from '../lib/user-error.ts'
import { within } from '../lib/within.ts'
import { provedHolders, type SessionView } from './probe.ts'

export type OnPort =
  | { readonly who: 'nobody' }
  /** The session's own daemon, proved. */
  | { readonly who: 'daemon' }
  /** Another program; null where the platform does not identify it (another user's process). */
  | { readonly who: 'stranger'; readonly holder: PortHolder | null }

/** Who accepts connections on the port of a session. */
export async function holderOfPort(view: SessionView): Promise<OnPort> {
  const { state, port, record, ref } = view
  if (port === null) return { who: 'nobody' }
  if (state === 'running' || state === 'draining') return { who: 'daemon' }
  if (!(await accepts(record.host, port))) return { who: 'nobody' }
  const holder = portHolder(port)
  const isOurs = holder !== null && (await provedHolders(ref)).includes(holder.pid)
  return isOurs ? { who: 'daemon' } : { who: 'stranger', holder }
}

/** A listener whose queue is full answers late, or not at all. */
const CONNECT_LIMIT_MS = 1_000

/** Whether a process listens there. One that is too busy to accept counts. */
async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port })
  const answer = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', (error) => resolve(errorCode(error) !== 'ECONNREFUSED'))
  })
  const answered = await within(answer, CONNECT_LIMIT_MS)
  socket.destroy()
  return answered ?? true
}

/** In words, for an error. */
export function holderText(holder: PortHolder | null): string {
  return holder === null
    ? 'a program of another user'
    : `${holder.name || 'a program'} (pid ${holder.pid})`
}
