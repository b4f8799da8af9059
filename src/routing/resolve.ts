/** Decides which models a request goes to: the route, with the rule that chose it. */
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import type { Config } from '../config/config.ts'
import { nameMeant } from '../config/preferences.ts'
import { numberOf } from '../lib/number.ts'
import { GatewayError } from '../messages/error.ts'
import type { MessagesRequest } from '../messages/request.ts'
import {
  isClientsName,
  isNeutralModelId,
  isPlainName,
  neutralChoice,
  neutralModelId,
} from './client-model.ts'
import {
  defaultChoice,
  inProvider,
  type Lookup,
  modelsShownAs,
  type Named,
  nameOf,
  type Offer,
} from './lookup.ts'
import { lookUpSession, type PreferenceConfig } from './preference.ts'
import { type Hints, type Scenario, SCENARIOS, scenariosOf } from './scenario.ts'
import { isSubagent } from './subagent.ts'
import { type Sender, takeTag } from './tag.ts'

export interface Route {
  /** Where the request goes; the others in order when that fails. Never empty. */
  readonly choices: readonly [ModelRef, ...ModelRef[]]
  /** In short words: `explicit`, `sub-agent tag`, `preference`, `think: plan mode`, `default`, … */
  readonly reason: string
  /** Which list of `fallback` the other choices come from. */
  readonly scenario: Scenario | 'default' | 'preference'
  /** The request without its routing tag. */
  readonly request: MessagesRequest
  /** Said aloud when the model is not the one that was written. */
  readonly note?: string
}

export type Session = Readonly<{ preference: string; alias: string }>
export type RouteConfig = Pick<Config, 'providers' | 'router' | 'fallback'> &
  Partial<Pick<Config, 'preferences' | 'lend'>>

const LISTED = 5
/** Characters of a name in an error. */
const LONGEST = 200

/** Old configs' default for `longContextThreshold`, in tokens. */
const LONG_CONTEXT = 60_000

/** The client's model discovery keeps only ids that contain `claude` or `anthropic`. */
export const DISCOVERY_PREFIX = 'claude-ccr/'

/**
 * Which model serves a request, and why. The first that fits: the provider and model written in
 * the request itself, the tag in a sub-agent's prompt, the session's preference, the scenarios of
 * `Router`, `Router.default`. Nothing is invented: when none fits, a `GatewayError` says what is
 * missing (400, as the client hides the text of a 404).
 */
export function resolveRoute(
  request: MessagesRequest,
  config: RouteConfig,
  session: Session,
  hints: Hints,
): Route {
  return (
    pinnedRoute(request, config, session, hints) ?? scenarioRoute(request, config, session, hints)
  )
}

/**
 * The first half of `resolveRoute`: what the request and the session themselves name, if they do.
 * @throws GatewayError in place of the preference where the request names a model that is not there.
 */
export function pinnedRoute(
  request: MessagesRequest,
  config: RouteConfig,
  session: Session,
  sender: Sender,
): Route | undefined {
  const tagged = takeTag(request, sender)
  const bare = tagged?.request ?? request
  const { namedModel } = sender
  const preference = lookUpSession(session.preference, config)
  // A session with a preference moves on to other providers only as `fallback.preference` says.
  const scenario = preference.kind === 'found' ? 'preference' : 'default'
  const explicit = explicitChoice(request.model, config, { alias: session.alias, namedModel })
  if (explicit.kind === 'found') return routed(explicit, { ...EXPLICIT, scenario }, bare, config)
  const tag = tagged === undefined ? NONE : defaultChoice(tagged.model, config.providers)
  if (tag.kind === 'found') return routed(tag, { ...TAGGED, scenario }, bare, config)
  if (preference.kind !== 'found') return undefined
  refuseMissingModel(request, config, session, sender)
  return routed(preference, PREFERRED, bare, config)
}

/**
 * The second half: the scenarios of `Router`, then its default.
 * @throws GatewayError when no model is named that exists.
 */
export function scenarioRoute(
  request: MessagesRequest,
  config: RouteConfig,
  session: Session,
  hints: Hints,
): Route {
  const { providers, router } = config
  refuseMissingModel(request, config, session, hints)
  const bare = withoutTag(request, hints)
  const special = scenarioChoice(request, config, hints)
  if (special) return routed(special.found, special, bare, config)
  const preference = lookUpSession(session.preference, config)
  const standard = defaultChoice(router.default ?? '', providers)
  if (standard.kind !== 'found') {
    throw nothingFits(preference, standard, { request, router, providers })
  }
  const reason = preference.kind === 'none' ? 'default' : 'default (preference not found)'
  return routed(standard, { reason, scenario: 'default' }, bare, config)
}

/** The request without the tag of a sub-agent, whatever that names. */
export function withoutTag(request: MessagesRequest, sender: Sender): MessagesRequest {
  return takeTag(request, sender)?.request ?? request
}

