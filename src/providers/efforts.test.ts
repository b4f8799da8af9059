import { describe, expect, it } from 'vitest'
import { providerOf } from './provider.ts'

/** What reaches a model of a thinking budget and an effort, by row. */
function told(url: string, model: string, request: object): Record<string, unknown> {
  const config = { name: 'p', url, apiKey: 'k', models: [model], missing: [] }
  const provider = providerOf(config).to(model)
  const facts = provider.can(model)
  const target = { provider: 'p', model, ...(facts ? { can: facts } : {}) }
  const whole = { model, max_tokens: 9000, messages: [{ role: 'user', content: 'q' }], ...request }
  const { body } = provider.wire!.encode(whole, target)
  const { reasoning_effort, reasoning, thinking, enable_thinking } = body as Record<string, unknown>
  const fields = { reasoning_effort, reasoning, thinking, enable_thinking }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const TOOLS = { tools: [{ name: 'T' }] }
const HIGH = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
const MAX = { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }
const OFF = { thinking: { type: 'disabled' } }

describe('thinking and effort, in the words of each provider', () => {
  it.each([
    ['https://api.openai.com/v1/chat/completions', 'gpt-5.1', MAX, { reasoning_effort: 'high' }],
    ['https://api.openai.com/v1/chat/completions', 'gpt-5.1', OFF, { reasoning_effort: 'none' }],
    ['https://api.openai.com/v1/chat/completions', 'o3', OFF, { reasoning_effort: 'low' }],
    ['https://api.openai.com/v1/chat/completions', 'gpt-4o', HIGH, {}],
    [
      'https://api.openai.com/v1/chat/completions',
      'gpt-5.4',
      { ...MAX, ...TOOLS },
      { reasoning: { effort: 'xhigh', summary: 'auto' } },
    ],
    [
      'https://api.openai.com/v1/responses',
      'gpt-5.2',
      OFF,
      { reasoning: { effort: 'none', summary: 'auto' } },
    ],
    [
      'https://api.openai.com/v1/responses',
      'gpt-5.2-codex',
      OFF,
      { reasoning: { effort: 'low', summary: 'auto' } },
    ],
    [
      'https://r.openai.azure.com/openai/v1/chat/completions',
      'gpt-5.6-terra',
      TOOLS,
      { reasoning_effort: 'none' },
    ],
    [
      'https://r.openai.azure.com/openai/v1/chat/completions',
      'gpt-5.6-terra',
      HIGH,
      { reasoning_effort: 'high' },
    ],
    [
      'https://openrouter.ai/api/v1/chat/completions',
      'anthropic/claude-sonnet-4.5',
      MAX,
      { reasoning: { effort: 'xhigh' } },
    ],
    ['https://api.groq.com/openai/v1', 'openai/gpt-oss-120b', MAX, { reasoning_effort: 'high' }],
    ['https://api.groq.com/openai/v1', 'qwen/qwen3-32b', HIGH, { reasoning_effort: 'default' }],
    ['https://api.groq.com/openai/v1', 'qwen/qwen3-32b', OFF, { reasoning_effort: 'none' }],
    ['https://api.groq.com/openai/v1', 'llama-3.3-70b-versatile', HIGH, {}],
    ['https://api.x.ai/v1', 'grok-4', HIGH, {}],
    ['https://api.x.ai/v1', 'grok-4-1-fast-reasoning', HIGH, {}],
    ['https://api.x.ai/v1', 'grok-4.3', OFF, { reasoning_effort: 'none' }],
    ['https://api.x.ai/v1', 'grok-3-mini', HIGH, { reasoning_effort: 'high' }],
    ['https://api.mistral.ai/v1', 'mistral-small-latest', HIGH, { reasoning_effort: 'high' }],
    ['https://api.mistral.ai/v1', 'mistral-large-latest', HIGH, {}],
    ['https://api.moonshot.ai/v1', 'kimi-k2.5', OFF, { thinking: { type: 'disabled' } }],
    ['https://api.moonshot.ai/v1', 'kimi-k2-thinking', HIGH, {}],
    ['https://api.z.ai/api/paas/v4', 'glm-4.7', OFF, { thinking: { type: 'disabled' } }],
    [
      'https://api.deepseek.com',
      'deepseek-v4-pro',
      MAX,
      { thinking: { type: 'enabled' }, reasoning_effort: 'max' },
    ],
    [
      'https://ark.cn-beijing.volces.com/api/v3',
      'doubao-seed-1-6-251015',
      HIGH,
      { thinking: { type: 'enabled' }, reasoning_effort: 'high' },
    ],
    [
      'https://ark.cn-beijing.volces.com/api/v3',
      'doubao-seed-1-6-251015',
      OFF,
      { thinking: { type: 'disabled' } },
    ],
    ['https://api.siliconflow.cn/v1', 'Qwen/Qwen3-32B', OFF, { enable_thinking: false }],
    ['https://api.siliconflow.cn/v1', 'Qwen/Qwen3-Coder-480B-A35B-Instruct', OFF, {}],
    ['https://api.together.xyz/v1', 'openai/gpt-oss-20b', HIGH, { reasoning_effort: 'high' }],
    [
      'https://api.together.xyz/v1',
      'deepseek-ai/DeepSeek-V3.1',
      OFF,
      { reasoning: { enabled: false } },
    ],
    [
      'https://api.fireworks.ai/inference/v1',
      'accounts/fireworks/models/gpt-oss-120b',
      HIGH,
      { reasoning_effort: 'high' },
    ],
    ['https://api.cerebras.ai/v1', 'gpt-oss-120b', MAX, { reasoning_effort: 'high' }],
    ['https://api.cerebras.ai/v1', 'zai-glm-4.7', OFF, { reasoning_effort: 'none' }],
    ['http://localhost:11434/v1', 'gpt-oss:20b', HIGH, { reasoning_effort: 'high' }],
    ['http://localhost:11434/v1', 'qwen3-coder', HIGH, {}],
    ['https://somewhere.example/v1', 'gpt-oss-20b', HIGH, {}],
  ])('%s %s %j: %j', (url, model, request, fields) => {
    expect(told(url, model, request)).toEqual(fields)
  })
})
