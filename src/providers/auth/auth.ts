/**
 * How a request is authenticated. Each kind makes the headers for one call; those that
 * need a library or a token from elsewhere load it when they are first used.
 */

/** Kinds that send the key itself. */
export type KeyName = 'bearer' | 'x-api-key' | 'x-api-key and bearer' | 'x-goog-api-key' | 'api-key'
export type AuthName = KeyName | 'aws' | 'google'

/** What a call is before it has credentials. */
export interface Unsigned {
  readonly url: string
  /** Those that describe the body. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** The headers that authenticate one call. */
export type Auth = (call: Unsigned) => Promise<Readonly<Record<string, string>>>

const HEADERS: Readonly<Record<KeyName, (key: string) => Record<string, string>>> = {
  bearer: (key) => ({ authorization: `Bearer ${key}` }),
  'x-api-key': (key) => ({ 'x-api-key': key }),
  'x-api-key and bearer': (key) => ({ 'x-api-key': key, authorization: `Bearer ${key}` }),
  'x-goog-api-key': (key) => ({ 'x-goog-api-key': key }),
  'api-key': (key) => ({ 'api-key': key }),
}

/** Authentication by a key from the config; without a key no header is sent (local servers). */
export function keyAuth(name: KeyName, key: string): Auth {
  const headers = key === '' ? {} : HEADERS[name](key)
  return () => Promise.resolve(headers)
}
