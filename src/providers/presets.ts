import type { Quirks } from '../formats/openai-chat/wire.ts'
import { COMPATIBLE } from './row.ts'
import type { Row } from './row.ts'

/** One row per known provider. A provider that is not here is `GENERIC`. */

function chat(id: string, host: string, quirks: Partial<Quirks> = {}): Row {
  return {
    id,
    hosts: [host],
    format: 'openai-chat',
    auth: 'bearer',
    chat: { ...COMPATIBLE, midSystem: 'system', ...quirks },
  }
}

export const GENERIC: Row = {
  id: 'openai-compatible',
  hosts: [],
  format: 'openai-chat',
  auth: 'bearer',
  chat: COMPATIBLE,
}

export const ANTHROPIC: Row = {
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  format: 'anthropic',
  auth: 'x-api-key',
  chat: COMPATIBLE,
}

/** https://ai.google.dev/api/generate-content */
export const GEMINI: Row = {
  id: 'gemini',
  hosts: ['generativelanguage.googleapis.com'],
  format: 'gemini',
  auth: 'x-goog-api-key',
  chat: COMPATIBLE,
  gemini: { jsonSchema: true, ids: true },
}

export const ROWS: readonly Row[] = [
  ANTHROPIC,
  GEMINI,
  // Reasoning models refuse `max_tokens` (fixture reasoning-model-legacy-parameter-error).
  chat('openai', 'api.openai.com', { maxTokens: 'max_completion_tokens' }),
  // https://openrouter.ai/docs/use-cases/reasoning-tokens
  chat('openrouter', 'openrouter.ai', { reasoningHistory: 'reasoning' }),
  // https://api-docs.deepseek.com/guides/thinking_mode: tool turns must bring reasoning back.
  chat('deepseek', 'api.deepseek.com', {
    reasoningHistory: 'reasoning_content',
    jsonSchema: false,
  }),
  chat('groq', 'api.groq.com', { maxTokens: 'max_completion_tokens' }),
  // Refuses unknown fields, and sends usage without being asked (fixture mistral-text).
  chat('mistral', 'api.mistral.ai', { streamOptions: false, midSystem: 'user' }),
  chat('xai', 'api.x.ai'),
  chat('moonshot', 'api.moonshot.ai', { reasoningHistory: 'reasoning_content' }),
  chat('demo', ''),
]
