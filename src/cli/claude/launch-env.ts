/**
 * The environment of the claude child, which connects it to its session. No settings file is changed,
 * and no secret is passed as an argument, which `ps` would show; the names of models are passed as one
 * where the client takes it (see managed-settings.ts). The effect of each variable was observed with
 * Claude Code 2.1.330.
 */

import { formatModelRef } from '../../lib/model-ref.ts'
import type { Config } from '../../config/config.ts'
import { escapeControls } from '../../lib/controls.ts'
import { NAMED_MODEL, UNMATCHED_MODEL } from '../../routing/resolve.ts'
import { clientLimits } from '../../session/client-limits.ts'
import {
  SET_VARIABLES,
  setVariablesMark,
  withoutSetVariables,
} from '../../session/variables-set-by-ccr.ts'
import type { Env } from '../../lib/env.ts'

/** What the child needs to know about its session. */
export interface LaunchOptions {
  readonly baseUrl: string
  readonly token: string
  /** The session model alias, `ccr-<sessionId>`. */
  readonly alias: string
  /** The target of the session's requests; null if unknown. */
  readonly target: { readonly provider: string; readonly model: string } | null
  /** The name that the config gives the target, if any. */
  readonly targetName?: string | undefined
  /** The preference, if it matches no configured model and requests go elsewhere. */
  readonly unmatched?: string | undefined
  /** The configured model that the user asks claude for, if any. */
  readonly namedModel?: string | undefined
  /** The model that the user asks claude for, if the config does not have it: the session's answers. */
  readonly unmatchedModel?: string | undefined
  /** Whether every target of the session is Anthropic's own API. */
  readonly firstParty: boolean
  readonly apiTimeoutMs: number
  /** The context window of the session's model, in tokens; undefined if unknown. */
  readonly contextWindow: number | undefined
  /** The output limit of one answer, in tokens; undefined if unknown. */
  readonly maxOutput: number | undefined
  /** Whether the client is to list the models of GET /v1/models in `/model`. */
  readonly discovery?: boolean
}

/** For unknown models. Claude Code would assume 1,000,000 tokens and never compact. */
const UNKNOWN_WINDOW = 200_000

const LOOPBACK = ['127.0.0.1', 'localhost']

/** Inherited variables that would make the client bypass the session or send a second credential. */
const REMOVED = /^(ANTHROPIC_API_KEY|CLAUDE_CODE_USE_.*)$/i

/**
 * The environment of the child: that of the parent, with the values of the session. Variables that ccr
 * set in the parent for another session count as unset. `more`: further variables that ccr sets.
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

/** The variables that ccr sets, except `NO_PROXY`, which keeps the user's hosts and is the same for all sessions. */
function setByCcr(set: Readonly<Record<string, string>>, parent: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(set).filter(
      ([name, value]) => value !== parent[name] && !/^no_proxy$/i.test(name),
    ),
  )
}

/** The variables of `NON_INTERACTIVE_MODE`, as in earlier routers: no drawing and no questions. */
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
    // Makes the client send the purpose of each request.
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    API_TIMEOUT_MS: userValue(parent, 'API_TIMEOUT_MS') ?? String(options.apiTimeoutMs),
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    ...namedHeader(parent, options),
  }
}

/** A header with the model that the user named; the client sends names of its own too. */
function namedHeader(
  parent: Env,
  { namedModel, unmatchedModel }: LaunchOptions,
): Record<string, string> {
  const name = namedModel ?? unmatchedModel
  if (name === undefined) return {}
  const others = userValue(parent, 'ANTHROPIC_CUSTOM_HEADERS')
  const header = `${namedModel === undefined ? UNMATCHED_MODEL : NAMED_MODEL}: ${encoded(name)}`
  return { ANTHROPIC_CUSTOM_HEADERS: others === undefined ? header : `${others}\n${header}` }
}

/** A name for a header, with what a header cannot hold as in a URL. */
function encoded(name: string): string {
  return name.replaceAll(/[^\x21-\x7e]|%/gu, encodeURIComponent)
}

