/** Signatures, against the examples of AWS. */
import { describe, expect, it } from 'vitest'
import { type Signable, signedHeaders } from './sigv4.ts'

/**
 * Published values of the AWS Signature Version 4 test suite (`aws-sig-v4-test-suite`): its example
 * credentials, its date, its requests.
 */
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const SUITE: Signable = {
  method: 'GET',
  url: new URL('https://example.amazonaws.com/'),
  headers: {},
  body: '',
  region: 'us-east-1',
  service: 'service',
  at: new Date('2015-08-30T12:36:00Z'),
}

function authorization(signed: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signed}, Signature=${signature}`
}

const HOST_DATE = 'host;x-amz-date'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('a request signed for AWS', () => {
  it.each<[string, Partial<Signable>, string, string]>([
    [
      'get-vanilla',
      {},
      HOST_DATE,
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-vanilla',
      { method: 'POST' },
      HOST_DATE,
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      { url: new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1') },
      HOST_DATE,
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      { method: 'POST', headers: FORM, body: 'Param1=value1' },
      'content-type;host;x-amz-date',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is as the test suite has it: %s', (_name, request, names, signature) => {
    expect(signedHeaders({ ...SUITE, ...request }, KEYS)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization: authorization(names, signature),
    })
  })

  it('carries and signs the token of temporary credentials', () => {
    const headers = signedHeaders(SUITE, { ...KEYS, sessionToken: 'tok' })
    expect(headers['x-amz-security-token']).toBe('tok')
    expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token')
  })

  it('encodes the path once more than it goes out: a model id has a colon', () => {
    const request = {
      ...SUITE,
      method: 'POST' as const,
      url: new URL(
        'https://bedrock-runtime.us-east-1.amazonaws.com/model/a.b-v1%3A0/converse-stream',
      ),
      headers: { 'content-type': 'application/json' },
      body: '{"a":"é"}',
      service: 'bedrock',
    }
    const headers = signedHeaders(request, { ...KEYS, sessionToken: 'tok' })
    // From the canonical request written out by hand (…/a.b-v1%253A0/…), signed by another program.
    expect(headers['authorization']).toContain(
      'Signature=8435f525e54b7788af9168fcac3fdb56d97332aaf4e4018745dc99f58208c529',
    )
  })
})
