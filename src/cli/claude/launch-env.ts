/**
 * The launcher contract: what the claude child finds in its environment. Nothing is passed by
 * arguments (they belong to the user, and a secret there shows in `ps`) and no settings file is
 * touched. Each effect was observed with Claude Code 2.1.330.
 */

import { formatModelRef } from '../../lib/model-ref.ts'
import type { Config } from '../../config/config.ts'
import { escapeControls } from '../../lib/controls.ts'
import { NAMED_MODEL } from '../../routing/resolve.ts'
import {
  SET_VARIABLES,
  setVariablesMark,
  withoutSetVariables,
} from '../../session/variables-set-by-ccr.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What the child must know of its session. */
export interface LaunchOptions {
  readonly baseUrl: string
  readonly token: string
  /** The neutral model name of the session, `ccr-<sessionId>`. */
  readonly alias: string
  /** Where the session's requests go; null when nothing says so. */
  readonly target: { readonly provider: string; readonly model: string } | null
  /** The preference, where it is no configured model and requests go elsewhere. */
  readonly unmatched?: string | undefined
  /** The model that the user names to claude, where it is a configured one. */
  readonly namedModel?: string | undefined
  /** True when every target of the session is Anthropic's own API. */
  readonly firstParty: boolean
  readonly apiTimeoutMs: number
  /** Tokens that the session's model takes; undefined where the catalogue does not say. */
  readonly contextWindow: number | undefined
  /** Most tokens of one answer; undefined likewise. */
  readonly maxOutput: number | undefined
}

/** The client takes an unknown model's window for 1,000,000 tokens and then never compacts. */
const UNKNOWN_WINDOW = 200_000

/** Most of its window that an answer may ask for: hosts refuse a prompt that leaves less than that. */
const ANSWER_SHARE = 1 / 4

const LOOPBACK = ['127.0.0.1', 'localhost']

/** Inherited switches that would send the client, or a second credential, past the session. */
const REMOVED = /^(ANTHROPIC_API_KEY|CLAUDE_CODE_USE_.*)$/i

/**
 * The child's environment: the parent's, with the session's values in the place of its own. What
 * ccr set in the parent for another session counts as not set. `more`: what else ccr sets.
 */
export function childEnvironment(
  inherited: Env,
  options: LaunchOptions,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const parent = withoutSetVariables(inherited)
  const kept = Object.entries(parent).filter(([name]) => !REMOVED.test(name))
  const environment: Record<string, string> = {}
  for (const [name, value] of kept) if (value !== undefined) environment[name] = value
  const set = { ...connection(parent, options), ...model(parent, options), ...more }
  const mark = setVariablesMark(setByCcr(set, parent), parent)
  return Object.assign(environment, set, { [SET_VARIABLES]: mark })
}

/** What is not the user's: `NO_PROXY` holds what he has, too, and does no harm in another session. */
function setByCcr(set: Readonly<Record<string, string>>, parent: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(set).filter(
      ([name, value]) => value !== parent[name] && !/^no_proxy$/i.test(name),
    ),
  )
}

/** What `NON_INTERACTIVE_MODE` adds: as earlier routers did, nothing is drawn and nobody is asked. */
export const NON_INTERACTIVE = {
  CI: 'true',
  FORCE_COLOR: '0',
  NODE_NO_READLINE: '1',
  TERM: 'dumb',
} as const

function connection(parent: Env, options: LaunchOptions): Record<string, string> {
  const noProxy = withLoopback(parent['NO_PROXY'] ?? parent['no_proxy'] ?? '')
  return {
    // Makes this environment win over `env` and `apiKeyHelper` of every settings file.
    CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST: '1',
    ANTHROPIC_BASE_URL: options.baseUrl,
    ANTHROPIC_AUTH_TOKEN: options.token,
    // The client then says with each request what it is for.
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    API_TIMEOUT_MS: userValue(parent, 'API_TIMEOUT_MS') ?? String(options.apiTimeoutMs),
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    ...namedHeader(parent, options),
  }
}

