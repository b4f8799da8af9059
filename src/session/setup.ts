/** What a daemon needs to know before it opens anything: its config, its model, what is missing. */
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import type { Config } from '../config/config.ts'
import { DEMO_MODELS, DEMO_PROVIDER, isDemoPreference, isDemoProvider } from '../config/demo.ts'
import { settingAdvice } from '../config/key-advice.ts'
import { UserError } from '../lib/user-error.ts'
import {
  expandAlias,
  type Preference,
  resolvePreference,
  sessionPreference,
} from '../routing/preference.ts'
import { resolveRoute } from '../routing/resolve.ts'
import { readConfig } from './config.ts'
import { sessionModelAlias, type SessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'
import { usedProviders } from './used-providers.ts'
import { modelNotes, sessionWindow } from './context-window.ts'

export interface Setup {
  readonly config: Config
  /** Where the session's requests go first; null when neither preference nor default says. */
  readonly choice: ModelRef | null
  /** True when the preference is no configured model, so that requests go where Router says. */
  readonly fallsBack: boolean
  /** True when the session can be asked for the built-in demo provider. */
  readonly demo: boolean
  /** For the user: the preference as it was understood, warnings of the config. */
  readonly notes: readonly string[]
}

/** Reads and checks. Throws ConfigError, or UserError when a variable of its provider is unset. */
export function readSetup(ref: SessionRef, env: Env): Setup {
  const written = readConfig(ref, env)
  const config = withDemo(written, isDemoPreference(expandAlias(ref.preference, written)))
  const preference = sessionPreference(ref.preference, config)
  const { choice, problem } = whereTo(config, ref.preference)
  requireVariables(config, choice, env)
  return {
    config,
    choice,
    fallsBack: 'reason' in preference,
    demo: config.providers.some(isDemoProvider),
    notes: [
      ...missingNote(preference, choice),
      ...modelNotes(choice, config, sessionWindow(ref.preference, config)),
      ...problem,
      ...warningsFor(ref.preference, config),
    ],
  }
}

function withDemo(config: Config, wanted: boolean): Config {
  if (!wanted || config.providers.some(isDemoProvider)) return config
  const demo = { name: DEMO_PROVIDER, url: '', apiKey: '', models: DEMO_MODELS, missing: [] }
  return { ...config, providers: [...config.providers, demo] }
}

/** Without those about providers that the session does not use: `ccr config check` has them all. */
function warningsFor(preference: string, config: Config): readonly string[] {
  const used = usedProviders(preference, config)
  const others = Object.entries(config.providerWarnings).filter(([name]) => !used.has(name))
  const unused = new Set(others.flatMap(([, warnings]) => warnings))
  return config.warnings.filter((warning) => !unused.has(warning))
}

/** As in the config that the old router wrote for those who had none. */
const NO_PROVIDERS =
  'The config has no providers; ccr init writes some from the keys and local servers that are here. Requests will be refused.'

/** Where the gateway sends what names no model of its own, or why it can send it nowhere. */
function whereTo(
  config: Config,
  preference: string,
): { readonly choice: ModelRef | null; readonly problem: readonly string[] } {
  const alias = sessionModelAlias('session')
  try {
    const request = { model: alias, messages: [] }
    const route = resolveRoute(request, config, { preference, alias }, { tokens: 0 })
    return { choice: route.choices[0], problem: [] }
  } catch {
    if (config.providers.length === 0) return { choice: null, problem: [NO_PROVIDERS] }
    const written = config.router.default ?? ''
    const standard = resolvePreference(written, config.providers)
    const why =
      'reason' in standard
        ? `Router.default is "${written}", but ${standard.reason}.`
        : 'The config has no Router.default.'
    return { choice: null, problem: [`${why} Requests that name no model of it will be refused.`] }
  }
}

/** A session that could not send a single request had better not start. */
function requireVariables({ providers, file }: Config, choice: ModelRef | null, env: Env): void {
  const provider = providers.find(({ name }) => name === choice?.provider)
  if (!provider || provider.missing.length === 0) return
  const names = provider.missing.join(', ')
  throw new UserError(
    `${file}: the provider ${provider.name} needs the environment variable ${names}, which is not set.`,
    `Set it where you start the session, which keeps it for restarts: ${settingAdvice(provider, provider.missing, env)}`,
  )
}

/** What the user should know of a preference, or of another name for a model. */
export function missingNote(preference: Preference, choice: ModelRef | null): string[] {
  const instead = choice ? ` Requests go to ${formatModelRef(choice)}.` : ''
  switch (preference.kind) {
    case 'none':
      return []
    case 'found':
      return preference.note === undefined ? [] : [preference.note]
    case 'missing': {
      const near = preference.suggestions.map((suggestion) => `'${suggestion}'`).join(' or ')
      return [`${preference.reason}.${near === '' ? '' : ` Did you mean ${near}?`}${instead}`]
    }
    case 'ambiguous': {
      const all = preference.candidates.map((candidate) => `'${formatModelRef(candidate)}'`)
      return [`${preference.reason}. Candidates: ${all.join(', ')}.${instead}`]
    }
  }
}
