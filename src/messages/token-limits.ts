/**
 * Recognises errors about tokens: prompts that do not fit, and answers that are longer than
 * allowed.
 */

// --- Prompts ---

/** Wordings of errors; the comments name the providers that use them. */
const WORDINGS: readonly RegExp[] = [
  /prompt (is |tokens )?too long/i, // Anthropic, Fireworks, Ollama, Baidu
  /input is too long|input token (length|count) (is )?too long/i, // Bedrock, Perplexity
  /input tokens? exceed/i, // OpenAI (GPT-5), Bedrock
  /maximum context (length|limit)|max(imum)? prompt length/i, // OpenAI and many others, xAI
  /context[_ ](length|window|size)[_ ](has been )?exceeded|exceeded max context length/i, // Ollama, gateways, LM Studio
  /exceeds?(ed)? (the |its |this )?(model('s)? )?(available |maximum |max )?context/i, // OpenAI, llama.cpp, Claude
  /but the configured context size is/i, // DS4
  /max_(completion_)?tokens must be at least 1, got -\d/i, // vLLM, NVIDIA: what the window has left
  /cannot truncate to \d{4}/i, // Google's AI Studio
  /上下文(长度|窗口)?(超|过长)/, // gateways
  /context window exceeds limit/i, // MiniMax
  /token count[^.]{0,60}exceeds|but (the )?model only supports up to/i, // Gemini, Vertex, Copilot
  /total length of all messages is too long/i, // Perplexity
  /(longer|greater) than (the )?(model's |model )?((maximum )?model|context) length/i, // vLLM, SGLang, LM Studio
  /loaded with context length of only/i, // LM Studio
  /reduce (the length of the messages|your message size)/i, // Groq, Cerebras, DeepSeek
  /exceeded model token limit|model max length exceeded|exceed max message tokens/i, // Moonshot, Volcengine
  /prompt exceeds max length|range of input length should be/i, // z.ai, DashScope
  /tokens in (the )?request more than max tokens|max input characters is/i, // Hunyuan, Baidu
  /too many tokens(: total| in prompt)|inputs?` (tokens \+ `max_new_tokens` must be|must have less than)/i, // Cohere, TGI
  /prompt_tokens \(\d+\) must be less than|max_total_tokens \(\d+\) must be less than/i, // SiliconFlow
  /input length (\d+ )?exceeds|requested tokens \(\d+\) exceed/i, // Volcengine, llama-cpp-python
  /exceed context limit: \d+ \+ \d+ >/i, // Claude, for prompt and answer together
  /expected a string with maximum length \d{5}/i, // OpenAI: longer than any window
]

const CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error', // llama.cpp
  'too_many_prompt_tokens', // Perplexity
  'model_max_prompt_tokens_exceeded', // GitHub Copilot
  'tokens_limit_reached', // GitHub Models
  'code_1261', // z.ai
  'tokens_too_long', // Baidu
  'characters_too_long',
])

/** "on tokens per min (TPM): Limit 30000, Requested 40000": no wait helps with that. */
const OVER_RATE = /Request too large .{0,256}Limit (\d+), Requested (\d+)/i

/** The token counts that an error mentions. */
export interface Overflow {
  readonly tokens?: readonly [sent: number, limit: number]
  /** What is left for the answer if prompt and requested answer together are too long. */
  readonly remainingTokens?: number
  /** Tokens by which both together are too long, if the prompt is not counted separately. */
  readonly excess?: number
}

/** How much of an error's text is read, in UTF-16 units. */
const READ_LIMIT = 8192

/**
 * Whether an error says that the prompt does not fit. Only the beginning of a long text is read.
 * @param words types and codes, in lower case.
 * @param isRate whether the status is that of a rate limit, whose words are much alike.
 */
export function overflowIn(
  text: string,
  words: readonly string[],
  isRate: boolean,
): Overflow | undefined {
  const message = text.slice(0, READ_LIMIT)
  const overRate = OVER_RATE.exec(message)
  if (overRate !== null) {
    const [sent, limit] = [Number(overRate[2]), Number(overRate[1])]
    return sent > limit ? { tokens: [sent, limit] } : undefined
  }
  const isCode = words.some((word) => CODES.has(word))
  if (!isCode && (isRate || !WORDINGS.some((wording) => wording.test(message)))) return undefined
  return counted(message)
}

/**
 * Whether the client knows what to do with these words of an API for Claude: it compacts, or asks for
 * an answer that fits, if there is room for one of 3,000 tokens beside 1,000 to spare. With less room
 * it gives up (seen in Claude Code 2.1).
 */
export function isUnderstood(text: string, status: number): boolean {
  if (/prompt is too long/i.test(text)) return true
  const together = status === 400 ? TOGETHER.exec(text) : null
  return together !== null && Number(together[2]) - Number(together[1]) - 1_000 >= MIN_ANSWER_TOKENS
}

const TOGETHER =
  /input length and `max_tokens` exceed context limit: (\d{1,9}) \+ \d{1,9} > (\d{1,9})/

/** Prompt and wanted answer together, and the window. */
const TOTAL: readonly RegExp[] = [
  /max_total_tokens \((?<sent>\d{1,9})\) must be less than or equal to max_seq_len \((?<limit>\d{1,9})\)/i, // SiliconFlow
  /maximum context length of \S{1,200} is (?<limit>\d{1,9})\. .{0,40}will take (?<sent>\d{1,9}) tokens/i, // SambaNova
  /maximum output tokens \((?<sent>\d{1,9})\) exceeded .{0,40}limit \((?<limit>\d{1,9})\)/i, // Cloudflare
  /exceeded model token limit: (?<limit>\d{1,9}) \(requested: ?(?<sent>\d{1,9})\)/i, // Moonshot
]

function totalIn(message: string): Overflow | undefined {
  const found = TOTAL.map((total) => total.exec(message)?.groups).find(Boolean)
  if (found === undefined) return undefined
  const [sent, limit] = [Number(found['sent']), Number(found['limit'])]
  return { tokens: [sent, limit], excess: sent - limit + MARGIN }
}

/** Of the numbers in the text the largest is what was sent; the limit is the named one, or the next. */
function counted(message: string): Overflow {
  const total = totalIn(message)
  if (total !== undefined) return total
  const numbers = new Set(
    [...message.matchAll(/(?<![\w.<[-])\d[\d,]{2,20}(?![\w,-])/g)].map(([text]) => plain(text)),
  )
  const [sent = 0, next = sent] = [...numbers].sort((a, b) => b - a)
  const window = numberAt(WINDOW, message)
  const prompt = promptIn(message)
  if (window === undefined || prompt === undefined) {
    const limit = window ?? next
    return sent > limit ? { tokens: [sent, limit] } : {}
  }
  const remainingTokens = window - prompt - MARGIN
  const whole = sent > window ? sent : prompt + (numberAt(ANSWER, message) ?? 0)
  return {
    tokens: [whole, window],
    ...(remainingTokens < MIN_ANSWER_TOKENS ? {} : { remainingTokens }),
  }
}

/** Tokens of the prompt alone, in the texts that count prompt and answer apart. */
const PROMPT: readonly RegExp[] = [
  /([\d,]{1,20}) (?:tokens )?(?:in|from) the (?:input )?(?:messages|prompt)/i, // OpenAI, DeepSeek, SGLang
  /([\d,]{1,20}) in your prompt/i,
  /([\d,]{1,20}) of text input/i, // OpenRouter
  /(?:request has|prompt contains(?: at least)?) ([\d,]{1,20}) input tokens/i, // vLLM
  /exceed context limit: ([\d,]{1,20}) \+/i, // Claude
  /Given: ([\d,]{1,20}) `?inputs`? tokens/i, // TGI
]
const WINDOW: readonly RegExp[] = [
  /maximum context length(?: is| of) ([\d,]{1,20})/i,
  /exceed context limit: \d+ \+ \d+ > ([\d,]{1,20})/i,
  /must be <= ([\d,]{1,20})/i,
  /configured context size is ([\d,]{1,20})/i,
  /cannot truncate to ([\d,]{1,20})/i,
]
/** Tokens that were wanted of the answer, in the texts that do not say the sum. */
const ANSWER: readonly RegExp[] = [
  /too large: ([\d,]{1,20})/i,
  /exceed context limit: \d+ \+ ([\d,]{1,20})/i,
  /tokens and ([\d,]{1,20}) `?max_new_tokens/i,
]

/** Providers' counts differ between attempts by what they add around the messages. */
const MARGIN = 64
/** With fewer tokens left for the answer, the prompt counts as too long, for the client as well. */
export const MIN_ANSWER_TOKENS = 3_000

function promptIn(message: string): number | undefined {
  const text = numberAt(PROMPT, message)
  if (text === undefined) return undefined
  // Beside its text OpenRouter counts the tools and images of a prompt.
  const others = message.matchAll(/([\d,]{1,20}) of (?:tool|image|audio|file) input/gi)
  return [...others].reduce((total, [, more = '0']) => total + plain(more), text)
}

/** The number that the first of these finds. */
function numberAt(patterns: readonly RegExp[], message: string): number | undefined {
  const found = patterns.map((pattern) => pattern.exec(message)?.[1]).find(Boolean)
  return found === undefined ? undefined : plain(found)
}

function plain(number: string): number {
  return Number(number.replaceAll(',', ''))
}

// --- Answers ---

const SUBJECT =
  /max[_ ]?(completion_|output_|new_)?tokens|max_?output_?tokens|maximum tokens|(completion|output) tokens/i

/** Patterns for the longest answer of a model; the comments name the providers. */
const LIMITS: readonly RegExp[] = [
  /at most (\d{1,9})/i, // OpenAI, Cloudflare, Together
  /(?:<=|≤|less than or equal to|no more than|(?:not|cannot) exceed) ?`?(\d{1,9})/i, // OpenAI, Groq, Volcengine
  /\[ ?\d{1,9}, ?(\d{1,9}) ?\]/, // DeepSeek, DashScope, z.ai
  /exceeds? the model limit of (\d{1,9})/i, // Bedrock
  /exceeds? (?:the )?model's maximum output tokens \((\d{1,9})\)/i, // Ollama's cloud
  /> (\d{1,9}), which is the maximum allowed number of output tokens/i, // Claude
  /to (\d{1,9}) \(inclusive\)/i,
  /between \d{1,9} and (\d{1,9})/i, // Novita
  /(?:no greater than|less or equal to|limited to) (\d{1,9})/i, // xAI, Nova, Scaleway
  /maximum (?:allowed value |value )?is (\d{1,9})/i, // Fireworks, Moonshot
  /exceeds the limit (?:of )?(\d{1,9})/i, // SiliconFlow
]
/** vLLM, DeepInfra: "cannot be greater than max_model_len=28672", which prompt and answer share. */
const SHARED_LIMIT = /cannot be greater than max_model_len=(?:max_total_tokens=)?(\d{1,9})/i
/** Vertex: "the supported range is from 1 (inclusive) to 65537 (exclusive)". */
const BELOW = /to (\d{1,9}) \(exclusive\)/i

/** How far the subject may be from its limit, in UTF-16 units. */
const NEAR = { before: 200, after: 60 }
/** No model has a lower limit: a smaller number means something else. */
const MIN_LIMIT = 256

/** The longest answer, in tokens, that an error says a model gives; undefined if it does not say. */
export function outputLimitIn(text: string): number | undefined {
  const message = text.slice(0, READ_LIMIT)
  if (!SUBJECT.test(message)) return undefined
  const shared = limitAt(SHARED_LIMIT, message)
  const below = limitAt(BELOW, message)
  const limit =
    (shared && Math.floor(shared / 2)) ??
    (below && below - 1) ??
    LIMITS.map((pattern) => limitAt(pattern, message)).find((found) => found !== undefined)
  return limit !== undefined && limit >= MIN_LIMIT ? limit : undefined
}

/** The number that a pattern finds, if the text around it is about the output limit. */
function limitAt(pattern: RegExp, message: string): number | undefined {
  const found = pattern.exec(message)
  if (found === null) return undefined
  const { index } = found
  const end = index + found[0].length + NEAR.after
  const about = message.slice(Math.max(0, index - NEAR.before), end)
  return SUBJECT.test(about) ? Number(found[1]) : undefined
}

/** OpenRouter: "You requested up to 65536 tokens, but can only afford 3395." */
const AFFORDABLE = /fewer max_tokens.{0,80}can only afford (\d{1,9})/i

/** The longest answer, in tokens, that an account can pay for; undefined if it would be too short. */
export function affordableIn(text: string): number | undefined {
  const limit = Number(AFFORDABLE.exec(text.slice(0, READ_LIMIT))?.[1] ?? 0)
  return limit >= MIN_ANSWER_TOKENS ? limit : undefined
}
