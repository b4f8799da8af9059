import { expect, it } from 'vitest'
import { createTargets } from './targets.ts'
import { webSearchOf } from './web-search-ability.ts'

const SEARCH = {
  model: 'x',
  messages: [{ role: 'user', content: 'otters' }],
  tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
}

function abilityOf(url: string, model: string, more: object = {}) {
  const provider = { name: 'p', url, apiKey: 'k', models: [model], missing: [], ...more }
  const [candidate] = createTargets({ providers: [provider] }).of([{ provider: 'p', model }])
  return webSearchOf(candidate, SEARCH)
}

it.each<[string, string, string]>([
  ['https://api.openai.com/v1/responses', 'gpt-5.1', 'yes'],
  ['https://api.openai.com/v1/chat/completions', 'gpt-5.1', 'no'],
  ['https://api.openai.com/v1/chat/completions', 'gpt-4o-search-preview', 'yes'],
  ['https://openrouter.ai/api/v1/chat/completions', 'deepseek/deepseek-chat', 'yes'],
  ['https://api.deepseek.com/v1/chat/completions', 'deepseek-chat', 'no'],
  ['https://generativelanguage.googleapis.com/v1beta/models/', 'gemini-3-pro', 'yes'],
  ['https://api.anthropic.com/v1/messages', 'claude-sonnet-5', 'yes'],
  ['https://api.deepseek.com/anthropic/v1/messages', 'deepseek-chat', 'unknown'],
  ['https://proxy.example/v1/messages', 'claude-sonnet-5', 'yes'],
  ['https://proxy.example/v1/messages', 'other', 'unknown'],
  ['http://127.0.0.1:11434/v1/chat/completions', 'qwen3', 'no'],
  ['http://127.0.0.1:11434/v1/responses', 'qwen3', 'no'],
  ['http://127.0.0.1:11434/v1/messages', 'qwen3', 'no'],
])('%s with %s has a web search: %s', (url, model, has) => {
  expect(abilityOf(url, model)).toBe(has)
})

it('Claude has one where its host does', () => {
  const bedrock = 'https://bedrock-runtime.us-east-1.amazonaws.com'
  const claude = 'anthropic.claude-sonnet-4-20250514-v1:0'
  expect(abilityOf(bedrock, claude)).toBe('no')
  expect(abilityOf('https://x.services.ai.azure.com/anthropic/v1/messages', 'claude')).toBe('yes')
})
