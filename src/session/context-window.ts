/** Whether what the client sends fits the session's model at all. */
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import type { Config } from '../config/config.ts'
import { knownCapabilities } from '../providers/catalogue/context-window.ts'
import { resolveRoute, type Route } from '../routing/resolve.ts'
import { sessionModelAlias } from './identity.ts'

/** Where the session sends what its client asks of the alias; null when nothing fits. */
export function sessionRoute(
  alias: string,
  preference: string,
  config: Config,
  tokens = 0,
): Route | null {
  try {
    return resolveRoute({ model: alias, messages: [] }, config, { preference, alias }, { tokens })
  } catch {
    return null // the client will show the gateway's own words
  }
}

/**
 * Tokens that the session's model takes; prompts that outgrow it go to the one for long contexts, so
 * its window counts too. Undefined where the window is unknown.
 */
export function sessionWindow(preference: string, config: Config): number | undefined {
  const alias = sessionModelAlias('session')
  const [first, longest] = [0, Number.POSITIVE_INFINITY].map((tokens) => {
    const choice = sessionRoute(alias, preference, config, tokens)?.choices[0]
    return choice && windowOf(choice, config)
  })
  return first === undefined || longest === undefined ? first : Math.max(first, longest)
}

export function windowOf({ provider, model }: ModelRef, { providers }: Config): number | undefined {
  return knownCapabilities(
    providers.find(({ name }) => name === provider),
    model,
  ).contextWindow
}

/** What Claude Code's own prompt and tools take of each request, tokens, without a word of the user's: measured with 2.1.330. */
const CLIENT_TOKENS = 13_000

/**
 * The note for a model that the client cannot use: with a window below what it sends itself it
 * refuses to send any request.
 */
export function windowNotes(choice: ModelRef | null, window: number | undefined): string[] {
  if (choice === null || window === undefined || window > CLIENT_TOKENS) return []
  const [takes, sends] = [window, CLIENT_TOKENS].map((tokens) => tokens.toLocaleString('en-US'))
  return [
    `${formatModelRef(choice)} takes ${takes ?? ''} tokens, and Claude Code sends about ${sends ?? ''} or more with each request, even before your first message: it will refuse to send any. Choose a model with a larger window (ccr models); or, if its window is larger where you use it, set contextWindow of its provider in the config.`,
  ]
}
