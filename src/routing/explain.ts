/** Explains the route of a request: every rule that is tried, and its result. */
import { formatModelRef } from '../lib/model-ref.ts'
import type { MessagesRequest } from '../messages/request.ts'
import { defaultChoice, type Lookup } from './lookup.ts'
import { lookUpSession } from './preference.ts'
import {
  explicitChoice,
  isOnlyDescribed,
  missingModel,
  modelFor,
  type RouteConfig,
  type Session,
  thresholdOf,
} from './resolve.ts'
import { type Hints, type Scenario, SCENARIOS, whyScenario } from './scenario.ts'
import { isSubagent } from './subagent.ts'
import { type Mention, type Sender, takeTag } from './tag.ts'

/** A rule and its answer. */
export interface Rule {
  /** `explicit`, `sub-agent tag`, `preference`, a scenario of `Router`, or `default`. */
  readonly rule: string
  /** Whether it would take the request; null when it was not asked. */
  readonly fits: boolean | null
  readonly why: string
}

/** A question with everything that its answer depends on. */
export interface Question {
  readonly request: MessagesRequest
  readonly config: RouteConfig
  readonly session: Session
  readonly hints: Hints
  /** Tags that choose nothing. */
  readonly mentions?: readonly Mention[]
}

/** What the request and the session themselves name, in the order of `pinnedRoute`. */
export function* claimRules({
  request,
  config,
  session,
  hints,
  mentions = [],
}: Question): Generator<Rule> {
  const { providers } = config
  const missing = missingModel(request, config, session, hints)
  const what = `asks for ${request.model}`
  yield missing === undefined
    ? named('explicit', explicitChoice(request.model, config, { ...session, ...hints }), {
        what,
        none: 'which names no configured provider',
      })
    : {
        rule: 'explicit',
        fits: false,
        why: `${what}, and nothing else is taken in its place: ${missing}`,
      }
  const tag = takeTag(request, hints)?.model.slice(0, LONGEST)
  yield named('sub-agent tag', tag === undefined ? NONE : defaultChoice(tag, providers), {
    what: tag === undefined ? noTag(request, mentions, hints) : `the prompt has ${tag}`,
    none: '',
  })
  const { preference } = session
  yield named('preference', lookUpSession(preference, config), {
    what: preference === '' ? 'the session has none' : `the session has ${preference}`,
    none: '',
  })
}

/** Why no tag counts. */
function noTag(
  request: MessagesRequest,
  mentions: readonly Mention[],
  { agentId }: Sender,
): string {
  if (mentions.length === 0) return 'the prompt has none'
  return mentionText(mentions, isSubagent(request, agentId))
}

/** Explains tags that choose nothing. */
export function mentionText(mentions: readonly Mention[], ofSubagent: boolean): string {
  const each = mentions.map(({ model, location }) => `${model.slice(0, LONGEST)} (in ${location})`)
  const why = ofSubagent
    ? 'it counts only at the beginning of a line of the task or of the agent\u2019s prompt'
    : 'it counts only in the task of a sub-agent'
  return `the tag for ${each.join(', ')} is text: ${why}`
}

/** The scenarios of `Router` and its default, in the order of `scenarioRoute`. */
export function* routerRules(question: Question): Generator<Rule> {
  const { config } = question
  for (const scenario of SCENARIOS) yield scenarioRule(scenario, question)
  const written = config.router.default ?? ''
  yield named('default', defaultChoice(written, config.providers), {
    what: written === '' ? 'Router.default is not set' : `Router.default is ${written}`,
    none: '',
  })
}

const NONE: Lookup = { kind: 'none' }

/** Of what a prompt says, more does not matter. */
const LONGEST = 100

interface Words {
  readonly what: string
  /** Added when nothing was meant at all. */
  readonly none: string
}

function named(rule: string, lookup: Lookup, { what, none }: Words): Rule {
  switch (lookup.kind) {
    case 'found':
      return { rule, fits: true, why: `${what}: ${formatModelRef(lookup.choice)}` }
    case 'none':
      return { rule, fits: false, why: none === '' ? what : `${what}, ${none}` }
    case 'missing':
    case 'ambiguous':
      return { rule, fits: false, why: `${what}: ${lookup.reason}` }
  }
}

/** Why a request does not fit a scenario. */
const NOT: Readonly<Record<Scenario, string>> = {
  longContext: 'under the threshold',
  webSearch: 'offers no web search',
  background: 'is no auxiliary request and asks for no haiku model',
  image: 'its newest message shows no image',
  think: 'no plan mode, no thinking budget, no effort above the usual',
}

const ONLY_DESCRIBED = 'forceUseImageAgent: Router.image only describes images'

function scenarioRule(rule: Scenario, { request, config, hints }: Question): Rule {
  const { router, providers } = config
  const written = modelFor(router, rule)
  if (written === '') return { rule, fits: false, why: `Router.${rule} is not set` }
  if (isOnlyDescribed(rule, config)) return { rule, fits: false, why: ONLY_DESCRIBED }
  const threshold = thresholdOf(router)
  const why = whyScenario(rule, request, hints, threshold)
  const limit = rule === 'longContext' ? `; the threshold is ${String(threshold)}` : ''
  if (why === undefined) {
    const size = rule === 'longContext' ? `about ${String(hints.tokens)} tokens, ` : ''
    return { rule, fits: false, why: `${size}${NOT[rule]}${limit}` }
  }
  return named(rule, defaultChoice(written, providers), { what: `${why}${limit}`, none: '' })
}
