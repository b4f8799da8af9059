/** How a provider of the config is recognised, called and authenticated. */
import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../config/config.ts'
import { hostMatches } from './hosts.ts'
import { PROVIDERS } from '../index.ts'
import { providerOf } from './provider.ts'

function provider(url: string, more: Partial<ProviderConfig> = {}, env = {}) {
  return providerOf({ name: 'p', url, apiKey: 'key', models: [], missing: [], ...more }, env)
}

const callOf = (url: string, more: Partial<ProviderConfig> = {}, env = {}) =>
  provider(url, more, env).call('m', '{}')

describe('a provider of a config', () => {
  it.each([
    ['https://api.openai.com/v1/chat/completions', 'openai', 'openai-chat'],
    ['https://mine.openai.azure.com/openai/v1/responses', 'azure', 'openai-responses'],
    ['https://api.deepseek.com/anthropic/v1/messages', 'deepseek', 'anthropic'],
    ['https://api.z.ai/api/anthropic', 'zai', 'anthropic'],
    ['https://open.bigmodel.cn/api/paas/v4/chat/completions', 'zai', 'openai-chat'],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'dashscope', 'openai-chat'],
    ['https://dashscope.aliyuncs.com/apps/anthropic', 'dashscope', 'anthropic'],
    ['https://ark.cn-beijing.volces.com/api/v3/chat/completions', 'volcengine', 'openai-chat'],
    ['https://bedrock-runtime.eu-west-1.amazonaws.com', 'bedrock', 'bedrock-converse'],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', 'gemini', 'openai-chat'],
    ['http://localhost:11434/v1/chat/completions', 'ollama', 'openai-chat'],
    ['http://127.0.0.1:1234/v1', 'lmstudio', 'openai-chat'],
    ['https://example.com/v1/chat/completions', 'openai-compatible', 'openai-chat'],
    ['https://notopenai.azure.com.example.com/v1', 'openai-compatible', 'openai-chat'],
  ])('at %s is %s in %s', (url, row, format) => {
    expect(provider(url)).toMatchObject({ definition: { id: row }, protocolName: format })
  })

  it.each([
    ['Z.AI', 'zai'],
    ['lm-studio', 'lmstudio'],
    ['Llama.cpp', 'llamacpp'],
    ['Qwen', 'dashscope'],
    ['something', 'openai-compatible'],
  ])('named %s is %s in the own network', (name, row) => {
    for (const host of ['127.0.0.1:9', '192.168.1.4', '[fd00::1]', 'proxy', 'gpu.local']) {
      expect(provider(`http://${host}/v1`, { name }).definition.id).toBe(row)
    }
  })

  it.each([
    ['Z.AI', 'openai-compatible'],
    ['Qwen', 'openai-compatible'],
    ['lm-studio', 'lmstudio'],
    ['vllm', 'vllm'],
  ])('named %s at the host of somebody else is %s', (name, row) => {
    expect(provider('https://proxy.example/v1', { name }).definition.id).toBe(row)
    expect(provider('https://172.32.0.1/v1', { name }).definition.id).toBe(row)
  })

  it('at the port of a local server is what its transformers say', () => {
    const url = 'http://localhost:1234/v1'
    expect(provider(url, { transformer: { use: ['openrouter'] } }).definition.id).toBe('openrouter')
    expect(provider(url, { transformer: { use: ['tooluse'] } }).definition.id).toBe('lmstudio')
    expect(
      provider('https://api.openai.com/v1', { transformer: { use: ['openrouter'] } }).definition.id,
    ).toBe('openai')
  })

  it.each([
    ['https://api.z.ai/api/anthropic', 'https://api.z.ai/api/anthropic/v1/messages'],
    ['https://api.moonshot.ai/anthropic/', 'https://api.moonshot.ai/anthropic/v1/messages'],
    [
      'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
      'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
    ],
    ['https://api.z.ai/api/paas/v4', 'https://api.z.ai/api/paas/v4/chat/completions'],
    ['http://localhost:8080', 'http://localhost:8080/v1/chat/completions'],
    ['http://localhost:11434/api/chat', 'http://localhost:11434/v1/chat/completions'],
    ['https://openrouter.ai/api', 'https://openrouter.ai/api/v1/chat/completions'],
    ['https://api.groq.com/openai', 'https://api.groq.com/openai/v1/chat/completions'],
    ['https://api.z.ai/', 'https://api.z.ai/api/paas/v4/chat/completions'],
    [
      'https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21',
      'https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
    ],
    ['https://r.openai.azure.com', 'https://r.openai.azure.com/openai/v1/chat/completions'],
    ['https://relay.example/openai', 'https://relay.example/openai/chat/completions'],
  ])('at %s is called at %s', async (url, called) => {
    expect((await callOf(url)).url).toBe(called)
  })

  it('of Bedrock is called at the model, whose id is one part of the path', async () => {
    const url = 'https://bedrock-runtime.us-east-1.amazonaws.com'
    const called = async (base: string, model: string) =>
      (await provider(base).call(model, '{}')).url
    expect(await called(url, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(
      `${url}/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream`,
    )
    expect(await called(`${url}/model/x/converse-stream`, 'arn:aws:bedrock:a/b')).toBe(
      `${url}/model/arn%3Aaws%3Abedrock%3Aa%2Fb/converse-stream`,
    )
  })

  it.each([
    ['https://api.openai.com/v1/chat/completions', { authorization: 'Bearer key' }],
    ['https://r.openai.azure.com/openai/v1/chat/completions', { 'api-key': 'key' }],
    ['https://r.openai.azure.com/openai/v1/responses', { 'api-key': 'key' }],
    ['https://api.anthropic.com/v1/messages', { 'x-api-key': 'key' }],
    ['https://api.deepseek.com/anthropic/v1/messages', { authorization: 'Bearer key' }],
    ['https://relay.example/v1/messages', { 'x-api-key': 'key', authorization: 'Bearer key' }],
    ['http://localhost:11434/v1/messages', { 'x-api-key': 'key', authorization: 'Bearer key' }],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', { authorization: 'Bearer key' }],
    ['https://bedrock-runtime.us-east-1.amazonaws.com', { authorization: 'Bearer key' }],
  ])('at %s authenticates with %j and nothing else', async (url, expected) => {
    const { headers } = await callOf(url)
    expect(headers).toEqual({ 'content-type': 'application/json', ...expected })
  })

  it.each([
    [true, { authorization: 'Bearer key' }],
    [false, { 'x-api-key': 'key' }],
  ])('is told by UseBearer: %s how Anthropic keys go', async (UseBearer, expected) => {
    const transformer = { use: [['Anthropic', { UseBearer }]] }
    const { headers } = await callOf('https://api.z.ai/api/anthropic', { transformer })
    expect(headers).toEqual({ 'content-type': 'application/json', ...expected })
  })

  it('has AWS secrets from the environment, and shows none of them', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'sec',
      AWS_SESSION_TOKEN: 'tok',
    }
    const url = 'https://bedrock-runtime.us-east-1.amazonaws.com'
    const { headers } = await callOf(url, { apiKey: '' }, env)
    expect(headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\//)
    expect(provider(url, { apiKey: '' }, env).secrets).toEqual(['sec', 'tok'])
    expect(provider('https://api.openai.com', {}, env).secrets).toEqual(['key'])
  })

  it.each([
    ['https://api.anthropic.com/v1/messages', 'p', 'anthropic'],
    ['https://api.moonshot.cn/anthropic/v1/messages', 'p', 'compatible'],
    ['https://relay.example/v1/messages', 'p', 'unknown'],
    ['https://relay.example/v1/messages', 'zai', 'unknown'],
    ['https://relay.example/v1/messages', 'anthropic', 'unknown'],
    ['http://gpu.example:11434/v1/messages', 'ollama', 'unknown'],
  ])('at %s, named %s, is asked in the dialect %s', (url, name, dialect) => {
    expect(provider(url, { name }).api).toEqual({ kind: 'forward', dialect })
  })

  it('knows what its models can take', () => {
    expect(provider('https://api.openai.com/v1').can('gpt-4o')?.contextWindow).toBe(128_000)
    expect(provider('https://api.openai.com/v1').can('unheard-of')).toBeUndefined()
  })
})

describe('the rows', () => {
  it('have ids, names and hosts of their own', () => {
    const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')
    const names = PROVIDERS.flatMap((row) => [
      ...new Set([row.id, ...(row.names ?? [])].map(plain)),
    ])
    expect(new Set(names).size).toBe(names.length)
    const hosts = PROVIDERS.flatMap((row) => row.hosts)
    expect(new Set(hosts).size).toBe(hosts.length)
  })

  it('match hosts by whole names', () => {
    expect(hostMatches('*.openai.azure.com', 'a.openai.azure.com')).toBe(true)
    expect(hostMatches('*.openai.azure.com', 'openai.azure.com')).toBe(false)
    expect(hostMatches('*.openai.azure.com', 'a.openai.azure.com.evil.example')).toBe(false)
    expect(hostMatches('api.z.ai', 'apixzxai')).toBe(false)
  })
})
