/** Providers with another protocol for some models, and Claude at hosts other than Anthropic. */
import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../config/config.ts'
import { providerOf } from './provider.ts'

const ENV = {
  GOOGLE_CLOUD_PROJECT: 'p',
  AWS_ACCESS_KEY_ID: 'AKID',
  AWS_SECRET_ACCESS_KEY: 'secret-of-aws',
}
function to(url: string, model: string, more: Partial<ProviderConfig> = {}) {
  const config = { name: 'p', url, apiKey: 'key', models: [], missing: [], ...more }
  return providerOf(config, ENV).to(model)
}

describe('a provider with another API for some models', () => {
  const chat = 'https://api.openai.com/v1/chat/completions'

  it.each([
    [chat, 'gpt-4o', 'openai-chat', chat],
    [chat, 'gpt-5.1', 'openai-chat', chat],
    [chat, 'o3', 'openai-chat', chat],
    [chat, 'gpt-5.3-chat-latest', 'openai-chat', chat],
    [chat, 'gpt-5.4', 'openai-responses', 'https://api.openai.com/v1/responses'],
    [chat, 'gpt-5.6-terra', 'openai-responses', 'https://api.openai.com/v1/responses'],
    [chat, 'gpt-5-codex', 'openai-responses', 'https://api.openai.com/v1/responses'],
    [chat, 'o3-pro', 'openai-responses', 'https://api.openai.com/v1/responses'],
    [
      'https://api.openai.com/v1',
      'gpt-6',
      'openai-responses',
      'https://api.openai.com/v1/responses',
    ],
    ['https://openrouter.ai/api/v1', 'openai/gpt-5.4', 'openai-chat', undefined],
    ['https://proxy.example/v1/chat/completions', 'gpt-5.4', 'openai-chat', undefined],
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com',
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'anthropic',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream',
    ],
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com',
      'amazon.nova-pro-v1:0',
      'bedrock-converse',
      undefined,
    ],
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/x/converse-stream',
      'anthropic.claude-opus-4-6-v1',
      'bedrock-converse',
      'https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-opus-4-6-v1/converse-stream',
    ],
    [
      'https://us-east5-aiplatform.googleapis.com',
      'claude-sonnet-4-5@20250929',
      'anthropic',
      'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict',
    ],
    ['https://us-east5-aiplatform.googleapis.com', 'gemini-2.5-pro', 'gemini', undefined],
  ])('at %s asks %s in %s', (url, model, format, called) => {
    const provider = to(url, model)
    expect(provider.protocolName).toBe(format)
    if (called !== undefined) expect(provider.url(model)).toBe(called)
  })

  it('keeps to the API that a transformer names, or that transformers were written for', () => {
    for (const use of ['openai', 'customparams', 'streamoptions']) {
      const provider = to(chat, 'gpt-5.4', { transformer: { use: [use] } })
      expect(provider.protocolName).toBe('openai-chat')
    }
    const forOne = to(chat, 'gpt-5.4', { transformer: { 'gpt-5.4': { use: ['maxtoken'] } } })
    expect(forOne.protocolName).toBe('openai-chat')
  })

  it('is one provider for each of its APIs, so that tokens and connections are kept', () => {
    const openai = providerOf({ name: 'p', url: chat, apiKey: 'k', models: [], missing: [] })
    expect(openai.to('gpt-5.4')).toBe(openai.to('gpt-5.5'))
    expect(openai.to('gpt-4o')).toBe(openai.to('o3'))
  })
})

describe('Claude at another host', () => {
  it('of Vertex AI is found by the name of the old transformer', () => {
    const provider = to('https://us-east5-aiplatform.googleapis.com', 'claude-opus-4-6', {
      transformer: { use: ['vertex-claude'] },
    })
    expect(provider).toMatchObject({
      protocolName: 'anthropic',
      api: { kind: 'forward', dialect: 'vertex' },
      definition: { id: 'vertex' },
    })
    expect(provider.url('claude-opus-4-6')).toContain(
      '/publishers/anthropic/models/claude-opus-4-6:',
    )
  })

  it('is called elsewhere for an answer that is no stream', async () => {
    const model = 'anthropic.claude-opus-4-6-v1'
    const bedrock = to('https://bedrock-runtime.us-east-1.amazonaws.com', model)
    const { url, headers } = await bedrock.call(model, '{}', { streamed: false })
    expect(url).toMatch(/\/invoke$/)
    expect(headers['authorization']).toBe('Bearer key')
    const vertex = to('https://aiplatform.googleapis.com', 'claude-opus-4-6')
    expect(vertex.url('claude-opus-4-6')).toMatch(/:streamRawPredict$/)
  })

  it('is signed for AWS where there is no key', async () => {
    const model = 'anthropic.claude-opus-4-6-v1'
    const bedrock = to('https://bedrock-runtime.us-east-1.amazonaws.com', model, { apiKey: '' })
    expect((await bedrock.call(model, '{}')).headers['authorization']).toMatch(/^AWS4-HMAC-SHA256/)
  })

  it.each([
    ['https://r.services.ai.azure.com/anthropic/v1/messages', 'messages', { 'x-api-key': 'key' }],
    ['https://r.services.ai.azure.com/anthropic', 'messages', { 'x-api-key': 'key' }],
    [
      'https://bedrock-runtime.us-east-1.amazonaws.com/anthropic',
      'messages',
      { authorization: 'Bearer key' },
    ],
    ['https://api.anthropic.com/v1/messages', 'anthropic', { 'x-api-key': 'key' }],
    ['https://api.z.ai/api/anthropic', 'compatible', { authorization: 'Bearer key' }],
  ])('at %s is told as %s', async (url, dialect, headers) => {
    const provider = to(url, 'claude-sonnet-4-5')
    expect(provider.api).toEqual({ kind: 'forward', dialect })
    const call = await provider.call('claude-sonnet-4-5', '{}')
    expect(call.headers).toMatchObject(headers)
    expect(call.url).toMatch(/\/v1\/messages$/)
  })

  it('can there what it can at home', () => {
    const model = 'claude-sonnet-4-5@20250929'
    const can = to('https://aiplatform.googleapis.com', model).can(model)
    expect(can?.maxOutput).toBe(64_000)
  })
})
