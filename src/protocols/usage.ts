/** Usage: how a provider's count of tokens becomes that of the Messages API. */

import type { Usage } from '../messages/events.ts'
import { countOf } from '../messages/sanitize.ts'

type PromptUsage = Pick<
  Usage,
  'input_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens'
>

/**
 * The tokens of a prompt, each counted once, where the provider's count of it includes those read
 * from a cache and those written to one. Some count a token as both (OpenRouter with Gemini: 2161
 * read and 2161 written of 2168): what was read was not written.
 * @param prompt undefined where the provider does not say it.
 */
export function promptUsage(prompt: unknown, read: unknown, written: unknown): PromptUsage {
  const cached = countOf(read)
  const total =
    prompt === undefined || prompt === null ? cached + countOf(written) : countOf(prompt)
  const cacheRead = Math.min(cached, total)
  const cacheWritten = Math.min(countOf(written), total - cacheRead)
  return {
    input_tokens: total - cacheRead - cacheWritten,
    cache_creation_input_tokens: cacheWritten,
    cache_read_input_tokens: cacheRead,
  }
}
