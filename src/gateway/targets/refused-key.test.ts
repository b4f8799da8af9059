import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../../config/config.ts'
import { GatewayError } from '../../messages/error.ts'
import { withKeyOrigin } from './refused-key.ts'

const entry = (parts: Partial<ProviderConfig>): ProviderConfig => ({
  name: 'router',
  url: 'https://router.example/v1/chat/completions',
  apiKey: '',
  models: [],
  missing: [],
  ...parts,
})

function messageFor(parts: Partial<ProviderConfig>, key = 'router#1', error = REFUSED): string {
  const origin = {
    config: { file: '/c.json', providers: [entry(parts)], variables: ['TEAM', 'KEY_A', 'KEY_B'] },
    env: { TEAM: 'search', KEY_A: 'secret-a ', KEY_B: 'secret-b' },
    restart: 'CCR_MODEL_PREFERENCE=a,b ccr restart',
  }
  const worded = withKeyOrigin(error, { name: 'router,m', key }, origin)
  expect(worded.envelope().error.message).toBe(worded.message)
  expect(worded.message).not.toMatch(/secret-/)
  return worded.message
}

const REFUSED = new GatewayError('authentication_error', 'router: Invalid API key')

describe('a key that was refused', () => {
  it('is that of a variable: its name, and the command that takes over its new value', () => {
    const keys = { apiKey: 'secret-a', apiKeys: ['secret-a', 'secret-b'] }
    expect(messageFor(keys)).toBe(
      'router: Invalid API key (ccr: the key of router is the value of KEY_A: set the right one (export KEY_A=…), then run: CCR_MODEL_PREFERENCE=a,b ccr restart)',
    )
    expect(messageFor(keys, 'router#2')).toContain('KEY_B')
  })

  it('can be kept by ccr, where it is the only one of the provider', () => {
    expect(messageFor({ apiKey: 'secret-a', keyVariable: 'KEY_A' })).toContain(
      'set the right one (export KEY_A=…, or let ccr store it: ccr key set router), then run: ',
    )
    expect(messageFor({ apiKey: '' })).toContain(
      'write one there, or let ccr store it: ccr key set router',
    )
  })

  it('stands in a header that a variable fills', () => {
    expect(messageFor({ headers: { 'x-team': 'search', 'x-key': 'Bearer secret-b' } })).toContain(
      'KEY_B',
    )
  })

  it('stands in the config, or nowhere', () => {
    expect(messageFor({ apiKey: 'in-file' })).toContain('api_key of router in /c.json')
    expect(messageFor({})).toContain('router has no api_key in /c.json')
  })

  it('is named in the envelope of an Anthropic upstream too', () => {
    const envelope = {
      type: 'error',
      error: { type: 'authentication_error', message: 'invalid x-api-key' },
    } as const
    const error = new GatewayError('authentication_error', 'invalid x-api-key', { envelope })
    expect(messageFor({ apiKey: 'secret-a' }, 'router#1', error)).toContain('KEY_A')
  })

  it('changes no other error', () => {
    const error = new GatewayError('api_error', 'router: down')
    expect(messageFor({ apiKey: 'secret-a' }, 'router#1', error)).toBe('router: down')
  })

  it('is the one of several that was used', () => {
    const keys = { apiKey: 'in-file-1', apiKeys: ['in-file-1', 'in-file-2'] }
    expect(messageFor(keys, 'router#2')).toBe(
      'router: Invalid API key (ccr: the key is api_key of router (key 2) in /c.json: correct it there, it holds at once)',
    )
    expect(messageFor({ apiKey: 'in-file' })).not.toContain('(key 1)')
  })

  it('is not looked for in headers where the provider has a key, nor in words that are no key', () => {
    const headers = { 'x-key': 'Bearer secret-b' }
    expect(messageFor({ apiKey: 'in-file', headers })).toContain('api_key of router in /c.json')
    expect(messageFor({ headers: { 'x-team': 'search' } })).toContain('router has no api_key')
  })

  it('is not named for an unknown provider, for the demo, and where ccr itself refused', () => {
    const plain = 'router: Invalid API key'
    expect(messageFor({ apiKey: 'secret-a' }, 'other#1')).toBe(plain)
    expect(messageFor({ name: 'demo', apiKey: 'secret-a' }, 'demo#1')).toBe(plain)
    const refused = new GatewayError('authentication_error', plain, { origin: 'gateway' })
    expect(messageFor({ apiKey: 'secret-a' }, 'router#1', refused)).toBe(plain)
  })

  it('is in the config, where that has no file', () => {
    const config = { file: '', providers: [entry({ apiKey: 'k' })], variables: ['UNSET'] }
    const origin = { config, env: {}, restart: 'ccr restart' }
    const worded = withKeyOrigin(REFUSED, { name: 'router,m', key: 'router#1' }, origin)
    expect(worded.message).toContain('api_key of router in the config: correct it there')
  })
})