/** Says that the user himself has written this name: the client has names of its own. */
function namedHeader(parent: Env, { namedModel }: LaunchOptions): Record<string, string> {
  if (namedModel === undefined || !/^[\x21-\x7e]+$/.test(namedModel)) {
    return {}
  }
  const others = userValue(parent, 'ANTHROPIC_CUSTOM_HEADERS')
  const header = `${NAMED_MODEL}: ${namedModel}`
  return { ANTHROPIC_CUSTOM_HEADERS: others === undefined ? header : `${others}\n${header}` }
}

function model(parent: Env, options: LaunchOptions): Record<string, string> {
  const { alias, target, firstParty } = options
  const label = labelOf(options)
  if (firstParty && target && isClaude(target.model)) {
    const name = target.model
    if (options.unmatched === undefined) return { ANTHROPIC_MODEL: name }
    return {
      ANTHROPIC_MODEL: name,
      ANTHROPIC_CUSTOM_MODEL_OPTION: name,
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: label,
    }
  }
  return {
    // A neutral name: the client changes what it sends for names that contain `claude` or `sonnet`.
    ANTHROPIC_MODEL: alias,
    ANTHROPIC_CUSTOM_MODEL_OPTION: alias,
    ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: label,
    ...limits(parent, options),
    ...(firstParty ? {} : FOR_OTHER_VENDORS),
  }
}

/** What the client shows as the session's model. */
function labelOf({ alias, target, unmatched }: LaunchOptions): string {
  const label = target ? formatModelRef(target) : alias
  return unmatched === undefined ? label : `${escapeControls(unmatched)} -> ${label}`
}

/** What the user set, else what the catalogue knows. */
function limits(
  parent: Env,
  { contextWindow = UNKNOWN_WINDOW, maxOutput }: LaunchOptions,
): Record<string, string> {
  const window = userValue(parent, 'CLAUDE_CODE_MAX_CONTEXT_TOKENS') ?? String(contextWindow)
  if (userValue(parent, 'CLAUDE_CODE_MAX_OUTPUT_TOKENS') || maxOutput === undefined) {
    return { CLAUDE_CODE_MAX_CONTEXT_TOKENS: window }
  }
  const answer = Math.min(maxOutput, Math.floor(contextWindow * ANSWER_SHARE))
  return {
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: window,
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(answer),
  }
}

/**
 * For targets that are not Anthropic's own: no billing header in the system prompt (it changes
 * with every prompt and spoils the target's cache), and auto mode checks by the client's own
 * requests instead of a field that only Anthropic answers.
 */
const FOR_OTHER_VENDORS = { CLAUDE_CODE_ATTRIBUTION_HEADER: '0', CLAUDE_CODE_AUTO_MODE_SERVER: '0' }

function isClaude(model: string): boolean {
  return /claude/i.test(model)
}

/** A value that the user set; blank counts as unset. */
function userValue(parent: Env, name: string): string | undefined {
  return parent[name]?.trim() ? parent[name] : undefined
}

function withLoopback(list: string): string {
  const hosts = list.split(/[\s,]+/).filter((host) => host !== '')
  if (hosts.includes('*')) return list
  return [...hosts, ...LOOPBACK.filter((host) => !hosts.includes(host))].join(',')
}

/** Names of variables, split by commas or blanks, that the child keeps; `*` keeps all. */
const KEPT = 'CCR_KEEP_KEYS'

/**
 * What other tools go by too: git and gh, the clouds' command lines. They belong to the user's shell,
 * also where a provider is called with them.
 */
const SHARED = /^(GH_TOKEN|GITHUB_TOKEN|GITLAB_TOKEN|AWS_.*|GOOGLE_APPLICATION_CREDENTIALS)$/i

/** The environment without the variables that the config takes its keys from. */
export function withoutProviderKeys(env: Env, { keyVariables }: Pick<Config, 'keyVariables'>): Env {
  const kept = new Set((env[KEPT] ?? '').split(/[\s,]+/))
  if (kept.has('*')) return env
  const gone = keyVariables.filter((name) => !kept.has(name) && !SHARED.test(name))
  if (gone.length === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !gone.includes(name)))
}
