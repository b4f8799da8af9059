import type { Config, ProviderConfig } from '../config/config.ts'
import type { Capabilities } from '../formats/format.ts'
import { capabilitiesOf } from '../providers/catalogue.ts'
import { ANTHROPIC, rowOf } from '../providers/presets.ts'
import type { Choice } from '../routing/lookup.ts'
import type { Route } from '../routing/resolve.ts'
import { resolveRoute } from '../routing/resolve.ts'
import type { SessionRef } from '../session/identity.ts'
import type { Lease } from '../session/lease.ts'
import type { LaunchFacts } from './launch.ts'

/** What the claude child must know of its session, its lease and its config. */
export function launchFacts(
  ref: Pick<SessionRef, 'id' | 'preference'>,
  lease: Pick<Lease, 'baseUrl' | 'token'>,
  config: Config,
): LaunchFacts {
  const alias = `ccr-${ref.id}`
  const route = routeOf(alias, ref.preference, config)
  const longest = routeOf(alias, ref.preference, config, Number.POSITIVE_INFINITY)
  const can = route ? capabilities(route.choices[0], config) : {}
  return {
    baseUrl: lease.baseUrl,
    token: lease.token,
    alias,
    target: route?.choices[0] ?? null,
    firstParty: onlyAnthropic(route, config),
    apiTimeoutMs: config.apiTimeoutMs,
    contextWindow: larger(can.contextWindow, longest, config),
    maxOutput: can.maxOutput,
  }
}

/** Prompts that outgrow the model go to the one for long contexts, so its window counts too. */
function larger(window: number | undefined, longest: Route | null, config: Config) {
  const long = longest ? capabilities(longest.choices[0], config).contextWindow : undefined
  return window === undefined || long === undefined ? window : Math.max(window, long)
}

/** What the catalogue says of the model. */
function capabilities({ provider, model }: Choice, { providers }: Config): Capabilities {
  const url = providers.find(({ name }) => name === provider)?.url ?? ''
  if (!URL.canParse(url)) return {}
  return capabilitiesOf(rowOf(provider, new URL(url)).id, model) ?? {}
}

/** Where the session sends what its client asks of the alias; null when nothing fits. */
function routeOf(alias: string, preference: string, config: Config, tokens = 0): Route | null {
  try {
    return resolveRoute({ model: alias, messages: [] }, config, { preference, alias }, { tokens })
  } catch {
    return null // the client will show the gateway's own words
  }
}

/** True when every provider that the session may use is Anthropic's own API. */
function onlyAnthropic(route: Route | null, { providers }: Config): boolean {
  const names = route?.scenario === 'preference' ? route.choices.map((c) => c.provider) : null
  const used = names === null ? providers : providers.filter(({ name }) => names.includes(name))
  return used.length > 0 && used.every(isAnthropic)
}

function isAnthropic({ url }: ProviderConfig): boolean {
  return URL.canParse(url) && ANTHROPIC.hosts.includes(new URL(url).host)
}
