/** The ids under which the client may ask for a configured model, chosen so that they change nothing else of its requests. */
import { createHash } from 'node:crypto'
import type { ModelRef } from '../lib/model-ref.ts'
import { defaultChoice } from './lookup.ts'
import { lookUpSession, type PreferenceConfig } from './preference.ts'
import { SCENARIOS } from './scenario.ts'

/**
 * The client takes names of Claude's families for its maker's models: it sends them other betas, another
 * kind of thinking and no system messages within a conversation. `[1m]` makes it believe in a window of
 * a million tokens. Seen with Claude Code 2.1.330 and 2.1.332.
 */
const FAMILIES = /claude|anthropic|sonnet|opus|haiku|fable|mythos|\[\d+m\]/i

/** Longer ids, or ones with blanks or other letters, are not shown as they are. */
const PLAIN = /^[\x21-\x7e]{1,120}$/

/** Begins the id of a model whose name the client must not see. */
const NEUTRAL = 'ccr-m-'
const DIGITS = 12
const NEUTRAL_ID = /^ccr-m-[0-9a-f]{12}$/

/** Whether the client may ask for such a name by itself, as one of its maker's models. */
export function isClientsName(name: string): boolean {
  return FAMILIES.test(name)
}

/** Whether the client takes `provider,model` for no more than a name. */
export function isPlainName(name: string): boolean {
  return PLAIN.test(name) && !FAMILIES.test(name)
}

/** `ccr-m-` and 12 hex digits of the SHA-256 of provider, NUL, model: an id that means nothing to the client. */
export function neutralModelId({ provider, model }: ModelRef): string {
  const digest = createHash('sha256').update(`${provider}\0${model}`).digest('hex')
  return NEUTRAL + digest.slice(0, DIGITS)
}

/** Whether a text is an id of `neutralModelId`, of a model that is configured or not. */
export function isNeutralModelId(text: string): boolean {
  return NEUTRAL_ID.test(text)
}

/** The configured model that an id of `neutralModelId` stands for; undefined for any other text. */
export function neutralChoice(id: string, config: PreferenceConfig): ModelRef | undefined {
  if (!id.startsWith(NEUTRAL)) return undefined
  return configuredModels(config).find((ref) => neutralModelId(ref) === id)
}

/** Each model that the config lists or names, once: first those of `Router` and `Preferences`. */
export function configuredModels(config: PreferenceConfig): ModelRef[] {
  const listed = config.providers.flatMap(({ name: provider, models }) =>
    models.map((model) => ({ provider, model })),
  )
  return unique([...namedModels(config), ...listed])
}

/** The models that `Router` and `Preferences` name. */
export function namedModels(config: PreferenceConfig): ModelRef[] {
  const { providers, router = {}, preferences = {} } = config
  const routes: Readonly<Record<string, unknown>> = router
  const written = ['default', ...SCENARIOS].map((scenario) => routes[scenario])
  const lookups = [
    ...written.map((text) => defaultChoice(typeof text === 'string' ? text : '', providers)),
    ...Object.keys(preferences).map((name) => lookUpSession(name, config)),
  ]
  return unique(lookups.flatMap((lookup) => (lookup.kind === 'found' ? [lookup.choice] : [])))
}

function unique(refs: readonly ModelRef[]): ModelRef[] {
  return [...new Map(refs.map((ref) => [neutralModelId(ref), ref])).values()]
}
