/** What of a provider's config and calls is secret. */

/** Headers whose values are no secrets, and words that errors need. */
const PLAIN_HEADERS: ReadonlySet<string> = new Set([
  ...['accept', 'accept-language', 'content-type', 'user-agent', 'origin', 'referer', 'host'],
  ...['http-referer', 'x-title', 'anthropic-version', 'anthropic-beta', 'openai-beta'],
  ...['x-goog-user-project', 'x-amz-date', 'content-length', 'x-amz-content-sha256'],
])

/** The secrets in the values of headers: each value whole, and each word of it (`Bearer KEY`). */
export function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !PLAIN_HEADERS.has(name.toLowerCase()))
    .flatMap(([name, value]) => {
      const all = [value, ...value.split(/[\s,;=:"]+/), ...basicPassword(value)]
      return SECRET_NAME.test(name) ? all : all.filter((text) => !WORD.test(text))
    })
    .filter((value) => value !== '')
}

const SECRET_NAME = /auth|key|token|secret|cookie|pass/i
/** Under another name, `anthropic` or `production` is no secret, and errors need it. */
const WORD = /^[a-z]{1,12}$/i

/** `Basic BASE64` holds `user:password`. */
function basicPassword(value: string): string[] {
  const [scheme, encoded] = value.split(' ', 2)
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return []
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return [pair, pair.slice(pair.indexOf(':') + 1)]
}

/** Some put the key into the URL. */
export function urlSecrets({ password, searchParams }: URL): string[] {
  return [password, ...searchParams.values()]
}

/** The credentials that a call goes out with, also those that were made for it. */
export function credentialsOf(headers: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(headers).filter((name) => CREDENTIALS.has(name.toLowerCase()))
  return headerSecrets(Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])))
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  ...['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token', 'cookie'],
])
