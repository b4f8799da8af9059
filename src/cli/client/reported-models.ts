/** What the local servers of a session report of their models: its daemon queries them, commands learn it from the daemon. */
import type { Config } from '../../config/config.ts'
import { silent } from '../../lib/log.ts'
import type { Env } from '../../lib/env.ts'
import { queriedServer } from '../../providers/model-reports/query.ts'
import { reportsIn, withReports } from '../../providers/model-reports/report.ts'
import { sessionConfig } from '../../session/config.ts'
import { sessionRoute } from '../../session/context-window.ts'
import { sessionModelAlias, type SessionRef } from '../../session/identity.ts'
import { serverNotes } from '../../session/server-notes.ts'
import { type PeerAddress, provePeer, readJson } from '../../session/peer.ts'

/** Longer than the daemon waits for its servers, ms. */
const LIMIT_MS = 2_000

/** Whether the config has a server that can be queried about its models. */
export function hasQueriedServer({ providers }: Config): boolean {
  return providers.some((provider) => queriedServer(provider) !== undefined)
}

/**
 * The config with what the session's daemon knows of local servers; the config as it is where there is
 * none of them, or the daemon does not answer in time. Never throws.
 */
export async function withReportedModels(config: Config, address: PeerAddress): Promise<Config> {
  if (!hasQueriedServer(config)) return config
  const peer = await provePeer(address, LIMIT_MS).catch(() => null)
  if (peer === null) return config
  try {
    const answer = await peer.ask('GET', '/control/reports')
    // A daemon of an older version does not know the path.
    const { reports } = answer.statusCode === 200 ? await readJson(answer, LIMIT_MS) : {}
    return withReports(config, reportsIn(reports))
  } catch {
    return config
  } finally {
    peer.close()
  }
}

/**
 * The config with what its local servers report to this command itself, for commands that need no
 * session. Never throws.
 */
export async function withReportsOfServers(config: Config, env: Env): Promise<Config> {
  if (!hasQueriedServer(config)) return config
  const { createModelReports } = await import('../../gateway/model-reports.ts')
  const reports = createModelReports(config, { env, log: silent })
  try {
    await reports.refresh()
    return reports.inForce(config)
  } finally {
    await reports.close()
  }
}

/** What the user should know of the server of the session's model. */
export function reportNotes(
  { id, preference }: Pick<SessionRef, 'id' | 'preference'>,
  config: Config,
): string[] {
  const route = sessionRoute(sessionModelAlias(id), preference, config)
  if (route === null) return []
  const { window = [], tools = [] } = serverNotes(route.choices[0], config)
  return [...window, ...tools]
}

/** The notes on a session that runs; none where its config cannot be read any more. */
export async function runningReportNotes(
  ref: SessionRef,
  address: PeerAddress,
  env: Env,
): Promise<string[]> {
  try {
    return reportNotes(ref, await withReportedModels(sessionConfig(ref, env), address))
  } catch {
    return []
  }
}
