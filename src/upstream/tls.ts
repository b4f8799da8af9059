/** Which certificate authorities connections to providers trust. */
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Config } from '../config/config.ts'
import type { Env } from '../lib/env.ts'

/** The TLS context with the authorities in `files` and Node's; undefined for Node's default. */
export type SecureContextFor = (files: readonly string[]) => SecureContext | undefined

/** The files of authorities that the config names for a provider. */
export function authoritiesOf({
  providers,
  caFile,
}: Pick<Config, 'providers' | 'caFile'>): (provider: string) => readonly string[] {
  const usual = caFile === '' ? [] : [caFile]
  const byProvider = new Map(
    providers.flatMap(({ name, caFile: file }) => (file ? [[name, [...usual, file]]] : [])),
  )
  return (provider) => byProvider.get(provider) ?? usual
}

/**
 * TLS contexts with Node's authorities and those of `SSL_CERT_FILE` and of the config. Node itself
 * reads `NODE_EXTRA_CA_CERTS`, but not `SSL_CERT_FILE`, which other programs use. A file that cannot be
 * read is left out, and `note` gets the reason. A context is made at first use, because loading some
 * 150 certificates takes as long as the rest of a daemon's start.
 */
export function secureContexts(env: Env, note: (text: string) => void): SecureContextFor {
  const made = new Map<string, SecureContext | undefined>()
  return (files) => {
    const key = files.join('\n')
    if (!made.has(key)) made.set(key, contextOf(env, files, note))
    return made.get(key)
  }
}

function contextOf(
  env: Env,
  files: readonly string[],
  note: (text: string) => void,
): SecureContext | undefined {
  const ignored = (name: string, cause: unknown): void => {
    note(`${name} is ignored: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  const read = (name: string, file: string | undefined): readonly string[] => {
    if (!file) return []
    try {
      return [readFileSync(file, 'utf8')]
    } catch (cause) {
      ignored(name, cause)
      return []
    }
  }
  const named = [
    ...read('SSL_CERT_FILE', env['SSL_CERT_FILE']),
    ...files.flatMap((file) => read(file, file)),
  ]
  if (named.length === 0) return undefined
  const extra = read('NODE_EXTRA_CA_CERTS', env['NODE_EXTRA_CA_CERTS'])
  try {
    return tls.createSecureContext({ ca: [...nodeAuthorities(), ...extra, ...named] })
  } catch (cause) {
    ignored(['SSL_CERT_FILE', ...files].join(', '), cause)
    return undefined
  }
}

/** Node's authorities. Newer versions also list the system's, if Node uses them (`NODE_USE_SYSTEM_CA`). */
function nodeAuthorities(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (of: 'default') => readonly string[] }
  return getCACertificates?.('default') ?? tls.rootCertificates
}

/** The TLS options that trust these authorities. */
export function tlsOptions(secureContext: SecureContext | undefined): {
  readonly secureContext?: SecureContext
} {
  return secureContext === undefined ? {} : { secureContext }
}
