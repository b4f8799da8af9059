/** The limits of the session's model, and whether what the client sends fits into them at all. */
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import type { Config } from '../config/config.ts'
import { knownCapabilities } from '../providers/catalogue/context-window.ts'
import { resolveRoute, type Route } from '../routing/resolve.ts'
import { CLIENT_TOKENS, isTooSmall } from './client-limits.ts'
import { sessionModelAlias } from './identity.ts'
import { serverNotes, toolNote } from './server-notes.ts'

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

export function windowOf(choice: ModelRef, config: Pick<Config, 'providers'>): number | undefined {
  return knownOf(choice, config).contextWindow
}

type Known = ReturnType<typeof knownCapabilities>

function knownOf({ provider, model }: ModelRef, { providers }: Pick<Config, 'providers'>): Known {
  return knownCapabilities(
    providers.find(({ name }) => name === provider),
    model,
  )
}

/**
 * Notes for a model that the client cannot use well: one whose window is too small, or that calls no
 * tools.
 * @param contextWindow of the session, which may be larger than that of the model.
 */
export function modelNotes(
  choice: ModelRef | null,
  config: Pick<Config, 'providers'>,
  contextWindow?: number,
): string[] {
  if (choice === null) return []
  const byServer = serverNotes(choice, config)
  const known = knownOf(choice, config)
  const limits = contextWindow === undefined ? known : { ...known, contextWindow }
  return [
    ...(byServer.window ?? windowNotes(choice, limits)),
    ...(byServer.tools ?? toolNotes(choice, known)),
  ]
}

/** With a window below what it sends itself the client refuses to send any request; with one little larger it compacts at every turn. */
function windowNotes(choice: ModelRef, { contextWindow, maxOutput }: Known): string[] {
  if (contextWindow === undefined || !isTooSmall(contextWindow, maxOutput)) return []
  const [takes, sends] = [contextWindow, CLIENT_TOKENS].map((tokens) =>
    tokens.toLocaleString('en-US'),
  )
  const effect =
    contextWindow <= CLIENT_TOKENS
      ? 'it will refuse to send any'
      : 'too little is left for a conversation and its answers'
  return [
    `${formatModelRef(choice)} takes ${takes ?? ''} tokens, and Claude Code sends about ${sends ?? ''} or more with each request, even before your first message: ${effect}. Choose a model with a larger window (ccr models); or, if its window is larger where you use it, set contextWindow of the model or its provider in the config.`,
  ]
}

function toolNotes(choice: ModelRef, { tools }: Known): string[] {
  return tools === false ? [toolNote(choice, 'tools: false in the config')] : []
}