/** The route to a model that another part of ccr names as `Router` would; undefined if there is none. */
export function routeTo(
  written: string,
  reason: string,
  request: MessagesRequest,
  config: RouteConfig,
): Route | undefined {
  const found = defaultChoice(written, config.providers)
  if (found.kind !== 'found') return undefined
  return routed(found, { reason, scenario: 'default' }, request, config)
}

type Why = Pick<Route, 'reason' | 'scenario'>
type Fitting = Why & { readonly found: Found }

const EXPLICIT = { reason: 'explicit' }
export const TAGGED = { reason: 'sub-agent tag' }
const PREFERRED: Why = { reason: 'preference', scenario: 'preference' }
const NONE: Lookup = { kind: 'none' }

function routed(
  { choice, note }: Found,
  { reason, scenario }: Why,
  request: MessagesRequest,
  config: RouteConfig,
): Route {
  return {
    choices: [choice, ...fallbackOf(scenario, choice, config)],
    reason,
    scenario,
    request,
    ...(note === undefined ? {} : { note }),
  }
}

/** The first scenario that fits and has a model. */
function scenarioChoice(
  request: MessagesRequest,
  config: RouteConfig,
  hints: Hints,
): Fitting | undefined {
  const { router, providers } = config
  if (!SCENARIOS.some((scenario) => modelFor(router, scenario) !== '')) return undefined
  const threshold = thresholdOf(router)
  for (const [scenario, why] of scenariosOf(request, hints, threshold)) {
    if (isOnlyDescribed(scenario, config)) continue
    const found = defaultChoice(modelFor(router, scenario), providers)
    if (found.kind === 'found') return { found, reason: `${scenario}: ${why}`, scenario }
  }
  return undefined
}

/** Whether requests with images stay with their model, and the image model only describes them. */
export function isOnlyDescribed(scenario: Scenario, { lend }: RouteConfig): boolean {
  return scenario === 'image' && lend?.onlyDescribesImages === true
}

/** `longContextThreshold`, in tokens. */
export function thresholdOf(router: Config['router']): number {
  return numberOf(router['longContextThreshold']) || LONG_CONTEXT
}

/** The model that `Router` has for a scenario; '' for none. */
export function modelFor(router: Config['router'], scenario: Scenario): string {
  const model = router[scenario]
  return typeof model === 'string' ? model.trim() : ''
}

/** The scenario's own list, else the provider's (a preference stays with its provider); the first choice itself is not tried again. */
function fallbackOf(
  scenario: Route['scenario'],
  first: ModelRef,
  { fallback, providers }: RouteConfig,
): readonly ModelRef[] {
  const provider = providers.find(({ name }) => name === first.provider)
  const ofProvider = scenario === 'preference' ? [] : provider?.fallback
  const listed = fallback[scenario] ?? ofProvider ?? []
  const choices = listed
    .map((written) => defaultChoice(written, providers))
    .flatMap((lookup) => (lookup.kind === 'found' ? [lookup.choice] : []))
  return choices.filter(
    ({ provider: name, model }) => name !== first.provider || model !== first.model,
  )
}

type Found = Extract<Lookup, { kind: 'found' }>

/** The name as a person writes it: without the prefix of model discovery and the client's `[1m]`. */
function plainName(model: string): string {
  const bare = model.startsWith(DISCOVERY_PREFIX) ? model.slice(DISCOVERY_PREFIX.length) : model
  return bare.replace(/\[1m\]\s*$/i, '').trim()
}

/** The header by which `ccr code` says which model the user has named, where the config had it at that time. */
export const NAMED_MODEL = 'x-ccr-model'
/** The same of a model that the config did not have: requests for it go to the session's model. */
export const UNMATCHED_MODEL = 'x-ccr-unmatched-model'

/**
 * The model that the request names together with its provider (as `/model provider,model` does), as it
 * is written there where the provider does not list it. A name that the user is known to have written
 * himself (`ccr code --model`) counts in every spelling of a preference; an id of `clientModelId` is its
 * model, and so is the name that the config gives one model. The client's own model names, and the alias
 * of the session, name no provider.
 */
export function explicitChoice(
  model: string,
  config: PreferenceConfig,
  { alias, namedModel }: { readonly alias: string; readonly namedModel?: string | undefined },
): Lookup {
  const text = plainName(model)
  if (isNameOf(text, namedModel)) return writtenChoice(text, config)
  const neutral = neutralChoice(text, config)
  if (neutral !== undefined) return { kind: 'found', choice: neutral }
  if (text === alias) return NONE
  const named = nameOf(text, config.providers)
  if (named === undefined) return isClientsName(text) ? NONE : shownChoice(text, config)
  const result = inProvider(text, named)
  return result.kind === 'found' || named.model === '' ? result : asWritten(named)
}

/**
 * The id by which the client asks for exactly this model: `provider,model`, or a neutral one where the
 * client would misread that, or where it would lead elsewhere.
 */
