/** The variables of the status line, from Claude Code's input, the transcript and git. */
import { basename } from 'node:path'
import { version } from '../../../lib/version.ts'
import type { Env } from '../../../lib/env.ts'
import { duration } from '../../terminal/output.ts'
import { droppedFields, sessionOf } from './dropped-fields.ts'
import { gitBranch } from './git.ts'
import { type Answered, lastAnswer } from './transcript.ts'

/** The values of `{{name}}`; '' or absent if unknown. */
export type Variables = Readonly<Record<string, string>>

type StatusInput = Readonly<Record<string, unknown>>

/** Collects the variables. `wanted`: whether a variable that needs a file or a daemon is shown at all. */
export async function variablesOf(
  input: StatusInput,
  env: Env,
  wanted: (name: string) => boolean,
): Promise<Variables> {
  const workspace = object(input['workspace'])
  const folder = text(workspace['current_dir']) || text(input['cwd'])
  const answer = lastAnswer(text(input['transcript_path']))
  const model = modelName(input, env, answer)
  return {
    workDirName: folder === '' ? '' : basename(folder),
    gitBranch: wanted('gitBranch') ? gitBranch(folder) : '',
    model,
    ...tokenVariables(object(input['context_window']), env, answer),
    ...costVariables(object(input['cost'])),
    cost: wanted('cost') ? await costOf(input, env) : '',
    version: text(input['version']),
    ccrVersion: version,
    sessionId: text(input['session_id']),
    ccrSession: sessionOf(env),
    droppedFields: wanted('droppedFields') ? await droppedFields(env) : '',
  }
}

/**
 * The model that answered last; before the first answer, the model of the session. A preference that
 * matches no model stays visible: `nope -> openrouter,openai/gpt-5`.
 */
function modelName(input: StatusInput, env: Env, answer: Answered | undefined): string {
  const { id, display_name: name } = object(input['model'])
  const isSessions = text(id) === env['ANTHROPIC_MODEL']
  const label = isSessions ? (env['ANTHROPIC_CUSTOM_MODEL_OPTION_NAME'] ?? '') : ''
  if (answer === undefined || answer.model === env['ANTHROPIC_MODEL']) {
    return label || text(name) || text(id)
  }
  const unmatched = label.slice(0, Math.max(0, label.lastIndexOf(ARROW)))
  return unmatched === '' ? answer.model : `${unmatched}${ARROW}${answer.model}`
}

/** The arrow in the label of such a session, see claude/launch-env.ts. */
const ARROW = ' -> '

function tokenVariables(context: StatusInput, env: Env, answer: Answered | undefined): Variables {
  const size = number(context['context_window_size'])
  const given = size ?? Number(env['CLAUDE_CODE_MAX_CONTEXT_TOKENS'])
  const window = Number.isFinite(given) && given > 0 ? given : undefined
  const used = number(context['used_percentage']) ?? share(answer?.inputTokens, window)
  return {
    inputTokens: tokens(answer?.inputTokens),
    outputTokens: tokens(answer?.outputTokens),
    totalInputTokens: tokens(number(context['total_input_tokens'])),
    totalOutputTokens: tokens(number(context['total_output_tokens'])),
    contextPercent: used === undefined ? '' : String(Math.round(used)),
    contextWindowSize: used === undefined ? '' : tokens(window),
  }
}

function share(count: number | undefined, window: number | undefined): number | undefined {
  return count === undefined || window === undefined ? undefined : (count / window) * 100
}

function costVariables(cost: StatusInput): Variables {
  const ms = number(cost['total_duration_ms'])
  const added = number(cost['total_lines_added'])
  const removed = number(cost['total_lines_removed'])
  return {
    duration: ms === undefined ? '' : duration(ms),
    linesAdded: added === undefined ? '' : String(added),
    linesRemoved: removed === undefined ? '' : String(removed),
    netLines: added === undefined || removed === undefined ? '' : String(added - removed),
  }
}

/**
 * The cost of the conversation. Claude Code counts each answer at one price of the model that it asked
 * for, so in a session of ccr the cost comes from the ledger.
 */
async function costOf(input: StatusInput, env: Env): Promise<string> {
  const usd = number(object(input['cost'])['total_cost_usd'])
  if (sessionOf(env) === '') return usd === undefined ? '' : `$${usd.toFixed(2)}`
  const { conversationCost } = await import('./cost.ts')
  return conversationCost(text(input['session_id']), env)
}

/** `950`, `12.3k`, `1.05M`. */
function tokens(count: number | undefined): string {
  if (count === undefined) return ''
  if (count < 1000) return String(count)
  if (count < 1_000_000) return `${Number((count / 1000).toFixed(1))}k`
  return `${Number((count / 1_000_000).toFixed(2))}M`
}

function object(value: unknown): StatusInput {
  return typeof value === 'object' && value !== null ? (value as StatusInput) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
