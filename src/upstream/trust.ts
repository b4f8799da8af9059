import { readFileSync } from 'node:fs'
import { createSecureContext, rootCertificates } from 'node:tls'
import type { SecureContext } from 'node:tls'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Node reads `NODE_EXTRA_CA_CERTS` by itself, but not `SSL_CERT_FILE`, which other programs of
 * such a machine go by. Where it is set: Node's authorities and those of both files. Undefined
 * where it is not, or cannot be read (`note` hears why). Made when it is first asked for: some 150
 * certificates take as long as the rest of a daemon's start.
 */
export function trusted(env: Env, note: (text: string) => void): () => SecureContext | undefined {
  let made: { readonly context: SecureContext | undefined } | undefined
  return () => (made ??= { context: contextOf(env, note) }).context
}

function contextOf(env: Env, note: (text: string) => void): SecureContext | undefined {
  const file = env['SSL_CERT_FILE']
  if (!file) return undefined
  try {
    const extra = env['NODE_EXTRA_CA_CERTS']
    const files = [file, ...(extra ? [extra] : [])]
    const own = files.map((path) => readFileSync(path, 'utf8'))
    return createSecureContext({ ca: [...rootCertificates, ...own] })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    note(`SSL_CERT_FILE is ignored: ${why}`)
    return undefined
  }
}

/** What a TLS connection is made with to believe these authorities. */
export function believing(secureContext: SecureContext | undefined): {
  readonly secureContext?: SecureContext
} {
  return secureContext === undefined ? {} : { secureContext }
}
