/** The data of `ccr models`. */
import type { Config, ProviderConfig, ReportingServer } from '../../../config/config.ts'
import { capabilitiesOf, type ListedPrice } from '../../../providers/catalogue/catalogue.ts'
import { providerOf } from '../../../providers/configured/provider.ts'
import {
  configuredAbilities,
  configuredModel,
  withConfigured,
} from '../../../providers/catalogue/context-window.ts'
import { priceTagOf } from '../../../providers/catalogue/price.ts'
import type { Price } from '../../../pricing/cost.ts'
import { reportOf } from '../../../providers/model-reports/report.ts'
import { resolvePreference } from '../../../routing/preference.ts'
import type { SessionView } from '../../../session/probe.ts'

/** A configured model, as shown by `ccr models`. Unknown values are null. */
export interface ConfiguredModel {
  readonly provider: string
  /** Null for a provider that lists no models and accepts any. */
  readonly model: string | null
  /** The name that the config gives it. */
  readonly name: string | null
  /** The scenarios of `Router` that use it: `default`, `think`. */
  readonly routes: readonly string[]
  /** Ids of the running sessions that send their requests to it. */
  readonly sessions: readonly string[]
  /** Environment variables that must be set before it can be used. */
  readonly missing: readonly string[]
  /** In tokens. */
  readonly contextWindow: number | null
  /** Who says that: the config, the server (by its kind), or the catalogue. */
  readonly windowSource: 'config' | ReportingServer | 'catalogue' | null
  /** Whether the server may take less, because it has not loaded the model yet. */
  readonly isUnloaded: boolean
  readonly maxOutput: number | null
  readonly images: boolean | null
  readonly reasoning: boolean | null
  readonly tools: boolean | null
  /** USD per million tokens. */
  readonly price: (Price & Partial<Pick<ListedPrice, 'checked'>>) | null
  /** `config`, `local`, or the package of the catalogue with its version. */
  readonly priceSource: string | null
}

/** All models of the config, in the order of the config. */
export function configuredModels(
  config: Config,
  sessions: readonly SessionView[],
): ConfiguredModel[] {
  const routes = routesOf(config)
  return config.providers.flatMap((provider) => {
    const row = rowId(provider)
    const models: readonly (string | null)[] = provider.models.length > 0 ? provider.models : [null]
    return models.map((model) => ({
      provider: provider.name,
      model,
      routes: routes.filter((route) => is(route, provider.name, model)).map(({ route }) => route),
      sessions: running(sessions, provider.name, model),
      missing: provider.missing,
      ...knownOf(provider, row, model),
      ...shownOf(provider, model, config.prices),
    }))
  })
}

function shownOf(provider: ProviderConfig, model: string | null, prices: Config['prices']) {
  if (model === null) return { name: null, price: null, priceSource: null }
  const tag = priceTagOf(provider, model, prices)
  return {
    name: configuredModel(provider.modelDetails, model)?.name ?? null,
    price: tag?.price ?? null,
    priceSource: tag?.source ?? null,
  }
}

function knownOf(provider: ProviderConfig, row: string | undefined, model: string | null) {
  if (model === null) return { ...known(undefined), windowSource: null, isUnloaded: false }
  const listed = row === undefined ? undefined : capabilitiesOf(row, model)
  const details = known(withConfigured(provider, model, listed))
  const report = reportOf(provider, model)
  const source =
    configuredAbilities(provider, model).contextWindow !== undefined
      ? 'config'
      : report?.contextWindow === undefined
        ? 'catalogue'
        : report.server
  return {
    ...details,
    windowSource: details.contextWindow === null ? null : source,
    isUnloaded: source === report?.server && report.basis === 'model',
  } as const
}

interface Routed {
  readonly route: string
  readonly provider: string
  readonly model: string
}

function routesOf({ router, providers }: Config): Routed[] {
  return Object.entries(router).flatMap(([route, text]) => {
    const meant = typeof text === 'string' ? resolvePreference(text, providers) : undefined
    return meant?.kind === 'found' ? [{ route, ...meant.choice }] : []
  })
}

/** Whether both are the same model; a provider without a list accepts any model. */
function is(named: Omit<Routed, 'route'>, provider: string, model: string | null): boolean {
  return named.provider === provider && (model === null || named.model === model)
}

function running(
  sessions: readonly SessionView[],
  provider: string,
  model: string | null,
): string[] {
  return sessions
    .filter(({ state }) => state !== 'stopped')
    .filter(({ record }) => record.provider !== null && record.model !== null)
    .filter(({ record }) =>
      is({ provider: record.provider ?? '', model: record.model ?? '' }, provider, model),
    )
    .map(({ id }) => id)
}

/** The catalogue row of a provider; undefined if the provider cannot be used. */
function rowId(provider: ProviderConfig): string | undefined {
  try {
    return providerOf(provider).definition.id
  } catch {
    return undefined
  }
}

function known(details: ReturnType<typeof capabilitiesOf>) {
  return {
    contextWindow: details?.contextWindow ?? null,
    maxOutput: details?.maxOutput ?? null,
    images: details?.images ?? null,
    reasoning: details?.reasoning ?? null,
    tools: details?.tools ?? null,
  }
}
