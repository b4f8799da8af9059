import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { providerOf } from '../providers/configured/provider.ts'
import type { Config } from './config.ts'
import { loadConfig } from './load.ts'

const folder = testFolder()
const OPENAI = { name: 'openai', api_base_url: 'https://api.openai.com/v1/chat/completions' }

function load(headers: unknown, env: Record<string, string> = {}): Config {
  const config = { Providers: [{ ...OPENAI, api_key: 'k', headers }] }
  return loadConfig(folder.write('config.json', JSON.stringify(config)), env)
}

describe('headers of a provider', () => {
  it('go along with every request, with their variables, and win over our own', async () => {
    const written = {
      'CF-AIG-Authorization': 'Bearer ${TOKEN}',
      Authorization: 'Basic eA',
      'x-team': 'anthropic',
    }
    const [entry] = load(written, { TOKEN: 'secret-token' }).providers
    if (entry === undefined) throw new Error('no provider')
    const provider = providerOf(entry)
    const call = await provider.call('m', '{}', { headers: { accept: 'text/event-stream' } })
    expect(call.headers).toEqual({
      accept: 'text/event-stream',
      authorization: 'Basic eA',
      'cf-aig-authorization': 'Bearer secret-token',
      'content-type': 'application/json',
      'x-team': 'anthropic',
    })
    expect(provider.secrets).toContain('Bearer secret-token')
    expect(provider.secrets).not.toContain('anthropic')
  })

  it('name the variable that is not set', () => {
    expect(load({ 'x-token': '$NOWHERE' }).providers[0]?.missing).toEqual(['NOWHERE'])
  })

  it.each([
    ['x-team: search', 'an object of header names'],
    [{ 'x team': 'a' }, 'a header name'],
    [{ 'x-team': 'a\r\nhost: b' }, 'a text of one line'],
    [{ 'x-team': 5 }, 'a text'],
  ])('%j is refused', (written, expected) => {
    expect(() => load(written)).toThrow(expected)
  })
})
