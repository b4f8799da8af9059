/** The Models API: the configured models, as the client can ask for them. */
import { formatModelRef, parseModelRef } from '../lib/model-ref.ts'
import { percentDecoded } from '../lib/percent-decoded.ts'
import type { Config, ProviderConfig } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { configuredModel, knownCapabilities } from '../providers/catalogue/context-window.ts'
import { DISCOVERY_PREFIX } from '../routing/resolve.ts'

/** The list does not change while a session lives, and the API wants a time. */
const CREATED_AT = '1970-01-01T00:00:00Z'

/**
 * Most of one page (https://docs.anthropic.com/en/api/models-list), and what a client gets that names
 * no limit: those that know nothing of pages see all.
 */
const MOST = 1_000

/** A model as the Models API shows it. */
export interface ListedModel {
  readonly type: 'model'
  /** `claude-ccr/provider,model`: a request under it goes to just this model. */
  readonly id: string
  /** The name that the config gives it, else `provider,model`. */
  readonly display_name: string
  readonly created_at: string
  /** Tokens of prompt and answer together; null where that is not known. */
  readonly max_input_tokens: number | null
  /** Most tokens of one answer; null where that is not known. */
  readonly max_tokens: number | null
  readonly lifecycle: 'active'
  readonly deprecated_at: null
  readonly retires_at: null
  /** Both only of Anthropic's models. */
  readonly capabilities: null
  readonly line: null
}

export interface ModelPage {
  readonly data: readonly ListedModel[]
  readonly has_more: boolean
  readonly first_id: string | null
  readonly last_id: string | null
}

/**
 * GET /v1/models: the configured models, named so that the client can ask for them.
 * @param query `limit`, and the id after or before which the page lies.
 */
export function modelList(
  config: Listed,
  query: URLSearchParams = new URLSearchParams(),
): ModelPage {
  const all = listedModels(config)
  const limit = Math.min(MOST, Math.max(1, Number(query.get('limit')) || MOST))
  const after = all.findIndex(({ id }) => id === query.get('after_id'))
  const before = all.findIndex(({ id }) => id === query.get('before_id'))
  const from = before === -1 ? after + 1 : Math.max(0, before - limit)
  const until = before === -1 ? from + limit : before
  const data = all.slice(from, until)
  return {
    data,
    has_more: before === -1 ? until < all.length : from > 0,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  }
}

/**
 * GET /v1/models/{id}; undefined where no such model is configured.
 * @param id as listed, or `provider,model`, or a bare id.
 */
export function modelNamed(config: Listed, id: string): ListedModel | undefined {
  const all = listedModels(config)
  const reference = (model: ListedModel): string => model.id.slice(DISCOVERY_PREFIX.length)
  const whole = all.find((model) => model.id === id || reference(model) === id)
  return whole ?? all.find((model) => parseModelRef(reference(model))?.model === id)
}

type Listed = Pick<Config, 'providers'> & Partial<Pick<Config, 'apiKey'>>

/** Names that hold a key of the config are left out. */
function listedModels({ providers, apiKey = '' }: Listed): ListedModel[] {
  const keys = [apiKey, ...providers.flatMap((provider) => keysOf(provider))]
  const secrets = keys.filter((key) => key.length >= SHORTEST_SECRET)
  const isShown = ({ id, display_name: name }: ListedModel): boolean =>
    !secrets.some((secret) => id.includes(secret) || name.includes(secret))
  return providers
    .flatMap((provider) => provider.models.map((model) => listed(provider, model)))
    .filter(isShown)
}

/** Shorter keys are words, as `ollama`. */
const SHORTEST_SECRET = 12

function keysOf({ apiKey, apiKeys = [] }: ProviderConfig): string[] {
  return [apiKey, ...apiKeys]
}

function listed(entry: ProviderConfig, model: string): ListedModel {
  const { name: provider } = entry
  const { contextWindow, maxOutput } = knownCapabilities(entry, model)
  const reference = formatModelRef({ provider, model })
  return {
    type: 'model',
    id: `${DISCOVERY_PREFIX}${reference}`,
    display_name: configuredModel(entry.modelDetails, model)?.name ?? reference,
    created_at: CREATED_AT,
    max_input_tokens: contextWindow ?? null,
    max_tokens: maxOutput ?? null,
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    capabilities: null,
    line: null,
  }
}

/** The answer to a `GET` at or below /v1/models. Throws GatewayError `not_found_error` for no model. */
export function modelsAnswer(config: Listed, url: string): object {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const id = percentDecoded(pathname.replace(/^\/v1\/models\/?/, ''))
  if (id === '') return modelList(config, searchParams)
  const model = modelNamed(config, id)
  if (model !== undefined) return model
  throw new GatewayError('not_found_error', `model: ${id} is not configured`)
}
