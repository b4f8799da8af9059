/** Follows the progress of the headless client from its output (pure). Observed with Claude Code 2.1.330. */
import { asObject } from '../../../../lib/json.ts'
import { costOf, inputOf, type PriceTag, type Tokens } from '../../../../pricing/cost.ts'
import { oneLine } from '../../../terminal/untrusted-text.ts'
import type { ReceivedEvent } from '../../../client/messages.ts'
import { type Draft, EMPTY, withEvent } from '../answer.ts'

export interface Progress {
  /** The client's id of the conversation; null until it is reported. */
  readonly conversation: string | null
  /** Requests of the main conversation. */
  readonly turns: number
  readonly tools: number
  readonly denied: number
  /** Null until a provider has reported it. */
  readonly usage: Tokens | null
  /** Null if the price is not known. */
  readonly costUsd: number | null
  /** The last tool call with its subject. */
  readonly doing: string
  /** The final result of the client; null until it is reported. */
  readonly end: { readonly text: string; readonly failed: boolean } | null
  /** The answer that is being received. */
  readonly draft: Draft
}

export const NOTHING: Progress = {
  conversation: null,
  turns: 0,
  tools: 0,
  denied: 0,
  usage: null,
  costUsd: null,
  doing: '',
  end: null,
  draft: EMPTY,
}

/** The price of a model, given as `provider,model`; `null` means the session's model. */
export type Prices = (model: string | null) => PriceTag | undefined

/** The progress after one more line of `--output-format stream-json`. */
export function advanced(before: Progress, line: Json, prices: Prices): Progress {
  const conversation = line['session_id']
  const progress = typeof conversation === 'string' ? { ...before, conversation } : before
  switch (line['type']) {
    case 'stream_event':
      return streamed(progress, asObject(line['event']), prices)
    case 'assistant':
      return used(progress, asObject(line['message']))
    case 'result':
      return ended(progress, line, prices)
    default:
      return progress
  }
}

function streamed(progress: Progress, event: ReceivedEvent, prices: Prices): Progress {
  if (event.type === 'message_start') {
    return { ...progress, turns: progress.turns + 1, draft: withEvent(EMPTY, event, 0) }
  }
  const draft = withEvent(progress.draft, event, 0)
  if (event.type !== 'message_delta' || draft.usage === null) return { ...progress, draft }
  const cost = costOf(draft.usage, prices(null)?.price)
  return {
    ...progress,
    draft,
    usage: sum(progress.usage, draft.usage),
    costUsd: cost === null ? null : cost + (progress.costUsd ?? 0),
  }
}

function used(progress: Progress, message: Json): Progress {
  const content: unknown[] = Array.isArray(message['content']) ? message['content'] : []
  const calls = content.map(asObject).filter(({ type }) => type === 'tool_use')
  const last = calls.at(-1)
  if (last === undefined) return progress
  return { ...progress, tools: progress.tools + calls.length, doing: doingOf(last) }
}

/** The name of a tool and its subject, on one short line. */
function doingOf({ name, input }: Json): string {
  const { file_path: file, command, pattern, description } = asObject(input)
  const about = [file, command, pattern, description].find((value) => typeof value === 'string')
  return oneLine(`${String(name)} ${about ?? ''}`).slice(0, 120)
}

/** The final progress. The client's totals include sub-agents; they are used if they exceed what was streamed. */
function ended(progress: Progress, line: Json, prices: Prices): Progress {
  const text = typeof line['result'] === 'string' ? line['result'] : ''
  const failed = line['is_error'] === true || line['subtype'] !== 'success'
  const denials: unknown = line['permission_denials']
  const denied = Array.isArray(denials) ? denials.length : 0
  const end = { text: text || (failed ? subtypeOf(line) : ''), failed }
  const all = totalOf(asObject(line['modelUsage']))
  const more = all !== null && weight(all) > weight(progress.usage)
  if (!more) return { ...progress, end, denied }
  return { ...progress, end, denied, usage: all, costUsd: costOf(all, prices(null)?.price) }
}

/** The reason for a failure, such as `error_max_turns`: the client gives no other. */
function subtypeOf({ subtype }: Json): string {
  return typeof subtype === 'string' ? subtype : 'it failed'
}

function totalOf(models: Json): Tokens | null {
  let total: Tokens | null = null
  for (const model of Object.values(models)) {
    const usage = asObject(model)
    const hour = number(usage['cacheCreationEphemeral1hInputTokens'])
    total = sum(total, {
      input: number(usage['inputTokens']),
      output: number(usage['outputTokens']),
      cacheRead: number(usage['cacheReadInputTokens']),
      cacheWrite5m: Math.max(0, number(usage['cacheCreationInputTokens']) - hour),
      cacheWrite1h: hour,
    })
  }
  return total
}

function weight(tokens: Tokens | null): number {
  return tokens === null ? 0 : inputOf(tokens) + tokens.output
}

function sum(a: Tokens | null, b: Tokens): Tokens {
  if (a === null) return b
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
  }
}

type Json = Readonly<Record<string, unknown>>

function number(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0
}
