/** Collects the launch options of the claude child from its session, lease and config. */
import { sessionModelAlias, type SessionRef } from '../../session/identity.ts'
import type { ModelRef } from '../../lib/model-ref.ts'
import type { Config, ProviderConfig } from '../../config/config.ts'
import { sessionRoute, sessionWindow, windowOf } from '../../session/context-window.ts'
import { anthropic } from '../../providers/anthropic.ts'
import { knownCapabilities } from '../../providers/catalogue/context-window.ts'
import { sessionPreference } from '../../routing/preference.ts'
import type { Route } from '../../routing/resolve.ts'
import type { Lease } from '../../session/lease.ts'
import { oneLine } from '../terminal/untrusted-text.ts'
import type { LaunchOptions } from './launch-env.ts'
import type { NamedModel } from './model-argument.ts'

/**
 * Collects what the claude child needs to know from its session, its lease and its config.
 * @param modelArgument the model that the user names to claude.
 */
export function launchOptions(
  ref: Pick<SessionRef, 'id' | 'preference'>,
  lease: Pick<Lease, 'baseUrl' | 'token'>,
  config: Config,
  modelArgument?: NamedModel,
): LaunchOptions {
  const alias = sessionModelAlias(ref.id)
  const route = sessionRoute(alias, ref.preference, config)
  const target = route?.choices[0] ?? null
  const namedChoice = modelArgument?.choice ?? null
  const isAnthropicModel = namedChoice === null || isAnthropic(providerOf(namedChoice, config))
  return {
    baseUrl: lease.baseUrl,
    token: lease.token,
    alias,
    target,
    targetName: writtenName(target, config),
    unmatched: 'reason' in sessionPreference(ref.preference, config) ? ref.preference : undefined,
    ...nameIn(modelArgument),
    firstParty: isAnthropicModel && onlyAnthropic(route, config),
    apiTimeoutMs: config.apiTimeoutMs,
    contextWindow: namedChoice
      ? windowOf(namedChoice, config)
      : sessionWindow(ref.preference, config),
    maxOutput: maxOutputOf(namedChoice ?? target, config),
  }
}

function nameIn(
  argument: NamedModel | undefined,
): Pick<LaunchOptions, 'namedModel' | 'unmatchedModel'> {
  if (argument === undefined) return {}
  const { name, choice } = argument
  return choice === null ? { unmatchedModel: name } : { namedModel: name }
}

/** The `name` that the config gives a model. */
export function writtenName(ref: ModelRef | null, config: Config): string | undefined {
  if (ref === null) return undefined
  const { modelDetails = {} } = providerOf(ref, config) ?? {}
  const { name = '' } = Object.hasOwn(modelDetails, ref.model)
    ? (modelDetails[ref.model] ?? {})
    : {}
  return name.trim() === '' ? undefined : oneLine(name)
}

function maxOutputOf(choice: ModelRef | null, config: Config): number | undefined {
  return choice ? knownCapabilities(providerOf(choice, config), choice.model).maxOutput : undefined
}

function providerOf({ provider }: ModelRef, { providers }: Config): ProviderConfig | undefined {
  return providers.find(({ name }) => name === provider)
}

/** Whether every provider that the session may use is Anthropic's own API. */
function onlyAnthropic(route: Route | null, { providers }: Config): boolean {
  const names = route?.scenario === 'preference' ? route.choices.map((c) => c.provider) : null
  const used = names === null ? providers : providers.filter(({ name }) => names.includes(name))
  return used.length > 0 && used.every(isAnthropic)
}

/** Whether a provider is Anthropic's own API. */
export function isAnthropic(provider: ProviderConfig | undefined): boolean {
  const { url = '' } = provider ?? {}
  return URL.canParse(url) && anthropic.hosts.includes(new URL(url).host)
}
