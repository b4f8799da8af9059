/** Which credentials of AWS a call goes out with. */
import { describe, expect, it } from 'vitest'
import { awsAuth, awsSecrets } from './aws.ts'

const CALL = {
  url: 'https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream',
  headers: { 'content-type': 'application/json' },
  body: '{}',
}
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }
const now = () => new Date('2026-01-02T03:04:05Z')

const headers = (env: Record<string, string>, apiKey = '', url = CALL.url) =>
  awsAuth({ provider: 'aws', apiKey, env, now })({ ...CALL, url })

describe('authentication for Bedrock', () => {
  it('takes an API key from the config before one from the environment', async () => {
    const env = { AWS_BEARER_TOKEN_BEDROCK: 'env', ...KEYS }
    expect(await headers(env, 'own')).toEqual({ authorization: 'Bearer own' })
    expect(await headers(env)).toEqual({ authorization: 'Bearer env' })
  })

  it('signs with access keys for the region of the URL', async () => {
    const signed = await headers({ ...KEYS, AWS_SESSION_TOKEN: 'tok', AWS_REGION: 'us-east-1' })
    expect(signed).toMatchObject({
      'x-amz-date': '20260102T030405Z',
      'x-amz-security-token': 'tok',
    })
    expect(signed['authorization']).toContain('/20260102/eu-west-1/bedrock/aws4_request')
    expect(signed['authorization']).toContain('SignedHeaders=content-type;host;x-amz-date;')
    expect(JSON.stringify(signed)).not.toContain('secret')
  })

  it('takes the region from the environment where the URL names none', async () => {
    const url = 'https://bedrock.corp.example/model/m/converse-stream'
    expect(
      (await headers({ ...KEYS, AWS_REGION: 'us-west-2' }, '', url))['authorization'],
    ).toContain('/us-west-2/bedrock/')
    await expect(headers(KEYS, '', url)).rejects.toThrow('AWS_REGION')
  })

  it('says what to set where there are no credentials', async () => {
    await expect(headers({})).rejects.toMatchObject({ kind: 'authentication_error', status: 401 })
  })

  it('knows what must never be shown', () => {
    expect(awsSecrets({ ...KEYS, AWS_SESSION_TOKEN: 'tok' })).toEqual(['secret', 'tok'])
  })
})
