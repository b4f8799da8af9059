/** What the local servers of a session report of their models: its daemon queries them, commands learn it from the daemon. */
import type { Config, ReportedModel } from '../../config/config.ts'
import type { ModelRef } from '../../lib/model-ref.ts'
import { silent } from '../../lib/log.ts'
import type { Env } from '../../lib/env.ts'
import { queriedServer } from '../../providers/model-reports/query.ts'
import { reportsIn, withReports } from '../../providers/model-reports/report.ts'
import { isTooSmall } from '../../session/client-limits.ts'
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
 * @param named a model of a provider that the session may not use by itself.
 */
export async function withReportedModels(
  config: Config,
  address: PeerAddress,
  named?: { readonly choice: ModelRef | null },
): Promise<Config> {
  if (!hasQueriedServer(config)) return config
  const peer = await provePeer(address, LIMIT_MS).catch(() => null)
  if (peer === null) return config
  try {
    const provider = named?.choice?.provider
    const query = provider === undefined ? '' : `?provider=${encodeURIComponent(provider)}`
    const answer = await peer.ask('GET', `/control/reports${query}`)
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
 * The config for the claude child. With the window of a server that takes too little, the client would
 * send nothing and say only that the prompt is too long, also after the server was mended. So it gets
 * the window that the model was made for: the gateway refuses what does not fit, with the line that
 * mends the server.
 */
export function withUsableWindows(config: Config): Config {
  const usable = (report: ReportedModel): ReportedModel => {
    const { contextWindow, modelWindow } = report
    const isMendable = modelWindow !== undefined && !isTooSmall(modelWindow, undefined)
    return isMendable && contextWindow !== undefined && isTooSmall(contextWindow, undefined)
      ? { ...report, contextWindow: modelWindow }
      : report
  }
  const providers = config.providers.map((provider) =>
    provider.reported === undefined
      ? provider
      : {
          ...provider,
          reported: new Map([...provider.reported].map(([id, report]) => [id, usable(report)])),
        },
  )
  return { ...config, providers }
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

/**
 * What the user should know of the server of the session's model.
 * @param named the model that the user names instead, which has notes of its own.
 */
export function reportNotes(
  { id, preference }: Pick<SessionRef, 'id' | 'preference'>,
  config: Config,
  named?: { readonly choice: ModelRef | null },
): string[] {
  if (named?.choice) return []
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
