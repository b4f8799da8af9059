import { expect, it } from 'vitest'
import { withoutProviderKeys } from './provider-keys.ts'

const config = { keyVariables: ['OPENAI_API_KEY', 'GITHUB_TOKEN', 'AWS_BEARER_TOKEN_BEDROCK'] }
const env = { OPENAI_API_KEY: 'k', GITHUB_TOKEN: 'g', AWS_BEARER_TOKEN_BEDROCK: 'b', HOME: '/h' }

it('the keys of providers do not reach the child; those that other tools go by do', () => {
  expect(withoutProviderKeys(env, config)).toEqual({
    GITHUB_TOKEN: 'g',
    AWS_BEARER_TOKEN_BEDROCK: 'b',
    HOME: '/h',
  })
  expect(withoutProviderKeys(env, { keyVariables: [] })).toEqual(env)
})

it.each(['OPENAI_API_KEY', 'X, OPENAI_API_KEY', '*'])('CCR_KEEP_KEYS=%s keeps one', (list) => {
  const kept = withoutProviderKeys({ ...env, CCR_KEEP_KEYS: list }, config)
  expect(kept).toMatchObject(env)
})
