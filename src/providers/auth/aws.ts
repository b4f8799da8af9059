/** Credentials for AWS: a Bedrock API key, or keys that sign each call. */
import { commandLineIn } from '../../lib/command-line.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Auth } from './auth.ts'
import { type AwsKeys, signedHeaders } from './sigv4.ts'
import type { Env } from '../../lib/env.ts'

/** What can authenticate a call to AWS. */
export interface AwsParts {
  /** The provider's name, for errors. */
  readonly provider: string
  /** A Bedrock API key from the config, '' if there is none. */
  readonly apiKey: string
  readonly env: Env
  readonly now?: () => Date
}

/**
 * Authentication for Bedrock: an API key (the config's, else `AWS_BEARER_TOKEN_BEDROCK`) as a bearer
 * token, else a signature with `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, of temporary
 * credentials, `AWS_SESSION_TOKEN`. The region is the URL's, else `AWS_REGION`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
 */
export function awsAuth({ provider, apiKey, env, now = () => new Date() }: AwsParts): Auth {
  const bearer = apiKey || env['AWS_BEARER_TOKEN_BEDROCK']
  if (bearer) return () => Promise.resolve({ authorization: `Bearer ${bearer}` })
  const keys = keysOf(env)
  if (keys === undefined) return () => Promise.reject(noKeys(provider, env))
  return ({ url, headers, body }) => {
    const whole = new URL(url)
    const request = { method: 'POST', url: whole, headers, body, service: 'bedrock' } as const
    const region = regionOf(whole.hostname) ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
    if (!region) return Promise.reject(noRegion(provider))
    return Promise.resolve(signedHeaders({ ...request, region, at: now() }, keys))
  }
}

/** The secrets that an answer of AWS could quote. */
export function awsSecrets(env: Env): readonly string[] {
  const names = ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
  return names.flatMap((name) => env[name] || [])
}

function keysOf(env: Env): AwsKeys | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY']
  const sessionToken = env['AWS_SESSION_TOKEN']
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

/** `bedrock-runtime.REGION.amazonaws.com`, also with -fips, in a VPC, or in China. */
function regionOf(host: string): string | undefined {
  return /(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1]
}

function noKeys(provider: string, env: AwsParts['env']): GatewayError {
  return new GatewayError(
    'authentication_error',
    `Provider ${provider} has no credentials: give it an api_key (a Bedrock API key), or set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and run \`${commandLineIn(env, 'restart')}\`.`,
  )
}

function noRegion(provider: string): GatewayError {
  return new GatewayError(
    'invalid_request_error',
    `Provider ${provider} has no AWS region in its api_base_url: write https://bedrock-runtime.REGION.amazonaws.com, or set AWS_REGION.`,
    { shouldRetry: false },
  )
}
