/** How providers say that a model gives no answer as long as `max_tokens` asks for. */

const SUBJECT =
  /max[_ ]?(completion_|output_|new_)?tokens|max_?output_?tokens|maximum tokens|(completion|output) tokens/i

/** Each finds the most that the model gives; behind it whose words they are. */
const LIMITS: readonly RegExp[] = [
  /at most (\d{1,9}) (?:completion|output) tokens/i, // OpenAI
  /(?:<=|≤|less than or equal to|no more than|(?:not|cannot) exceed) ?`?(\d{1,9})/i, // OpenAI, Groq, Volcengine
  /\[ ?\d{1,9}, ?(\d{1,9}) ?\]/, // DeepSeek, DashScope, z.ai
  /exceeds the model limit of (\d{1,9})/i, // Bedrock
  /> (\d{1,9}), which is the maximum allowed number of output tokens/i, // Claude
  /to (\d{1,9}) \(inclusive\)/i,
  /(?:must be at most|no greater than|less or equal to|limited to) (\d{1,9})/i, // Together, xAI, Nova, Scaleway
  /maximum (?:allowed value |value )?is (\d{1,9})/i, // Fireworks, Moonshot
  /exceeds the limit (?:of )?(\d{1,9})/i, // SiliconFlow
]
/** vLLM, DeepInfra: "cannot be greater than max_model_len=28672", which prompt and answer share. */
const WINDOW = /cannot be greater than max_model_len=(?:max_total_tokens=)?(\d{1,9})/i
/** Vertex: "the supported range is from 1 (inclusive) to 65537 (exclusive)". */
const BELOW = /to (\d{1,9}) \(exclusive\)/i

/** The longest answer in tokens that an error says a model gives; undefined where it says none. */
export function outputLimitIn(message: string): number | undefined {
  if (!SUBJECT.test(message)) return undefined
  const below = BELOW.exec(message)?.[1]
  const most = LIMITS.map((limit) => limit.exec(message)?.[1]).find(Boolean)
  const shared = WINDOW.exec(message)?.[1]
  if (shared !== undefined) return Math.floor(Number(shared) / 2)
  const limit = below === undefined ? Number(most) : Number(below) - 1
  return limit > 0 ? limit : undefined
}
