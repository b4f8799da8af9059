/** How the models of each provider are asked to reason. */
import { describe, expect, it } from 'vitest'
import { protocolOf } from '../../../test/support/protocol.ts'
import { sentBody } from '../../../test/support/sent-body.ts'
import { providerOf } from './provider.ts'

/** The fields by which a model is asked to reason, of a request with a thinking budget or an effort. */
function reasoningFields(url: string, model: string, request: object): Record<string, unknown> {
  const { reasoning_effort, reasoning, thinking, enable_thinking } = sentBody(url, model, request)
  const fields = { reasoning_effort, reasoning, thinking, enable_thinking }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

const TOOLS = { tools: [{ name: 'T' }] }
const HIGH = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
const LOW = { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }
const MAX = { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }
const OFF = { thinking: { type: 'disabled' } }

describe('thinking and effort, in the words of each provider', () => {
  it.each([
    ['bytedance-seed/seed-2.0-code', OFF, 'none'],
    ['moonshotai/kimi-k3', OFF, 'none'],
    ['moonshotai/kimi-k3', MAX, 'max'],
    ['stepfun/step-3.5-flash:free', OFF, 'low'],
    ['google/gemini-3.7-flash', OFF, 'low'],
    ['google/gemini-3-flash-preview', OFF, 'none'],
    ['nex-agi/nex-n2.6', OFF, 'medium'],
    ['sakana/fugu-max', OFF, 'high'],
    ['upstage/solar-pro4', MAX, 'max'],
    ['deepseek/deepseek-v4-pro-0813', LOW, 'low'],
    ['deepseek/deepseek-v4-pro', LOW, 'high'],
    ['deepseek/deepseek-v4-pro', MAX, 'xhigh'],
    ['qwen/qwen3.8-max-0902', HIGH, 'high'],
    ['qwen/qwen3.8-27b', OFF, 'none'],
    ['x-ai/grok-4.6', OFF, 'low'],
  ])('OpenRouter is told of %s with %j: %s', (model, request, effort) => {
    const fields = reasoningFields('https://openrouter.ai/api/v1/chat/completions', model, request)
    expect(fields).toEqual({ reasoning: { effort } })
  })

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
      { reasoning: { effort: 'max' } },
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
    ['https://api.mistral.ai/v1', 'mistral-medium-2604', HIGH, { reasoning_effort: 'high' }],
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
    ['https://somewhere.example/v1', 'gpt-oss-20b', HIGH, { reasoning_effort: 'high' }],
    ['https://somewhere.example/v1', 'llama-4', HIGH, {}],
    ['https://somewhere.example/v1', 'moonshotai/kimi-k3', LOW, { reasoning_effort: 'low' }],
    ['https://somewhere.example/v1', 'zai-org/GLM-5.3', OFF, { reasoning_effort: 'low' }],
    ['https://gpu.example:8000/v1', 'Qwen/Qwen3.8-27B', OFF, { reasoning_effort: 'none' }],
    ['https://gpu.example:8000/v1', 'Qwen/Qwen3.8-27B', HIGH, { reasoning_effort: 'xhigh' }],
    ['https://api.moonshot.ai/v1', 'kimi-k3', LOW, { reasoning_effort: 'low' }],
    ['https://api.moonshot.ai/v1', 'kimi-k3', OFF, { reasoning_effort: 'low' }],
    ['https://api.moonshot.ai/v1', 'kimi-k2.7-code', OFF, {}],
    ['https://api.kimi.com/coding/v1', 'kimi-for-coding', OFF, { reasoning_effort: 'low' }],
    ['https://api.kimi.com/coding/v1', 'kimi-for-coding', MAX, { reasoning_effort: 'max' }],
    [
      'https://api.z.ai/api/paas/v4',
      'glm-5.3',
      LOW,
      { thinking: { type: 'enabled' }, reasoning_effort: 'low' },
    ],
    ['https://api.z.ai/api/paas/v4', 'glm-5.3', OFF, { reasoning_effort: 'low' }],
    ['https://api.z.ai/api/paas/v4', 'glm-5.2', OFF, { thinking: { type: 'disabled' } }],
    [
      'https://api.z.ai/api/paas/v4',
      'glm-5.2',
      MAX,
      { thinking: { type: 'enabled' }, reasoning_effort: 'max' },
    ],
    ['https://api.x.ai/v1', 'grok-4.5', OFF, { reasoning_effort: 'low' }],
    ['https://api.x.ai/v1', 'grok-4.7', MAX, { reasoning_effort: 'xhigh' }],
    [
      'https://api.openai.com/v1/responses',
      'gpt-6-astra',
      OFF,
      { reasoning: { effort: 'low', summary: 'auto' } },
    ],
    [
      'https://api.openai.com/v1/responses',
      'gpt-5.6-sol',
      MAX,
      { reasoning: { effort: 'max', summary: 'auto' } },
    ],
    [
      'https://r.openai.azure.com/openai/v1/chat/completions',
      'gpt-6-astra',
      { ...OFF, ...TOOLS },
      { reasoning_effort: 'low' },
    ],
    [
      'https://dashscope.aliyuncs.com/compatible-mode/v1',
      'qwen3.8-max',
      HIGH,
      { enable_thinking: true, reasoning_effort: 'xhigh' },
    ],
    ['https://api.xiaomimimo.com/v1', 'mimo-v2.5-pro', OFF, { thinking: { type: 'disabled' } }],
  ])('%s %s %j: %j', (url, model, request, fields) => {
    expect(reasoningFields(url, model, request)).toEqual(fields)
  })
})

