/** Which servers may be queried about their models. */
import { describe, expect, it } from 'vitest'
import { queriedServer } from './query.ts'

const server = (url: string, name = 'p', more = {}) =>
  queriedServer({ name, url, apiKey: '', missing: [], ...more })

describe('a server that may be queried', () => {
  it.each([
    ['http://localhost:11434/v1/chat/completions', 'p', 'ollama', 'http://localhost:11434'],
    ['http://127.0.0.1:11434/api/chat', 'p', 'ollama', 'http://127.0.0.1:11434'],
    ['http://127.0.0.1:8080', 'p', 'llamacpp', 'http://127.0.0.1:8080'],
    ['http://[::1]:1234/v1', 'p', 'lmstudio', 'http://[::1]:1234'],
    ['http://127.0.0.1:8000/v1/messages', 'p', 'openai', 'http://127.0.0.1:8000'],
    ['http://gpu.lan/ollama/v1/chat/completions', 'ollama', 'ollama', 'http://gpu.lan/ollama'],
    ['https://gpu.example/v1/chat/completions', 'vllm', 'openai', 'https://gpu.example'],
    ['http://192.168.1.4:9999/v1/chat/completions', 'p', undefined, 'http://192.168.1.4:9999'],
    ['http://127.0.0.1:9999/chat/completions', 'p', undefined, 'http://127.0.0.1:9999'],
    ['http://localhost:4000/v1', 'openai', undefined, 'http://localhost:4000'],
  ])('at %s, named %s, is %s below %s', (url, name, kind, root) => {
    expect(server(url, name)).toEqual({ root, kind, headers: {} })
  })

  it.each([
    ['https://api.openai.com/v1/chat/completions', 'openai'],
    ['https://openrouter.ai/api/v1/chat/completions', 'openrouter'],
    ['https://relay.example/v1/chat/completions', 'p'],
    ['http://8.8.8.8:11434/v1/chat/completions', 'p'],
    ['http://169.254.169.254/v1/chat/completions', 'p'],
    ['', 'demo'],
    ['no url', 'ollama'],
  ])('is none at %s, named %s', (url, name) => {
    expect(server(url, name)).toBeUndefined()
  })

  it('is none where the config says that it speaks another API', () => {
    const url = 'http://127.0.0.1:9999'
    expect(server(url, 'p', { transformer: { use: ['vertex-gemini'] } })).toBeUndefined()
    expect(server(url, 'p', { transformer: { use: ['gemini'] } })).toBeUndefined()
    expect(server(`${url}/v1beta/models/`)).toBeUndefined()
    expect(server(url, 'p', { transformer: { use: ['tooluse'] } })).toBeDefined()
  })

  it('is none while its key is not set', () => {
    expect(server('http://127.0.0.1:11434', 'p', { missing: ['KEY'] })).toBeUndefined()
  })

  it('gets the key and the headers of its provider', () => {
    const more = { apiKey: 'secret-key', headers: { 'x-team': 'a' } }
    expect(server('http://127.0.0.1:1234/v1', 'p', more)?.headers).toEqual({
      authorization: 'Bearer secret-key',
      'x-team': 'a',
    })
  })
})
