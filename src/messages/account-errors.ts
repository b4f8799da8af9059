import type { ErrorBody } from './upstream-error-body.ts'

/** How providers say that an account has no money left, or that a limit of it lasts. */

/** Retrying does not help when the account is empty, although the status is 429. */
const EMPTY: ReadonlySet<string> = new Set([
  'insufficient_quota', // OpenAI, Perplexity
  'credit_balance_exhausted', // OpenAI
  'billing_not_active',
  'billing_hard_limit_reached',
  'exceeded_current_quota_error', // Moonshot
  'insufficient_balance',
  'setlimitexceeded', // Volcengine: the user's own limit
  'status_code_1008', // MiniMax
  'status_code_2056', // MiniMax: the plan's hours
  'code_1113', // z.ai
  'code_1304', // z.ai: of the day, of the plan, and a plan that is over
  'code_1308',
  'code_1309',
  'code_1310',
])

/** Anthropic's come as an `invalid_request_error`: https://github.com/anthropics/claude-code/issues/2127 */
const EMPTY_TEXT: readonly RegExp[] = [
  /insufficient (account )?(balance|funds|credits?)|not enough (balance|credits?)/i,
  /credit balance is too low|no credits remaining|(doesn['’]t|does not) have any credits/i, // Anthropic, OpenAI, xAI
  /(out of|used all( of)?( its| your)?( available)?) credits|used up your (points|credits)/i, // xAI, Poe
  /monthly (spending limit|included credits)|billing hard limit|your billing details on our website/i, // Fireworks, Hugging Face, OpenAI
  /specified (workspace )?API usage limits|out of extra usage|extra usage is required|from your extra usage/i, // Anthropic
  /余额不足|额度不足|欠费/,
]

/** Accounts that owe money, or have none: DashScope, Volcengine, DeepSeek, new-api. */
const OVERDUE: ReadonlySet<string> = new Set([
  'arrearage',
  'accountoverdueerror',
  'invalidsubscription',
  'insufficient_balance',
  'insufficient_user_quota',
  'pre_consume_token_quota_failed',
])

/** Whether an error of a status that says little tells of an account that has to be paid for. */
export function isUnpaid({ message, words }: ErrorBody, status: number | undefined): boolean {
  // Perplexity answers 401 to keys that are fine.
  if (status === 401) return words.includes('insufficient_quota')
  return words.some((word) => OVERDUE.has(word)) || EMPTY_TEXT.some((text) => text.test(message))
}

/** Quotas of Google's that are not given back before the day is over. */
const PER_DAY = /perday/

/** Limits of an hour, a day, a month, a plan. */
const LASTING: readonly RegExp[] = [
  /\bper-day\b/i, // "free-models-per-day" (OpenRouter)
  /\b(hourly|daily|weekly|monthly|\d{1,3}-hour)\b[^.]{0,30}\b(limit|quota)/i, // Ollama, Anthropic, MiniMax, z.ai, Volcengine
  /\b(tokens|requests|calls) ?(per|\/) ?(hour|day|week|month)\b/i, // Cerebras, Bedrock, Cohere
  /\bTPD\b|\busage limit (has been )?(reached|exceeded)/i, // Moonshot; OpenAI's and MiniMax's plans
]

/**
 * Limits that pass, in the words of an empty account: DashScope's tokens per minute are
 * `insufficient_quota` (https://help.aliyun.com/zh/model-studio/error-code).
 */
const PASSING = /error-code#(token|rate)-limit|allocated quota exceeded|per[ -]minute|\b[rt]pm\b/i
const FREE_QUOTA = /free allocated quota/i

/**
 * Whether the limit that a 429 tells of is still there in some minutes.
 * @param retryAfter where it is named, a limit is over then, of however long a time it is one.
 */
export function isLastingLimit(
  { words, message }: ErrorBody,
  retryAfter: string | undefined,
): boolean {
  if (words.some((word) => PER_DAY.test(word))) return true
  if (EMPTY_TEXT.some((text) => text.test(message))) return true
  if (PASSING.test(message)) return FREE_QUOTA.test(message)
  if (words.some((word) => EMPTY.has(word))) return true
  return retryAfter === undefined && LASTING.some((text) => text.test(message))
}
