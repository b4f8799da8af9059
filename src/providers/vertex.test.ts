import { describe, expect, it } from 'vitest'
import { vertexModels } from './vertex.ts'

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
