import { expect, it } from 'vitest'
import { loopWarnings } from './loops.ts'

const texts = (config: Parameters<typeof loopWarnings>[0]): string[] =>
  loopWarnings(config).map(({ text }) => text)

it.each([
  [{ Providers: [{ api_base_url: 'http://127.0.0.1:3456/v1/messages' }] }, 'Providers[0].api_base'],
  [{ providers: [{}, { api_base_url: 'http://localhost:3500/' }] }, 'providers[1].api_base_url'],
  [{ PORT: 5000, PROXY_URL: 'http://[::1]:5100' }, 'PROXY_URL is a port of ccr itself (5000-5100)'],
])('%o leads to ccr itself', (config, expected) => {
  expect(texts(config)).toEqual([expect.stringContaining(expected)])
})

it.each([
  { Providers: [{ api_base_url: 'http://127.0.0.1:11434/v1' }] },
  { Providers: [{ api_base_url: 'http://elsewhere:3456/v1' }] },
  { PORT: 5000, PROXY_URL: 'http://127.0.0.1:3456' },
  { Providers: [{ api_base_url: '' }, {}] },
  {},
])('%o does not', (config) => {
  expect(texts(config)).toEqual([])
})
