/** Explains what would become of a request, and why, without sending it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { RouterConfig } from '../config/config.ts'
import { formatModelRef } from '../lib/model-ref.ts'
import { createRequestExtensions, type RequestExtensions } from '../user-code/request-extensions.ts'
import { fittedRequest } from '../protocols/fitted-request.ts'
import { forward } from '../protocols/anthropic/request.ts'
import { withChangesApplied } from '../messages/applied-changes.ts'
import { asGatewayError } from '../messages/error.ts'
import { type MessagesRequest, parseRequest } from '../messages/request.ts'
import { claimRules, routerRules, type Rule } from '../routing/explain.ts'
import type { Route } from '../routing/resolve.ts'
import { mentionsOf } from '../routing/tag.ts'
import { clientHeaders, clientIdentity, conversationIdOf, hintsOf } from './client-headers.ts'
import { createEstimator, sizeOf } from './tokens/estimator.ts'
import type { GatewayParts } from './gateway.ts'
import { asDescribed, describedBy } from './lending/images.ts'
import { searchLentBy } from './lending/web-search.ts'
import { lenderOf, type NamedLender, visionLender } from './lending/vision-model.ts'
import { createTargets, type Targets, type ResolvedTarget } from './targets/targets.ts'
import { originalFor } from './attempt/forward.ts'
import { routeOf } from './route-request.ts'
import { requestSummary, markTaken, type RequestSummary } from './telemetry/route-trace.ts'

/** A request as a client sends it. */
export interface Sample {
  /** The JSON text of its body. */
  readonly body: string
  /** Names in small letters. */
  readonly headers: IncomingHttpHeaders
}

export interface Explanation {
  readonly request: RequestSummary
  /** Every rule, in the order in which they are tried; `taken` on the one that took the request. */
  readonly rules: readonly (Rule & { readonly taken?: true })[]
  /** As in `x-ccr-route`; null when no rule took the request, and `error` says why. */
  readonly route: string | null
  /** Where the model is not the one that was written, or another one searches the web for it. */
  readonly note: string | null
  /** What would be tried, in order. */
  readonly targets: readonly TargetSummary[]
  /** The error that the client would get; null when a target would be tried. */
  readonly error: string | null
}

export interface TargetSummary {
  /** `provider,model` */
  readonly target: string
  readonly keys: number
  /** The protocol. */
  readonly format: string | null
  /** Where it would be posted, without secrets. */
  readonly url: string | null
  /** What the target cannot express. */
  readonly dropped: readonly string[]
  /** Input tokens that fit, null where that is not known. */
  readonly window: number | null
  /** Why it could not be used at all. */
  readonly problem: string | null
}

/**
 * Explains a request to a session. The user's router is called, the user's transformers are not.
 * @throws GatewayError when the body is no request.
 */
export async function explain(sample: Sample, parts: GatewayParts): Promise<Explanation> {
  const { config, session, log, env = {} } = parts
  const request = parseRequest(sample.body)
  const size = sizeOf(request, Buffer.byteLength(sample.body))
  const client = clientIdentity(sample.headers)
  const hints = hintsOf(client, createEstimator().estimate('', size))
  const extensions = createRequestExtensions({ config, env, log })
  const incoming = { request, client, headers: sample.headers, hints }
  const outcome = await routeOf(incoming, { config, session, extensions, log }).then(
    (route) => ({ route, error: null }),
    (thrown: unknown) => ({ route: null, error: asGatewayError(thrown).message }),
  )
  const { route } = outcome
  const router = await extensions.routerOf(conversationIdOf(client, request))
  const mentions = mentionsOf(request, hints)
  const routed = { ...config, ...(router && { router }) }
  const question = { request, session, hints, mentions, config: routed }
  const rules = [
    ...claimRules(question),
    customRouterRule(config.extensions.router, route),
    projectRule(router !== undefined),
    ...routerRules(question),
  ]
  const scope = { parts, extensions, router: routed.router }
  const targets = route === null ? [] : await targetsOf(route, sample, scope)
  return {
    request: requestSummary(request, size, hints),
    rules: markTaken(rules, route?.reason),
    route: route?.reason ?? null,
    note: notesOf(route, await lentNote(route, scope)),
    targets,
    error: outcome.error ?? (targets[0]?.problem ? targets[0].problem : null),
  }
}

