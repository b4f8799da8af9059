/**
 * AWS Signature Version 4, for one request whose body is known.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto'

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
}

/** What is signed, and for which service. */
export interface Signable {
  readonly method: 'GET' | 'POST'
  /** As it goes out: its path percent-encoded once. */
  readonly url: URL
  /** Headers that are signed besides `host` and those of AWS; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly region: string
  readonly service: string
  readonly at: Date
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** The headers that sign a request: `authorization`, `x-amz-date`, and the session token if any. */
export function signedHeaders(request: Signable, keys: AwsKeys): Record<string, string> {
  const time = request.at.toISOString().replace(/[-:]|\.\d+/g, '')
  const added = {
    'x-amz-date': time,
    ...(keys.sessionToken ? { 'x-amz-security-token': keys.sessionToken } : {}),
  }
  const headers = { ...request.headers, ...added, host: request.url.host }
  const names = Object.keys(headers).sort().join(';')
  const scope = `${time.slice(0, 8)}/${request.region}/${request.service}/aws4_request`
  const toSign = [ALGORITHM, time, scope, sha256(canonical(request, headers, names))].join('\n')
  const signature = hmac(signingKey(keys.secretAccessKey, scope), toSign).toString('hex')
  const credential = `Credential=${keys.accessKeyId}/${scope}`
  return {
    ...added,
    authorization: `${ALGORITHM} ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}

function canonical(
  { method, url, body }: Signable,
  headers: Readonly<Record<string, string>>,
  names: string,
): string {
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`)
    .sort()
  return [method, path(url), query(url), lines.join(''), names, sha256(body)].join('\n')
}

/** Every service but S3 wants each segment encoded once more than it goes out. */
function path(url: URL): string {
  return url.pathname.split('/').map(encode).join('/')
}

function query(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function signingKey(secret: string, scope: string): Buffer {
  let key: string | Buffer = `AWS4${secret}`
  for (const part of scope.split('/')) key = hmac(key, part)
  return key as Buffer
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}
