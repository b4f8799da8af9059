import { describe, expect, it } from 'vitest'
import type { ProviderConfig } from '../config/config.ts'
import { GatewayError } from '../messages/error.ts'
import { withKeyOrigin } from './refused-key.ts'

const entry = (parts: Partial<ProviderConfig>): ProviderConfig => ({
  name: 'router',
  url: 'https://router.example/v1/chat/completions',
  apiKey: '',
  models: [],
  missing: [],
  ...parts,
})

function told(parts: Partial<ProviderConfig>, key = 'router#1', error = REFUSED): string {
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
    expect(told(keys)).toBe(
      'router: Invalid API key (ccr: the key of router is the value of KEY_A: set the right one (export KEY_A=…), then run: CCR_MODEL_PREFERENCE=a,b ccr restart)',
    )
    expect(told(keys, 'router#2')).toContain('KEY_B')
  })

  it('can be kept by ccr, where it is the only one of the provider', () => {
    expect(told({ apiKey: 'secret-a', keyVariable: 'KEY_A' })).toContain(
      'set the right one (export KEY_A=…, or have ccr keep it: ccr key set router), then run: ',
    )
    expect(told({ apiKey: '' })).toContain(
      'write one there, or have ccr keep it: ccr key set router',
    )
  })

  it('stands in a header that a variable fills', () => {
    expect(told({ headers: { 'x-team': 'search', 'x-key': 'Bearer secret-b' } })).toContain('KEY_B')
  })

  it('stands in the config, or nowhere', () => {
    expect(told({ apiKey: 'in-file' })).toContain('api_key of router in /c.json')
    expect(told({})).toContain('router has no api_key in /c.json')
  })

  it('is told in the envelope of an Anthropic upstream too', () => {
    const envelope = {
      type: 'error',
      error: { type: 'authentication_error', message: 'invalid x-api-key' },
    } as const
    const error = new GatewayError('authentication_error', 'invalid x-api-key', { envelope })
    expect(told({ apiKey: 'secret-a' }, 'router#1', error)).toContain('KEY_A')
  })

  it('changes no other error', () => {
    const error = new GatewayError('api_error', 'router: down')
    expect(told({ apiKey: 'secret-a' }, 'router#1', error)).toBe('router: down')
  })
})