function model(parent: Env, options: LaunchOptions): Record<string, string> {
  const { alias, firstParty } = options
  const label = sessionLabel(options)
  const name = claudeModel(options)
  if (name !== undefined) {
    const names = { ANTHROPIC_MODEL: name, ANTHROPIC_DEFAULT_MODEL: name }
    if (options.unmatched === undefined) return names
    return {
      ...names,
      ANTHROPIC_CUSTOM_MODEL_OPTION: name,
      ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: label,
    }
  }
  return {
    // The alias is neutral: the client sends other requests for names that contain `claude` or `sonnet`.
    ANTHROPIC_MODEL: alias,
    // What the row "Default" of `/model` stands for.
    ANTHROPIC_DEFAULT_MODEL: alias,
    ANTHROPIC_CUSTOM_MODEL_OPTION: alias,
    ANTHROPIC_CUSTOM_MODEL_OPTION_NAME: label,
    ...discovery(parent, options),
    ...limits(parent, options),
    ...(firstParty ? {} : FOR_OTHER_VENDORS),
  }
}

/** The Claude model of a session that uses only Anthropic's API: the client knows it by this name. */
export function claudeModel({
  firstParty,
  target,
}: Pick<LaunchOptions, 'firstParty' | 'target'>): string | undefined {
  return firstParty && target && /claude/i.test(target.model) ? target.model : undefined
}

function discovery(parent: Env, options: LaunchOptions): Record<string, string> {
  if (options.discovery !== true) return {}
  return { [DISCOVERY]: userValue(parent, DISCOVERY) ?? '1' }
}

const DISCOVERY = 'CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY'

/** The label that the client shows for the session's model. */
export function sessionLabel({
  alias,
  target,
  targetName,
  unmatched,
}: Pick<LaunchOptions, 'alias' | 'target' | 'targetName' | 'unmatched'>): string {
  const label = targetName ?? (target ? formatModelRef(target) : alias)
  return unmatched === undefined ? label : `${escapeControls(unmatched)} -> ${label}`
}

/** The token limits: those of the user, otherwise those of the model. */
function limits(
  parent: Env,
  { contextWindow = UNKNOWN_WINDOW, maxOutput }: LaunchOptions,
): Record<string, string> {
  const model = clientLimits({ contextWindow, maxOutput })
  const window = userValue(parent, 'CLAUDE_CODE_MAX_CONTEXT_TOKENS') ?? String(model.contextWindow)
  if (userValue(parent, 'CLAUDE_CODE_MAX_OUTPUT_TOKENS') || model.maxOutput === undefined) {
    return { CLAUDE_CODE_MAX_CONTEXT_TOKENS: window }
  }
  return {
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: window,
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(model.maxOutput),
  }
}

/**
 * For targets other than Anthropic's API: no billing header in the system prompt, because it changes
 * with every prompt and defeats the target's cache; and auto mode uses requests of the client instead
 * of a field that only Anthropic answers.
 */
const FOR_OTHER_VENDORS = { CLAUDE_CODE_ATTRIBUTION_HEADER: '0', CLAUDE_CODE_AUTO_MODE_SERVER: '0' }

/** A variable that the user set; blank counts as unset. */
function userValue(parent: Env, name: string): string | undefined {
  return parent[name]?.trim() ? parent[name] : undefined
}

function withLoopback(list: string): string {
  const hosts = list.split(/[\s,]+/).filter((host) => host !== '')
  if (hosts.includes('*')) return list
  return [...hosts, ...LOOPBACK.filter((host) => !hosts.includes(host))].join(',')
}

/** Lists variables that the child keeps, separated by commas or blanks; `*` keeps all. */
const KEPT = 'CCR_KEEP_KEYS'

/**
 * Variables that other tools use too, such as git, gh and the command lines of clouds. They stay in the
 * environment even if a provider uses them.
 */
const SHARED = /^(GH_TOKEN|GITHUB_TOKEN|GITLAB_TOKEN|AWS_.*|GOOGLE_APPLICATION_CREDENTIALS)$/i

/** The environment without the variables that the config takes provider keys from. */
export function withoutProviderKeys(env: Env, { keyVariables }: Pick<Config, 'keyVariables'>): Env {
  const kept = new Set((env[KEPT] ?? '').split(/[\s,]+/))
  if (kept.has('*')) return env
  const gone = keyVariables.filter((name) => !kept.has(name) && !SHARED.test(name))
  if (gone.length === 0) return env
  return Object.fromEntries(Object.entries(env).filter(([name]) => !gone.includes(name)))
}
