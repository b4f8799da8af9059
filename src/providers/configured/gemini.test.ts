/** Providers that speak Gemini: endpoints and protocols at Google, on Vertex AI and behind proxies. */
import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../config/config.ts'
import { providerOf } from './provider.ts'

function provider(url: string, more: Partial<ProviderConfig> = {}) {
  return providerOf({ name: 'p', url, apiKey: 'key', models: [], missing: [], ...more })
}

const GOOGLE = 'https://generativelanguage.googleapis.com'
const gemini = { transformer: { use: ['gemini'] } }

describe('a provider of Gemini', () => {
  it.each([
    [`${GOOGLE}/v1beta/models/`, 'm', `${GOOGLE}/v1beta/models/m`],
    [`${GOOGLE}/v1beta/models`, 'models/m', `${GOOGLE}/v1beta/models/m`],
    [`${GOOGLE}/v1beta`, 'm', `${GOOGLE}/v1beta/models/m`],
    [GOOGLE, 'm', `${GOOGLE}/v1beta/models/m`],
    [`${GOOGLE}/v1beta/models/other:generateContent`, 'm', `${GOOGLE}/v1beta/models/m`],
    [
      'https://proxy.example/google/v1beta/models/',
      'm',
      'https://proxy.example/google/v1beta/models/m',
    ],
  ])('at %s asks for %s at %s', async (url, model, called) => {
    const call = await provider(url).call(model, '{}')
    expect(call.url).toBe(`${called}:streamGenerateContent?alt=sse`)
    expect(call.headers).toMatchObject({ 'x-goog-api-key': 'key' })
  })

  it('keeps what the URL asks for', async () => {
    const tenant = provider('https://proxy.example/v1beta/models/?tenant=a', gemini)
    expect((await tenant.call('m', '{}')).url).toBe(
      'https://proxy.example/v1beta/models/m:streamGenerateContent?tenant=a&alt=sse',
    )
  })

  it('by transformer speaks it at any host, in the words that old servers know', () => {
    const { protocolName, definition } = provider('https://proxy.example/anything/', gemini)
    expect([protocolName, definition.geminiQuirks]).toEqual(['gemini', undefined])
  })

  it('under /openai/ speaks Chat Completions', async () => {
    const call = await provider(`${GOOGLE}/v1beta/openai/`).call('m', '{}')
    expect(call.url).toBe(`${GOOGLE}/v1beta/openai/chat/completions`)
    expect(call.headers).toMatchObject({ authorization: 'Bearer key' })
  })

  it('on Vertex AI is known by host or transformer, and needs its project only when it is called', async () => {
    const byHost = provider('https://europe-west1-aiplatform.googleapis.com')
    expect([byHost.definition.id, byHost.protocolName]).toEqual(['vertex', 'gemini'])
    await expect(byHost.call('m', '{}')).rejects.toThrow('GOOGLE_CLOUD_PROJECT')
    const used = { transformer: { use: ['vertex-gemini'] } }
    expect(provider('https://proxy.example', used).definition.id).toBe('vertex')
  })
})
