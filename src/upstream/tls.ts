import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Config } from '../config/config.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The authorities in `files` besides Node's own; undefined for Node's own choice. */
export type Trust = (files: readonly string[]) => SecureContext | undefined

/** The files of authorities that the config names for a provider. */
export function authoritiesOf({
  providers,
  caFile,
}: Pick<Config, 'providers' | 'caFile'>): (provider: string) => readonly string[] {
  const usual = caFile === '' ? [] : [caFile]
  const own = new Map(
    providers.flatMap(({ name, caFile: file }) => (file ? [[name, [...usual, file]]] : [])),
  )
  return (provider) => own.get(provider) ?? usual
}

/**
 * Node reads `NODE_EXTRA_CA_CERTS` by itself, but not `SSL_CERT_FILE`, which other programs of
 * such a machine go by. Where it is set, or the config names files: Node's authorities and those of
 * all these. A file that cannot be read is left out (`note` hears why). Made when they are first
 * asked for: some 150 certificates take as long as the rest of a daemon's start.
 */
export function trustFrom(env: Env, note: (text: string) => void): Trust {
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
    return tls.createSecureContext({ ca: [...nodesOwn(), ...extra, ...named] })
  } catch (cause) {
    ignored(['SSL_CERT_FILE', ...files].join(', '), cause)
    return undefined
  }
}

/** With the system's, where Node believes them too (`NODE_USE_SYSTEM_CA`): newer ones can be asked. */
function nodesOwn(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (of: 'default') => readonly string[] }
  return getCACertificates?.('default') ?? tls.rootCertificates
}

/** What a TLS connection is made with to believe these authorities. */
export function tlsOptions(secureContext: SecureContext | undefined): {
  readonly secureContext?: SecureContext
} {
  return secureContext === undefined ? {} : { secureContext }
}