export function clientModelId(ref: ModelRef, config: PreferenceConfig): string {
  const name = formatModelRef(ref)
  if (!isPlainName(name)) return neutralModelId(ref)
  const found = explicitChoice(name, config, { alias: '' })
  const leadsBack = found.kind === 'found' && neutralModelId(found.choice) === neutralModelId(ref)
  return leadsBack ? name : neutralModelId(ref)
}

function writtenChoice(text: string, config: PreferenceConfig): Lookup {
  const result = lookUpSession(text, config)
  const { providers, preferences = {} } = config
  const isName = nameMeant(text, preferences) !== undefined
  const named = isName ? undefined : nameOf(text, providers)
  if (result.kind !== 'found' && named !== undefined && named.model !== '') return asWritten(named)
  if (result.kind === 'missing') {
    const shown = shownChoice(text, config)
    return shown.kind === 'found' ? shown : result
  }
  // The name of the built-in provider alone means it only where it is.
  const isThere = result.kind !== 'found' || isOffered(result.choice, providers)
  return isThere ? result : NONE
}

/** The one model that the config gives this name: a user may type in `/model` what it shows. */
function shownChoice(text: string, { providers }: PreferenceConfig): Lookup {
  const [choice, ...others] = modelsShownAs(text, providers)
  return choice === undefined || others.length > 0 ? NONE : { kind: 'found', choice }
}

function isOffered({ provider }: ModelRef, providers: readonly Offer[]): boolean {
  return providers.some(({ name }) => name === provider)
}

/** A model of a provider that does not list it: existing configs list only some of what they use. */
function asWritten({ provider: { name }, model }: Named): Lookup {
  const note = `${name} does not list "${model}" in the config; it is taken as written`
  return { kind: 'found', choice: { provider: name, model }, note }
}

/**
 * Why no model may answer a request, although it does not name the client's models: the names under which
 * the client is given models (`clientModelId`) are never its own, and neither is one with which `ccr code`
 * found a model. A model that the config does not have was chosen before the config changed, and the
 * session's model in its place would answer, and cost, without a word. Undefined for any other request.
 */
export function missingModel(
  request: MessagesRequest,
  config: RouteConfig,
  { alias, preference }: Session,
  { namedModel, unmatchedModel, agentId }: Sender,
): string | undefined {
  const { providers } = config
  const text = plainName(request.model)
  if (text === alias) return undefined
  if (isNameOf(text, namedModel)) return missingWritten(text, config)
  // Of the preference, and of a name with which `ccr code` found none, ccr has said where requests go.
  if (isNameOf(text, preference) || isNameOf(text, unmatchedModel)) return undefined
  if (isNeutralModelId(text)) return 'ccr gave this id to a model that has been removed since'
  const provider = /^([^,]+),\s*\S/.exec(text)?.[1]?.trim()
  if (!provider || nameOf(text, providers) !== undefined || isModelIn(providers, text))
    return undefined
  // The definition of a sub-agent comes with a project, and may be written for another config.
  if (isSubagent(request, agentId)) return undefined
  return `there is no provider "${shortened(provider)}"`
}

/** Whether models have this name or id, which may hold a comma. */
function isModelIn(providers: readonly Offer[], text: string): boolean {
  const isListed = providers.some(({ models }) => models.includes(text))
  return isListed || modelsShownAs(text, providers).length > 0
}

function missingWritten(text: string, config: RouteConfig): string | undefined {
  const lookup = writtenChoice(text, config)
  if (lookup.kind === 'found') return undefined
  return 'reason' in lookup
    ? lookup.reason
    : 'it has been removed since ccr code was started with it'
}

/** Whether a request for `text` names its model by this name. */
function isNameOf(text: string, name: string | undefined): boolean {
  return name !== undefined && plainName(name) === text
}

function refuseMissingModel(
  request: MessagesRequest,
  config: RouteConfig,
  session: Session,
  sender: Sender,
): void {
  const why = missingModel(request, config, session, sender)
  if (why === undefined) return
  const what = `The model "${shortened(plainName(request.model))}" is not in the config: ${why}.`
  const advice = 'Choose another one with /model, or put it back into the config.'
  const message = `${what} ${advice} ${configured(config.providers)}`
  throw new GatewayError('invalid_request_error', message, {
    shouldRetry: false,
    origin: 'gateway',
  })
}

function shortened(name: string): string {
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name
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
    `"${plainName(request.model)}" is no configured provider and model.`,
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
  const each = providers.map(({ name, models, takesAny }) => {
    if (takesAny === true && models.length > 0) return `${name} (${firstOf(models)}, or any other)`
    return models.length === 0 ? `${name} (any model)` : `${name} (${firstOf(models)})`
  })
  return `Configured: ${firstOf(each)}.`
}

function firstOf(texts: readonly string[]): string {
  const more = texts.length > LISTED ? [`and ${texts.length - LISTED} more`] : []
  return [...texts.slice(0, LISTED), ...more].join(', ')
}
