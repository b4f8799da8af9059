/** Credentials for Google Cloud: a token, exchanged for application default credentials. */
import { sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLineIn } from '../../lib/command-line.ts'
import { GatewayError } from '../../messages/error.ts'
import type { Auth } from './auth.ts'

/** Posts a form (`a=1&b=2`) and gives the answer, whatever its status. */
export type PostForm = (url: string, form: string) => Promise<{ status: number; text: string }>

/** What Google's credentials need of the world. */
export interface GoogleParts {
  /** The provider's name, for errors. */
  readonly provider: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly post: PostForm
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

interface Credentials {
  readonly type?: string
  readonly token_uri?: string
  readonly client_email?: string
  readonly private_key?: string
  readonly private_key_id?: string
  readonly client_id?: string
  readonly client_secret?: string
  readonly refresh_token?: string
}

interface Token {
  readonly access_token?: string
  /** Seconds. */
  readonly expires_in?: number
  readonly error?: string
  readonly error_description?: string
}

const TOKEN_URI = 'https://oauth2.googleapis.com/token'
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** A token is replaced this long before it ends, ms. */
const EARLY_MS = 60_000

/**
 * Application default credentials: the key of a service account or what `gcloud auth
 * application-default login` left, from `GOOGLE_APPLICATION_CREDENTIALS` or gcloud's own place. They
 * are exchanged for an access token, which is kept until it ends; calls at once wait for one exchange.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export function googleAuth({ provider, env, post, now = Date.now }: GoogleParts): Auth {
  let token: Promise<string> | undefined
  /** From when until when the token is good; while one is fetched, always. */
  let from = 0
  let until = 0
  const exchange = async (): Promise<string> => {
    from = -Infinity
    until = Infinity
    try {
      const credentials = await readCredentials(provider, env)
      const answer = await post(credentials.token_uri ?? TOKEN_URI, grant(credentials, now()))
      const { access_token: value, expires_in: seconds = 3600, ...failure } = parsed(answer.text)
      if (value === undefined) {
        const why = failure.error_description ?? failure.error ?? `HTTP ${String(answer.status)}`
        throw refused(provider, `Google gave no access token (${why}).`)
      }
      from = now()
      until = from + seconds * 1000 - EARLY_MS
      return value
    } catch (error) {
      until = 0
      throw error
    }
  }
  return async () => {
    // A clock that was set back says nothing of how old the token is.
    const time = now()
    if (token === undefined || time < from || time >= until) token = exchange()
    return { authorization: `Bearer ${await token}` }
  }
}

async function readCredentials(provider: string, env: GoogleParts['env']): Promise<Credentials> {
  const gcloud = env['CLOUDSDK_CONFIG'] ?? join(env['HOME'] ?? '', '.config', 'gcloud')
  const named = env['GOOGLE_APPLICATION_CREDENTIALS']
  const file = named || join(gcloud, 'application_default_credentials.json')
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Credentials
  } catch (cause) {
    const how = `Set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, or run \`gcloud auth application-default login\`; then \`${commandLineIn(env, 'restart')}\`.`
    throw refused(provider, `Google's credentials cannot be read from ${file}. ${how}`, cause)
  }
}

/** The form that asks for a token. */
function grant(credentials: Credentials, now: number): string {
  if (credentials.private_key === undefined) {
    const { client_id = '', client_secret = '', refresh_token = '' } = credentials
    const grant_type = 'refresh_token'
    return new URLSearchParams({ grant_type, client_id, client_secret, refresh_token }).toString()
  }
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const assertion = jwt(credentials, credentials.private_key, Math.floor(now / 1000))
  return new URLSearchParams({ grant_type, assertion }).toString()
}

function jwt(credentials: Credentials, key: string, iat: number): string {
  const { client_email: iss, token_uri: aud = TOKEN_URI, private_key_id: kid } = credentials
  const claims = { iss, scope: SCOPE, aud, iat, exp: iat + 3600 }
  const signed = [{ alg: 'RS256', typ: 'JWT', kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

function parsed(text: string): Token {
  try {
    return JSON.parse(text) as Token
  } catch {
    return {}
  }
}

function refused(provider: string, message: string, cause?: unknown): GatewayError {
  return new GatewayError('authentication_error', `Provider ${provider}: ${message}`, { cause })
}
