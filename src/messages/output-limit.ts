import { LEAST_ROOM } from './overflow.ts'

/** How providers say that a model gives no answer as long as `max_tokens` asks for. */

const SUBJECT =
  /max[_ ]?(completion_|output_|new_)?tokens|max_?output_?tokens|maximum tokens|(completion|output) tokens/i

/** Each finds the most that the model gives; behind it whose words they are. */
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
const WINDOW = /cannot be greater than max_model_len=(?:max_total_tokens=)?(\d{1,9})/i
/** Vertex: "the supported range is from 1 (inclusive) to 65537 (exclusive)". */
const BELOW = /to (\d{1,9}) \(exclusive\)/i

/** Longest text of an error that is looked at, and how far the subject stands from its limit, in UTF-16 units. */
const READ_LIMIT = 8192
const NEAR = { before: 200, after: 60 }
/** No model gives less: the number is about something else, or not worth asking for. */
const LEAST = 256

/** The longest answer in tokens that an error says a model gives; undefined where it says none. */
export function outputLimitIn(text: string): number | undefined {
  const message = text.slice(0, READ_LIMIT)
  if (!SUBJECT.test(message)) return undefined
  const shared = limitAt(WINDOW, message)
  const below = limitAt(BELOW, message)
  const limit =
    (shared && Math.floor(shared / 2)) ??
    (below && below - 1) ??
    LIMITS.map((place) => limitAt(place, message)).find((found) => found !== undefined)
  return limit !== undefined && limit >= LEAST ? limit : undefined
}

/** The number that is found, where it is one of the output limit: others have limits too. */
function limitAt(place: RegExp, message: string): number | undefined {
  const found = place.exec(message)
  if (found === null) return undefined
  const { index } = found
  const end = index + found[0].length + NEAR.after
  const about = message.slice(Math.max(0, index - NEAR.before), end)
  return SUBJECT.test(about) ? Number(found[1]) : undefined
}

/** OpenRouter: "You requested up to 65536 tokens, but can only afford 3395." */
const AFFORDABLE = /fewer max_tokens.{0,80}can only afford (\d{1,9})/i

/** The longest answer in tokens that an account has the money for; undefined for too short a one. */
export function affordableIn(text: string): number | undefined {
  const limit = Number(AFFORDABLE.exec(text.slice(0, READ_LIMIT))?.[1] ?? 0)
  return limit >= LEAST_ROOM ? limit : undefined
}
