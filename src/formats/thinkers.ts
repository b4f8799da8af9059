/** What is known of models that think, wherever they are served. */

/**
 * "The reasoning_content in the thinking mode must be passed back": DeepSeek from V4 on, Xiaomi's
 * MiMo, Moonshot's models that think. https://api-docs.deepseek.com/guides/thinking_mode,
 * https://platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model
 */
const REQUIRES_REASONING =
  /deepseek-(v[4-9]|flash)|mimo-v[2-9]|kimi-(k2[.p][5-9]|k2-thinking|k[3-9]|for-coding)|(^|\/)k[3-9](\b|p\d)/i

/** Whether a model refuses a turn of its own without reasoning. */
export function requiresReasoning(model: string): boolean {
  return REQUIRES_REASONING.test(model)
}