/** Who would search the web instead of the first target; undefined where that searches, or nobody does. */
async function lentNote(route: Route | null, { parts, extensions }: Scope) {
  if (route === null) return undefined
  const { config, env = {} } = parts
  const targets = createTargets(config, { env }, await extensions.transformers)
  try {
    const [candidate] = targets.of([route.choices[0]])
    const lender = searchLentBy(candidate, route.request, config.lend)
    return lender && `the search goes to ${lender} (Lend.webSearch)`
  } catch {
    return undefined // the target says itself why it cannot be used
  }
}

function notesOf(route: Route | null, lent: string | undefined): string | null {
  return [route?.note, lent].filter((note) => note !== undefined).join('; ') || null
}

function customRouterRule(path: string, route: Route | null): Rule {
  const rule = 'custom router'
  if (path === '') return { rule, fits: false, why: 'CUSTOM_ROUTER_PATH is not set' }
  if (route?.reason === rule) return { rule, fits: true, why: formatModelRef(route.choices[0]) }
  return { rule, fits: false, why: `${path} names no model, or was not asked` }
}

/** It replaces the Router of the config rather than taking requests itself. */
function projectRule(exists: boolean): Rule {
  const why = exists
    ? 'the project has a Router of its own: what follows is asked of that one'
    : 'the project has no Router of its own'
  return { rule: 'project', fits: null, why }
}

interface Scope {
  readonly parts: GatewayParts
  readonly extensions: RequestExtensions
  /** The one in force: the project's, else the config's. */
  readonly router: RouterConfig
}

async function targetsOf(route: Route, sample: Sample, scope: Scope): Promise<TargetSummary[]> {
  const { config, session, env = {} } = scope.parts
  const targets = createTargets(config, { env }, await scope.extensions.transformers)
  const named = visionLender(config, session.preference, scope.router)
  return route.choices.map((choice) => {
    const target = formatModelRef(choice)
    try {
      const candidates = targets.of([choice])
      const request = described(candidates[0], route.request, { named, config, targets })
      const summary = targetSummary(candidates, request.request, sample)
      return { ...summary, target, dropped: [...request.dropped, ...summary.dropped] }
    } catch (thrown) {
      return { ...UNUSABLE, target, problem: asGatewayError(thrown).message }
    }
  })
}

interface LenderScope {
  readonly named: NamedLender | undefined
  readonly config: GatewayParts['config']
  readonly targets: Targets
}

/** The request as a target would get it once its images are described. */
function described(
  candidate: ResolvedTarget,
  request: MessagesRequest,
  { named, ...parts }: LenderScope,
): { readonly request: MessagesRequest; readonly dropped: readonly string[] } {
  const bare = { request, dropped: [] }
  if (named === undefined || !takesNoImages(candidate)) return bare
  const lender = lenderOf(named, candidate.model, { ...parts, takesNoImages })
  if ('problem' in lender) return bare
  const model = formatModelRef(lender.model)
  const shown = asDescribed(request, model)
  return shown.described === 0 ? bare : { ...shown, dropped: [describedBy(model)] }
}

/** As far as is known without asking it. */
function takesNoImages({ target }: ResolvedTarget): boolean {
  return target.can?.images === false
}

const UNUSABLE = { keys: 0, format: null, url: null, dropped: [], window: null }

function targetSummary(
  candidates: ReturnType<Targets['of']>,
  request: MessagesRequest,
  sample: Sample,
): Omit<TargetSummary, 'target'> {
  const [candidate] = candidates
  const { provider, target, window } = candidate
  return {
    keys: candidates.length,
    format: provider.protocolName,
    url: shownUrl(provider.url(target.model)),
    dropped: droppedBy(candidate, request, sample),
    window: window ?? null,
    problem: null,
  }
}

function droppedBy(
  candidate: ResolvedTarget,
  whole: MessagesRequest,
  sample: Sample,
): readonly string[] {
  const { api, target } = candidate
  const { request, dropped } = fittedRequest(whole, target.can)
  if (api.kind === 'translate') {
    return [...dropped, ...api.protocol.encode(withChangesApplied(request), target).dropped]
  }
  const client = { headers: clientHeaders(sample.headers), query: '' }
  const original = originalFor(target, api.rewrite, { request, bytes: undefined, client })
  return [...dropped, ...forward(original, target, api.dialect).dropped]
}

/** Parts of a query that say which API is meant; every other may be a secret. */
const PUBLIC_PARAMETERS: ReadonlySet<string> = new Set(['alt', 'api-version', 'beta'])

function shownUrl(text: string): string {
  const url = new URL(text)
  url.username = ''
  url.password = ''
  for (const name of [...url.searchParams.keys()]) {
    if (!PUBLIC_PARAMETERS.has(name)) url.searchParams.set(name, '***')
  }
  return url.href
}
