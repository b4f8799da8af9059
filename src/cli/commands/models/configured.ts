import type { Config, ProviderConfig } from '../../../config/config.ts'
import { modelDetails, type ModelDetails } from '../../../providers/catalogue/catalogue.ts'
import { providerOf } from '../../../providers/configured/provider.ts'
import { withWindow } from '../../../providers/catalogue/context-window.ts'
import { resolvePreference } from '../../../routing/preference.ts'
import type { SessionView } from '../../../session/probe.ts'

/** One configured model, for people and for scripts. Null where nothing is known. */
export interface ConfiguredModel {
  readonly provider: string
  /** Null for a provider that lists none and takes any. */
  readonly model: string | null
  /** The keys of `Router` that name it: `default`, `think`. */
  readonly routes: readonly string[]
  /** Ids of the sessions that run and send their requests to it. */
  readonly sessions: readonly string[]
  /** Variables that must be set before it can be used. */
  readonly missing: readonly string[]
  /** In tokens. */
  readonly contextWindow: number | null
  readonly maxOutput: number | null
  readonly images: boolean | null
  readonly reasoning: boolean | null
  /** USD per million tokens. */
  readonly price: ModelDetails['price'] | null
}

/** Every model of the config, in its order. */
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
      ...known(model === null ? undefined : factsFor(provider, row, model)),
    }))
  })
}

function factsFor(provider: ProviderConfig, row: string | undefined, model: string) {
  return withWindow(provider, model, row === undefined ? undefined : modelDetails(row, model))
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

/** A provider without a list takes whatever is named. */
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

/** The row of a provider; undefined for one that cannot be called. */
function rowId(provider: ProviderConfig): string | undefined {
  try {
    return providerOf(provider).definition.id
  } catch {
    return undefined
  }
}

function known(facts: ModelDetails | undefined) {
  return {
    contextWindow: facts?.contextWindow ?? null,
    maxOutput: facts?.maxOutput ?? null,
    images: facts?.images ?? null,
    reasoning: facts?.reasoning ?? null,
    price: facts?.price ?? null,
  }
}
