/**
 * Keeps what local servers report of their models: queried when a session starts, by clients that want
 * to know, and after requests, so that a server that came up later, or loaded a model with another
 * context, is known. No timer: a session without requests queries nobody.
 */
import type { Config, ProviderConfig, ReportedModel } from '../config/config.ts'
import { isLoopback } from '../lib/loopback.ts'
import type { Logger } from '../lib/log.ts'
import { within } from '../lib/within.ts'
import { type QueriedServer, queriedServer, queryServer } from '../providers/model-reports/query.ts'
import { type Reported, tokensIn } from '../providers/model-reports/reader.ts'
import { reportsJson, withReports } from '../providers/model-reports/report.ts'
import { jsonFetcher } from '../upstream/fetch-json.ts'
import { createUpstream, type Upstream } from '../upstream/send.ts'
import { timeoutsFrom } from '../upstream/timeouts.ts'
import { authoritiesOf } from '../upstream/tls.ts'

/** How long one server may take for all that it is asked, ms. */
const QUERY_MS = 1_500

/** Age of a report, ms, from which a request renews it: where the model runs, and where that is not known. */
const RENEW_MS = 60_000
const RENEW_SOON_MS = 3_000

/** Age of a report, ms, from which a client that wants to know renews it. */
const FRESH_MS = 1_000

export interface ModelReports {
  /** The config with what servers report; the maps in it change as they answer. */
  inForce(config: Config): Config
  /** Queries the servers whose reports are not fresh; resolves when they have answered, or taken too long. */
  refresh(only?: ReadonlySet<string>): Promise<void>
  /** Queries the server of a provider if it has never been queried; resolves when it has answered, or taken too long. */
  first(provider: string): Promise<void>
  /** A request to a model has ended, well or not. */
  ended(request: EndedRequest): void
  /** The reports as JSON: by provider and model. */
  json(): object
  /** Puts another config into force. */
  follow(config: Config, first?: FirstChoice | null): void
  close(): Promise<void>
}

/** What the usage record of a request says of its target. */
export interface EndedRequest {
  readonly provider: string | null
  readonly model: string | null
  readonly outcome: 'ok' | 'error' | 'aborted'
}

/** The model to which the session's requests go first. */
export interface FirstChoice {
  readonly provider: string
  readonly model: string
}

export interface ModelReportsParts {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly first?: FirstChoice | null
  /** The port on which this session listens, 0 if it does not listen. */
  readonly sessionPort?: () => number
  /** Milliseconds that only grow; for tests. */
  readonly now?: () => number
}

/** A server, and what it reported last. */
interface Source {
  readonly server: QueriedServer
  readonly provider: ProviderConfig
  /** Models that are no part of the config, the latest first. */
  extra: readonly string[]
  readonly models: Map<string, ReportedModel>
  /** When it was last queried. */
  queriedAt: number
  /** Whether its last query failed. */
  isDown: boolean
  /** Whether a model of it has answered: the first answer renews the report, since it loads the model. */
  hasAnswered: boolean
  /** Whether a request has failed since it was queried: then an answer renews the report soon. */
  hasFailed: boolean
  running: Promise<void> | undefined
  /** Its first query, running or ended. */
  first: Promise<void> | undefined
}

/** Before the first query. */
const NEVER = Number.NEGATIVE_INFINITY

/** Most models that are remembered besides those of the config. */
const MOST_EXTRA = 8

