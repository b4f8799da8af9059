/** The candidates of a request: each target of its route with each key of its provider. */
import { formatModelRef, type ModelRef } from '../../lib/model-ref.ts'
import type { Config, ProviderConfig, ReportedModel } from '../../config/config.ts'
import { settingAdvice } from '../../config/key-advice.ts'
import { transformersFor, type UsedTransformer } from '../../config/schema/transformer.ts'
import type { TransformerProvider, UserTransformers } from '../../user-code/transformers.ts'
import type { Target } from '../../protocols/protocol.ts'
import { GatewayError } from '../../messages/error.ts'
import type { PostForm } from '../../providers/auth/google.ts'
import {
  namesProtocol,
  type Provider,
  providerOf,
  type ConfiguredProvider,
} from '../../providers/configured/provider.ts'
import { reportOf } from '../../providers/model-reports/report.ts'
import type { ProviderApi } from '../../providers/configured/api.ts'
import { type RequestRewrite, requestRewrite, withTransforms } from '../../transforms/transforms.ts'
import type { Candidate } from './failover.ts'
import type { RequestTransformersParts } from '../attempt/user-transformers.ts'
import type { Env } from '../../lib/env.ts'

/** What providers need for their credentials besides the config. */
export interface Credentials {
  readonly env?: Env
  readonly post?: PostForm
  /** What the user types to restart the session; `ccr restart` when absent. */
  readonly restart?: string | undefined
}

/** A candidate, ready for an attempt: a model of a provider with one of its keys. */
export interface ResolvedTarget extends Candidate {
  readonly provider: Provider
  readonly target: Target
  readonly api: TargetApi
  /** What the server reported of the model when the request came. */
  readonly report?: ReportedModel | undefined
  /** The user's transformers, and the provider as they know it. */
  readonly userTransformers:
    Pick<RequestTransformersParts, 'chain' | 'provider' | 'isChat'> | undefined
}

/** The provider's API, with the transformers of the config around it. */
export type TargetApi =
  | Extract<ProviderApi, { kind: 'translate' }>
  | (Extract<ProviderApi, { kind: 'forward' }> & {
      /** What the transformers make of a request that is forwarded; undefined: nothing. */
      readonly rewrite: RequestRewrite | undefined
    })

/** A provider with one of its keys. */
interface Keyed {
  readonly entry: ProviderConfig
  readonly provider: ConfiguredProvider
}

type Keys = readonly [Keyed, ...Keyed[]]

const NO_USER_TRANSFORMERS: UserTransformers = {
  refresh: () => Promise.resolve(),
  names: () => [],
  has: () => false,
  broken: () => [],
  chain: () => undefined,
}

/** The config's providers, each made ready at its first use: a broken one harms only its requests. */
export interface Targets {
  /**
   * The candidates of the choices, in their order, each provider's keys in the order of the config.
   * Fallbacks that cannot be called are left out.
   * @throws GatewayError if the first choice cannot be called.
   */
  of(choices: readonly [ModelRef, ...ModelRef[]]): readonly [ResolvedTarget, ...ResolvedTarget[]]
}

export function createTargets(
  config: Pick<Config, 'providers'>,
  credentials: Credentials = {},
  userTransformers: UserTransformers = NO_USER_TRANSFORMERS,
): Targets {
  const ready = new Map<string, Keys>()
  const providers = (name: string): Keys => {
    const known = ready.get(name)
    if (known) return known
    const made = makeReady(name, config, credentials)
    ready.set(name, made)
    return made
  }
  return {
    of([first, ...others]) {
      const [candidate, ...more] = candidatesOf(first, providers(first.provider), userTransformers)
      const fallbacks = others.flatMap((choice) => usable(choice, providers, userTransformers))
      return [candidate, ...more, ...fallbacks]
    },
  }
}

function usable(
  choice: ModelRef,
  providers: (name: string) => Keys,
  userTransformers: UserTransformers,
): readonly ResolvedTarget[] {
  try {
    return candidatesOf(choice, providers(choice.provider), userTransformers)
  } catch {
    return []
  }
}

function candidatesOf(
  { provider: name, model }: ModelRef,
  [only, ...others]: Keys,
  userTransformers: UserTransformers,
): [ResolvedTarget, ...ResolvedTarget[]] {
  const can = only.provider.to(model).can(model)
  const { cost } = only.provider.definition
  const target = {
    provider: name,
    model,
    ...(can === undefined ? {} : { can }),
    ...(cost === undefined ? {} : { costField: cost.value }),
  }
  const used = transformersFor(only.entry.transformer, model)
  const builtIn = used.filter((transformer) => !userTransformers.has(transformer.name))
  const chain = userTransformers.chain(used)
  // The user's transformers were written for Chat Completions, unless the config names another API.
  const isChat = chain !== undefined && !builtIn.some(namesProtocol)
  const candidate = ({ provider: speaker, entry }: Keyed, number: number): ResolvedTarget => {
    const provider = isChat ? speaker.asChat() : speaker.to(model)
    const { account } = provider
    return {
      name: `${formatModelRef({ provider: name, model })}${others.length === 0 ? '' : `#${String(number)}`}`,
      model: formatModelRef({ provider: name, model }),
      key: `${name}#${String(number)}`,
      window: can?.contextWindow,
      provider,
      target: account === undefined ? target : { ...target, account },
      api: targetApi(provider, builtIn),
      report: reportOf(entry, model),
      userTransformers: chain && {
        chain,
        provider: transformerProvider(entry),
        isChat: provider.protocolName === 'openai-chat',
      },
    }
  }
  return [candidate(only, 1), ...others.map((key, index) => candidate(key, index + 2))]
}

function targetApi(
  { api, protocolName }: Provider,
  builtIn: readonly UsedTransformer[],
): TargetApi {
  return api.kind === 'translate'
    ? { kind: 'translate', protocol: withTransforms(api.protocol, builtIn, protocolName) }
    : { ...api, rewrite: requestRewrite(builtIn) }
}

function transformerProvider({
  name,
  url,
  apiKey,
  models,
  transformer,
}: ProviderConfig): TransformerProvider {
  return { name, baseUrl: url, apiKey, models, transformer }
}

function makeReady(
  name: string,
  config: Pick<Config, 'providers'>,
  { env, post, restart = 'ccr restart' }: Credentials,
): Keys {
  const entry = config.providers.find((provider) => provider.name === name)
  if (!entry) {
    throw new GatewayError('invalid_request_error', `No provider "${name}" in the config.`, {
      shouldRetry: false,
    })
  }
  if (entry.missing.length > 0) throw missingVariables(entry, env ?? {}, restart)
  const [, ...keys] = entry.apiKeys ?? []
  const keyed = (entry: ProviderConfig): Keyed => ({
    entry,
    provider: providerOf(entry, env, post),
  })
  return [keyed(entry), ...keys.map((apiKey) => keyed({ ...entry, apiKey }))]
}

function missingVariables(provider: ProviderConfig, env: Env, restart: string): GatewayError {
  const { name, missing } = provider
  const [are, them] = missing.length === 1 ? ['is', 'it'] : ['are', 'them']
  return new GatewayError(
    'authentication_error',
    `Provider ${name} needs ${missing.join(' and ')}, which ${are} not set. ` +
      `Set ${them} (${settingAdvice(provider, missing, env)}) and run \`${restart}\`.`,
  )
}
