/** The certificate authorities that a config names: `CA_FILE`, and `ca_file` of a provider. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../../lib/user-error.ts'
import type { Diagnostic } from '../check.ts'
import { pathOf } from '../user-files.ts'
import { pathText, PROVIDER_LISTS } from '../schema/keys.ts'
import type { Path } from '../parse/json5-locations.ts'
import type { ConfigInput } from '../schema/schema.ts'

/** Files that could not be trusted: a connection would fail later, and not say why. */
export function authorityProblems(input: ConfigInput | undefined, file: string): Diagnostic[] {
  if (input === undefined) return []
  const folder = dirname(file)
  return certificateFiles(input).flatMap(({ path, written }) => {
    const problem = written === undefined ? undefined : problemOf(pathOf(written, folder))
    return problem === undefined ? [] : [{ path, text: `${pathText(path)}: ${problem}` }]
  })
}

interface CertificateFile {
  readonly path: Path
  readonly written: string | undefined
}

function certificateFiles(input: ConfigInput): readonly CertificateFile[] {
  const ofProviders = PROVIDER_LISTS.flatMap((list) =>
    (input[list] ?? []).map((provider, index) => ({
      path: [list, index, 'ca_file'],
      written: provider.ca_file,
    })),
  )
  return [{ path: ['CA_FILE'], written: input.CA_FILE }, ...ofProviders]
}

const PEM = 'expected certificates in PEM form'
const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/** Each certificate with its marks. */
function certificatesIn(text: string): string[] {
  return text
    .split(BEGIN)
    .slice(1)
    .flatMap((part) => {
      const end = part.indexOf(END)
      return end === -1 ? [] : [BEGIN + part.slice(0, end) + END]
    })
}

function problemOf(file: string): string | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const code = errorCode(cause)
    if (code === 'ENOENT') return `there is no file ${file}; ${PEM}`
    return `${file} cannot be read (${code}); ${PEM}`
  }
  const found = certificatesIn(bytes.toString('latin1'))
  if (found.length > 0) return unreadableIn(file, found)
  return bytes[0] === 0x30 && bytes[1] === 0x82
    ? `${file} holds a certificate in DER form; expected PEM: openssl x509 -inform der -in ${file} -out ${file}.pem`
    : `${file} holds no certificate; ${PEM} (-----BEGIN CERTIFICATE-----)`
}

function unreadableIn(file: string, certificates: readonly string[]): string | undefined {
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      return `certificate ${String(index + 1)} in ${file} cannot be read (${why}); ${PEM}`
    }
  }
  return undefined
}