/** `tool_choice` as it is sent, beside the fields of thinking. */
function forced(url: string, model: string, request: object): Record<string, unknown> {
  const provider = providerOf({ name: 'p', url, apiKey: 'k', models: [model], missing: [] })
  const target = { provider: 'p', model, can: { reasoning: true } }
  const tools = [{ name: 'T', input_schema: { type: 'object' } }]
  const messages = [{ role: 'user', content: 'q' }]
  const question = { model, messages, tools, tool_choice: { type: 'any' }, ...request }
  const { body, dropped } = protocolOf(provider)?.encode(question, target) ?? {}
  const { tool_choice, thinking, enable_thinking } = body as Record<string, unknown>
  return { tool_choice, thinking, enable_thinking, dropped }
}

describe('a tool that must be called, of a model that cannot while it thinks', () => {
  it.each([
    ['https://api.deepseek.com', 'deepseek-v4-pro', { thinking: { type: 'disabled' } }],
    ['https://api.moonshot.ai/v1', 'kimi-k2.6', { thinking: { type: 'disabled' } }],
    [
      'https://dashscope.aliyuncs.com/compatible-mode/v1',
      'qwen3.5-plus',
      { enable_thinking: false },
    ],
  ])('is called without thinking (%s %s)', (url, model, fields) => {
    const dropped = ['thinking', 'output_config.effort']
    expect(forced(url, model, HIGH)).toMatchObject({ tool_choice: 'required', ...fields, dropped })
    expect(forced(url, model, {})).toMatchObject({
      tool_choice: 'required',
      ...fields,
      dropped: [],
    })
  })

  it.each([
    ['https://dashscope.aliyuncs.com/compatible-mode/v1', 'qwen3.8-max'],
    ['https://api.moonshot.ai/v1', 'kimi-k3'],
    ['https://somewhere.example/v1', 'deepseek-ai/deepseek-v4-pro'],
    ['https://api.moonshot.ai/v1', 'kimi-k2.7-code'],
  ])('is only offered where the model always thinks, or may (%s %s)', (url, model) => {
    expect(forced(url, model, {})).toMatchObject({ tool_choice: 'auto', dropped: ['tool_choice'] })
  })

  it('is called as ever by others', () => {
    const sent = forced('https://api.z.ai/api/paas/v4', 'glm-5.3', {})
    expect(sent).toMatchObject({ tool_choice: 'required', dropped: [] })
  })
})
