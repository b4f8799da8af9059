/** What the user should know of a model whose server takes less than Claude Code needs, and what mends it. */
import type { Config, ProviderConfig, ReportedModel } from '../config/config.ts'
import { formatModelRef, type ModelRef } from '../lib/model-ref.ts'
import { configuredAbilities, knownCapabilities } from '../providers/catalogue/context-window.ts'
import { cureFor, EFFECTS, serverTitle } from '../providers/model-reports/cure.ts'
import { reportOf } from '../providers/model-reports/report.ts'
import { CLIENT_TOKENS, isTooSmall } from './client-limits.ts'

/** What agents should have: https://docs.ollama.com/context-length. A power of two, as people set it. */
const GOOD_TOKENS = 65_536

export interface WindowAdvice {
  readonly problem: string
  readonly cure: string
}

/** Undefined where the server takes enough, or reports nothing. */
export function windowAdvice(
  provider: ProviderConfig | undefined,
  model: string,
): WindowAdvice | undefined {
  const report = reportOf(provider, model)
  const { contextWindow: takes, basis, server, modelWindow } = report ?? {}
  if (provider === undefined || report === undefined || takes === undefined) return undefined
  const { contextWindow: inForce = takes, maxOutput } = knownCapabilities(provider, model)
  const name = formatModelRef({ provider: provider.name, model })
  if (isTooSmall(takes, maxOutput)) return tooSmall(name, model, report, count(takes))
  if (server !== 'ollama') return undefined
  if (basis === 'model') return takes === modelWindow ? unloaded(name, model, report) : undefined
  if (inForce <= takes) return undefined
  return {
    problem: `the config gives ${name} a context window of ${count(inForce)} tokens, but Ollama ${verbOf(report)} it with ${count(takes)}: ${EFFECTS.ollama}.`,
    cure: `${cureFor(model, report, inForce)} Or correct the window in the config.`,
  }
}

function tooSmall(name: string, model: string, report: ReportedModel, takes: string): WindowAdvice {
  const sends = `Claude Code sends about ${count(CLIENT_TOKENS)} with each request, even before your first message`
  return {
    problem: `${serverTitle(report)} ${verbOf(report)} ${name} with ${takes} tokens, and ${sends}: ${EFFECTS[report.server]}.`,
    cure: cureFor(model, report, GOOD_TOKENS),
  }
}

/** Ollama's default depends on the machine: https://docs.ollama.com/context-length */
function unloaded(name: string, model: string, report: ReportedModel): WindowAdvice {
  return {
    problem: `Ollama has not loaded ${name} yet, so it is not known how many tokens it will take: without a setting as few as 4,096, and ${EFFECTS.ollama}.`,
    cure: cureFor(model, report, GOOD_TOKENS),
  }
}

const VERBS: Readonly<Record<NonNullable<ReportedModel['basis']>, string>> = {
  running: 'runs',
  seen: 'ran',
  set: 'will run',
  model: 'has',
}

function verbOf({ basis = 'running' }: ReportedModel): string {
  return VERBS[basis]
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US')
}

/** The notes on a model that its server is the reason for; undefined where it is not. */
export interface ServerNotes {
  readonly window: readonly [string] | undefined
  readonly tools: readonly [string] | undefined
}

export function serverNotes(
  choice: ModelRef,
  { providers }: Pick<Config, 'providers'>,
): ServerNotes {
  const provider = providers.find(({ name }) => name === choice.provider)
  const advice = windowAdvice(provider, choice.model)
  const isToolless =
    provider !== undefined &&
    reportOf(provider, choice.model)?.tools === false &&
    configuredAbilities(provider, choice.model).tools === undefined
  return {
    window: advice && [`${advice.problem} ${advice.cure}`],
    tools: isToolless ? [toolNote(choice, 'as its server reports')] : undefined,
  }
}

/** The note on a model that calls no tools. */
export function toolNote(choice: ModelRef, why: string): string {
  return `${formatModelRef(choice)} calls no tools (${why}): Claude Code can talk with it, but it can neither read or change files nor run commands. Choose another model for such work (ccr models).`
}
