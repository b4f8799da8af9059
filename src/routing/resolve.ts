import type { Config } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { inProvider, lookUp, nameOf } from './lookup.ts'
import type { Choice, Lookup, Offer } from './lookup.ts'

export interface Route {
  readonly choice: Choice
  /** In short words: `explicit`, `preference`, `default`, `default (preference not found)`. */
  readonly reason: string
  /** Said aloud when the model is not the one that was written. */
  readonly note?: string
}

type Providers = Config['providers']
type Session = Readonly<{ preference: string; alias: string }>

const LISTED = 5

/** The client's model discovery keeps only ids that contain `claude` or `anthropic`. */
export const DISCOVERY_PREFIX = 'claude-ccr/'

/**
 * Which model serves a request, and why. The first that fits: the provider and model written in
 * the request itself, the session's preference, `Router.default`. Nothing is invented: when none
 * fits, a `GatewayError` says what is missing (400, as the client hides the text of a 404).
 */
export function resolveRoute(
  request: { readonly model: string },
  config: Pick<Config, 'providers' | 'router'>,
  session: Session,
): Route {
  const { providers, router } = config
  const explicit = explicitChoice(request.model, providers, session.alias)
  if (explicit.kind === 'found') return route(explicit, 'explicit')
  const preference = lookUp(session.preference, providers)
  if (preference.kind === 'found') return route(preference, 'preference')
  const standard = defaultChoice(router.default ?? '', providers)
  if (standard.kind === 'found') {
    return route(
      standard,
      preference.kind === 'none' ? 'default' : 'default (preference not found)',
    )
  }
  throw nothingFits(preference, standard, { request, router, providers })
}

type Found = Extract<Lookup, { kind: 'found' }>

function route({ choice, note }: Found, reason: string): Route {
  return { choice, reason, ...(note === undefined ? {} : { note }) }
}

/** The name as a person writes it: without the prefix of model discovery and the client's `[1m]`. */
function asked(model: string): string {
  const bare = model.startsWith(DISCOVERY_PREFIX) ? model.slice(DISCOVERY_PREFIX.length) : model
  return bare.replace(/\[1m\]\s*$/i, '').trim()
}

/**
 * The model that the request names together with its provider (as `/model provider,model` does).
 * The client's own model names, and the alias of the session, name no provider.
 */
function explicitChoice(model: string, providers: Providers, alias: string): Lookup {
  const text = asked(model)
  const named = text === alias ? undefined : nameOf(text, providers)
  return named === undefined ? { kind: 'none' } : inProvider(text, named)
}

/**
 * `Router.default` by the rules of a preference; but a model that its provider does not list is
 * taken as written, because existing configs list only some of the models they route to.
 */
function defaultChoice(written: string, providers: Providers): Lookup {
  const text = written.trim()
  const result = lookUp(text, providers)
  const named = nameOf(text, providers)
  if (result.kind === 'found' || named === undefined || named.model === '') return result
  return { kind: 'found', choice: { provider: named.provider.name, model: named.model } }
}

function nothingFits(
  preference: Lookup,
  standard: Lookup,
  {
    request,
    router,
    providers,
  }: Pick<Config, 'providers' | 'router'> & { readonly request: { readonly model: string } },
): GatewayError {
  const why = [
    `"${asked(request.model)}" is no configured provider and model.`,
    ...('reason' in preference
      ? [`The session's preference does not help: ${preference.reason}.`]
      : []),
    'reason' in standard
      ? `Router.default is "${router.default ?? ''}": ${standard.reason}.`
      : 'The config has no Router.default.',
  ]
  const advice =
    'Set Router.default to "provider,model", or use CCR_MODEL_PREFERENCE=provider,model.'
  const message = `No model is chosen for this request. ${why.join(' ')} ${advice} ${configured(providers)}`
  return new GatewayError('invalid_request_error', message, { shouldRetry: false })
}

/** The providers and the first of their models, for people to choose from. */
function configured(providers: readonly Offer[]): string {
  if (providers.length === 0) return 'No providers are configured.'
  const each = providers.map(({ name, models }) => {
    return models.length === 0 ? `${name} (any model)` : `${name} (${firstOf(models)})`
  })
  return `Configured: ${firstOf(each)}.`
}

function firstOf(texts: readonly string[]): string {
  const more = texts.length > LISTED ? [`and ${texts.length - LISTED} more`] : []
  return [...texts.slice(0, LISTED), ...more].join(', ')
}
