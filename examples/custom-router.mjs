/**
 * A router of your own: conversations marked as confidential stay on this machine, short questions
 * without tools go to a cheap model, everything else goes by `Router` of the config.
 *
 * ccr calls it for each request that names no model itself, in a session without a preference. It
 * gives "provider,model", or null for "no opinion". It has two seconds; if it throws, the rules of
 * the config decide, and the log says so. `ccr explain last` shows what it chose.
 */
const CONFIDENTIAL = 'CONFIDENTIAL'
const SHORT_TOKENS = 2000

export default async function router(req) {
  const { messages = [], system, tools = [] } = req.body
  if (JSON.stringify([system, messages]).includes(CONFIDENTIAL)) {
    req.log.info('confidential: stays on this machine')
    return 'ollama,qwen3-coder'
  }
  if (tools.length === 0 && req.tokenCount < SHORT_TOKENS) {
    return 'openrouter,deepseek/deepseek-v4.1-flash'
  }
  return null
}
