/** Why a request goes where it goes: every rule that is asked, and what it said. */
import type { MessagesRequest } from '../messages/request.ts'
import { choiceText } from './lookup.ts'
import type { Lookup } from './lookup.ts'
import { lookUpSession } from './preference.ts'
import { defaultChoice, explicitChoice, modelFor, thresholdOf } from './resolve.ts'
import type { RouteConfig, Session } from './resolve.ts'
import { SCENARIOS, whyScenario } from './scenario.ts'
import type { Hints, Scenario } from './scenario.ts'
import { takeTag } from './tag.ts'

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
}

/** What the request and the session themselves name, in the order of `claimedRoute`. */
export function* claimRules({ request, config, session }: Question): Generator<Rule> {
  const { providers } = config
  yield named('explicit', explicitChoice(request.model, providers, session.alias), {
    what: `asks for ${request.model}`,
    none: 'which names no configured provider',
  })
  const tag = takeTag(request)?.model.slice(0, LONGEST)
  yield named('sub-agent tag', tag === undefined ? NONE : defaultChoice(tag, providers), {
    what: tag === undefined ? 'the prompt has none' : `the prompt has ${tag}`,
    none: '',
  })
  const { preference } = session
  yield named('preference', lookUpSession(preference, config), {
    what: preference === '' ? 'the session has none' : `the session has ${preference}`,
    none: '',
  })
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
      return { rule, fits: true, why: `${what}: ${choiceText(lookup.choice)}` }
    case 'none':
      return { rule, fits: false, why: none === '' ? what : `${what}, ${none}` }
    case 'missing':
    case 'ambiguous':
      return { rule, fits: false, why: `${what}: ${lookup.reason}` }
  }
}

/** What is said of a request that is none of a scenario. */
const NOT: Readonly<Record<Scenario, string>> = {
  longContext: 'under the threshold',
  webSearch: 'offers no web search',
  background: 'is no auxiliary request and asks for no haiku model',
  image: 'its newest message shows no image',
  think: 'no plan mode, no thinking budget, no effort above the usual',
}

function scenarioRule(rule: Scenario, { request, config, hints }: Question): Rule {
  const { router, providers } = config
  const written = modelFor(router, rule)
  if (written === '') return { rule, fits: false, why: `Router.${rule} is not set` }
  const threshold = thresholdOf(router)
  const why = whyScenario(rule, request, hints, threshold)
  const limit = rule === 'longContext' ? `; the threshold is ${String(threshold)}` : ''
  if (why === undefined) {
    const size = rule === 'longContext' ? `about ${String(hints.tokens)} tokens, ` : ''
    return { rule, fits: false, why: `${size}${NOT[rule]}${limit}` }
  }
  return named(rule, defaultChoice(written, providers), { what: `${why}${limit}`, none: '' })
}
