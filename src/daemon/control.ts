/** The daemon's side of the control interface (`/control/*` and `/health`). */
import { proofOf } from '../lib/secret.ts'
import { version } from '../lib/version.ts'
import type { Control } from '../server/server.ts'
import type { Shutdown } from './shutdown.ts'
import type { Leases } from './leases.ts'
import type { ReloadableGuard } from './reloadable-guard.ts'
import type { Usage } from './usage.ts'

export interface ControlParts {
  readonly sessionId: string
  readonly startCommand: string
  readonly token: string
  /** The bound port, as soon as there is one. */
  readonly port: () => number
  readonly leases: Leases
  readonly shutdown: Shutdown
  readonly succeed: Control['succeed']
  readonly guard: Pick<ReloadableGuard, 'access' | 'unproved'>
  readonly counters: {
    readonly served: number
    readonly running: number
    readonly dropped: number
  }
  /** What the user should know now. */
  readonly notes: () => readonly string[]
  readonly charged: Usage['charged']
  /** What local servers report of their models, fresh; it takes as long as the slowest of them may. */
  readonly reports: Control['reports']
  /** Where the last requests went. */
  readonly routes: () => readonly object[]
}

/** How long running streams may take when the session is stopped, in ms. */
export const STOP_DRAIN_MS = 10_000
/** The same when a new daemon has taken over: then no command waits for the old one. */
export const HANDOVER_DRAIN_MS = 600_000

export function createControl(parts: ControlParts): Control {
  const { sessionId, token, leases, shutdown, counters } = parts
  const status = (): 'ok' | 'draining' => (shutdown.kind === null ? 'ok' : 'draining')
  return {
    startCommand: parts.startCommand,
    get ending() {
      return shutdown.kind
    },
    health(nonce) {
      if (nonce === undefined) return { status: status() }
      const about = { status: status(), sessionId, pid: process.pid }
      // A nonce names the port that was asked, so that a process on another port cannot relay our proof.
      const noncePort = /\.(\d+)$/.exec(nonce)?.[1]
      const elsewhere = noncePort !== undefined && Number(noncePort) !== parts.port()
      return elsewhere ? about : { ...about, proof: proofOf(token, nonce) }
    },
    status() {
      return {
        sessionId,
        pid: process.pid,
        version,
        port: parts.port(),
        uptimeMs: Math.round(process.uptime() * 1000),
        rssBytes: process.memoryUsage.rss(),
        referenceCount: leases.count,
        served: counters.served,
        running: counters.running,
        dropped: counters.dropped,
        access: parts.guard.access,
        unproved: parts.guard.unproved,
        notes: parts.notes(),
      }
    },
    routes: () => ({ routes: parts.routes() }),
    reports: async (provider) => ({ reports: await parts.reports(provider) }),
    charged: parts.charged,
    lease(_req, res) {
      leases.add(res)
    },
    stop({ drainMs = STOP_DRAIN_MS }, res) {
      res.writeHead(200, { 'content-type': 'application/x-ndjson' })
      res.write('{"stopping":true}\n')
      shutdown.stop(drainMs)
    },
    succeed: parts.succeed,
    handover({ drainMs = HANDOVER_DRAIN_MS }, res) {
      shutdown.handOver()
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end('{"free":true}', () => shutdown.leave(drainMs))
    },
  }
}