export function createModelReports(started: Config, parts: ModelReportsParts): ModelReports {
  const { env, log, now = () => performance.now(), sessionPort } = parts
  let sources = new Map<string, Source>()
  let upstream: Upstream | undefined
  let config = started

  /** Opened by the first query: most sessions have no server to query. */
  const open = (): Upstream =>
    (upstream ??= createUpstream({
      limits: timeoutsFrom(config),
      authorities: authoritiesOf(config),
      network: { proxyUrl: config.proxyUrl, env },
      sessionPort,
    }))

  const query = async (source: Source): Promise<void> => {
    const { server, provider, extra } = source
    const { name, models } = provider
    source.queriedAt = now()
    source.hasFailed = false
    const getJson = jsonFetcher(open(), { provider: name, ...server }, QUERY_MS)
    const wanted = [...new Set([...extra, ...models])]
    const found = await within(queryServer(server.kind, getJson, wanted), QUERY_MS)
    source.isDown = found === undefined
    if (found !== undefined) take(source, found)
  }
  const take = (source: Source, found: Reported): void => {
    const before = new Map(source.models)
    source.models.clear()
    for (const [model, report] of unanswered(source, before, found))
      source.models.set(model, report)
    for (const [model, report] of found) {
      const known = remembered(withVariable(report, source), before.get(model))
      source.models.set(model, known)
      if (known.contextWindow === before.get(model)?.contextWindow) continue
      const { server, contextWindow, basis } = known
      const fields = { provider: source.provider.name, model, server, contextWindow, basis }
      log.info(fields, 'a local server reports what it takes of a model')
    }
  }
  /** The variable of this environment, which may not be that of the server: it only lowers a window. */
  const withVariable = (report: ReportedModel, { server }: Source): ReportedModel => {
    const { contextWindow, basis } = report
    const limit = tokensIn(Number(env['OLLAMA_CONTEXT_LENGTH']))
    if (limit === undefined || report.server !== 'ollama' || basis !== 'model') return report
    return isLoopback(new URL(server.root).hostname)
      ? { ...report, contextWindow: Math.min(contextWindow ?? limit, limit) }
      : report
  }
  const renew = (source: Source, ageMs: number): Promise<void> => {
    if (source.running === undefined && now() - source.queriedAt >= ageMs) {
      source.running = query(source).finally(() => {
        source.running = undefined
      })
      source.first ??= source.running
    }
    return source.running ?? Promise.resolve()
  }
  const follow = (next: Config, first: FirstChoice | null = null): void => {
    const before = sources
    sources = new Map(
      next.providers.flatMap((provider) => {
        const server = queriedServer(provider)
        return server === undefined
          ? []
          : [[provider.name, sourceOf(provider, server, { first, before })]]
      }),
    )
    if (next === config) return
    config = next
    const closing = upstream
    upstream = undefined
    void closing?.close()
  }
  follow(started, parts.first)

  return {
    inForce: (other) =>
      withReports(other, new Map([...sources].map(([name, { models }]) => [name, models]))),
    async refresh(only) {
      const wanted = [...sources].filter(([name]) => only?.has(name) ?? true)
      await Promise.all(wanted.map(([, source]) => renew(source, source.isDown ? 0 : FRESH_MS)))
    },
    async first(provider) {
      const source = sources.get(provider)
      if (source !== undefined) await (source.first ?? renew(source, 0))
    },
    ended({ provider, model, outcome }) {
      const source = sources.get(provider ?? '')
      if (source === undefined || model === null || outcome === 'aborted') return
      if (outcome === 'error') {
        source.hasFailed = true
        return
      }
      const age = ageFor(source, model)
      const soon = source.hasFailed ? Math.min(age, RENEW_SOON_MS) : age
      void renew(source, source.hasAnswered ? soon : 0)
      source.hasAnswered = true
    },
    json: () => reportsJson(new Map([...sources].map(([name, { models }]) => [name, models]))),
    follow,
    async close() {
      await upstream?.close()
    },
  }
}

/** The age, ms, from which an answer of a model renews the report. */
function ageFor(source: Source, model: string): number {
  const report = source.models.get(model) ?? source.models.get('*')
  if (report !== undefined) return report.basis === 'running' ? RENEW_MS : RENEW_SOON_MS
  if (source.extra.includes(model)) return RENEW_MS
  source.extra = extraWith(source.extra, model)
  return RENEW_SOON_MS
}

interface Around {
  readonly first: FirstChoice | null
  readonly before: ReadonlyMap<string, Source>
}

/** A server that was known before keeps its report, in the same map. */
function sourceOf(
  provider: ProviderConfig,
  server: QueriedServer,
  { first, before }: Around,
): Source {
  const known = before.get(provider.name)
  const isSame = known?.server.root === server.root && known.server.kind === server.kind
  const extra = first?.provider === provider.name ? [first.model] : []
  const kept = isSame ? known : undefined
  return {
    server,
    provider,
    extra: kept?.extra.reduceRight(extraWith, extra) ?? extra,
    models: kept?.models ?? new Map<string, ReportedModel>(),
    queriedAt: NEVER,
    isDown: false,
    hasAnswered: false,
    hasFailed: false,
    running: undefined,
    first: undefined,
  }
}

function extraWith(extra: readonly string[], model: string): readonly string[] {
  return [model, ...extra.filter((other) => other !== model)].slice(0, MOST_EXTRA)
}

/** What was known of models that a busy server said nothing of this time: Ollama is queried about each. */
function unanswered({ extra, provider }: Source, before: Reported, found: Reported): Reported {
  if ([...found.values()].some(({ server }) => server !== 'ollama')) return new Map()
  const wanted = new Set([...extra, ...provider.models])
  return new Map(
    [...before].filter(
      ([model, { server }]) => server === 'ollama' && wanted.has(model) && !found.has(model),
    ),
  )
}

/**
 * A report, with what the server took when the model was last loaded: servers unload models after some
 * minutes, and load them again as before.
 */
function remembered(report: ReportedModel, before: ReportedModel | undefined): ReportedModel {
  const wasLoaded = before?.basis === 'running' || before?.basis === 'seen'
  const isSame = before?.server === report.server && before.modelWindow === report.modelWindow
  if (report.basis !== 'model' || !wasLoaded || !isSame) return report
  return { ...report, contextWindow: before.contextWindow, basis: 'seen' } as ReportedModel
}
