/** Endpoints on Vertex AI, by project, location and publisher. */
import { describe, expect, it } from 'vitest'
import { providerOf } from './provider.ts'
import { vertexModels } from './vertex-endpoint.ts'

const folder = (url: string, env: Record<string, string>) =>
  vertexModels({ provider: 'v', url: new URL(url), env }).href

describe("the folder of Google's models on Vertex AI", () => {
  const tail = 'publishers/google/models'

  it('is that of the project, in the location of the environment, else of the host', () => {
    const host = 'https://europe-west1-aiplatform.googleapis.com'
    expect(folder(host, { GOOGLE_CLOUD_PROJECT: 'p' })).toBe(
      `${host}/v1beta1/projects/p/locations/europe-west1/${tail}`,
    )
    const env = { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'us-central1' }
    expect(folder(host, env)).toContain('/locations/us-central1/')
    expect(folder('https://aiplatform.googleapis.com/', { GOOGLE_CLOUD_PROJECT: 'p' })).toBe(
      `https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/${tail}`,
    )
  })

  it('is the URL where that says it all', () => {
    const url = `https://aiplatform.googleapis.com/v1/projects/q/locations/global/${tail}/`
    expect(folder(url, {})).toBe(url)
  })

  it('is unknown without a project', () => {
    expect(() => folder('https://aiplatform.googleapis.com', {})).toThrow('GOOGLE_CLOUD_PROJECT')
  })
})

describe('Chat Completions on Vertex AI', () => {
  const host = 'https://europe-west4-aiplatform.googleapis.com'
  const called = (url: string, transformer?: unknown) =>
    providerOf(
      { name: 'v', url, apiKey: '', models: [], missing: [], transformer },
      { GOOGLE_CLOUD_PROJECT: 'p' },
    ).url('meta/llama-4')
  const use = { use: ['vertex-openai'] }

  it('are called in the project, at the region of the host', () => {
    const whole = `${host}/v1/projects/p/locations/europe-west4/endpoints/openapi/chat/completions`
    expect(called(host, use)).toBe(whole)
    expect(called(whole)).toBe(whole)
    expect(called(whole.replace('/chat/completions', ''), use)).toBe(whole)
  })
})
