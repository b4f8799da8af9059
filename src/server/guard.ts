/**
 * Who may use the port. Every program of the machine can reach it, and every web page in a browser
 * of the machine can try.
 */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../messages/error.ts'
import { isSecret, TOKEN_PREFIX } from '../lib/secret.ts'

export interface GuardSettings {
  /** `HOST` of the config. */
  readonly host: string
  /** The port that is bound, as soon as it is. */
  readonly port: () => number
  readonly token: string
  /** `APIKEY`; '' when unset. */
  readonly apiKey: string
  readonly requireToken: boolean
}

/** Each check returns quietly or throws the GatewayError for the client. */
export interface Guard {
  /** The request was made for this server, and by no web page of another origin. */
  admitRequest(req: IncomingMessage): void
  /** The request may use models. */
  admitClient(req: IncomingMessage): void
  /** The request may control the daemon. */
  admitControl(req: IncomingMessage): void
}

export function createGuard(settings: GuardSettings): Guard {
  const { token, apiKey, requireToken } = settings
  const isToken = isSecret(token)
  const isKey = apiKey === '' ? () => false : isSecret(apiKey)
  const accepts = (given: string): boolean => isToken(given) || isKey(given)
  return {
    admitRequest(req) {
      const { host, origin } = req.headers
      if (!isOwnHost(host, settings)) {
        throw forbidden('the Host header does not name this server.')
      }
      if (origin !== undefined && !isOwnOrigin(origin, settings)) {
        throw forbidden('web pages of another origin may not use it.')
      }
    },
    admitClient(req) {
      const given = credentials(req)
      if (given.some(accepts)) return
      const foreign = given.some((credential) => credential.startsWith(TOKEN_PREFIX))
      if (foreign) throw unauthorized('the token belongs to another session of ccr.')
      if (apiKey !== '') throw unauthorized('the API key is not the APIKEY of its config.')
      if (requireToken) throw unauthorized('REQUIRE_TOKEN is set: only `ccr code` has the token.')
    },
    admitControl(req) {
      if (credentials(req).some(isToken)) return
      throw unauthorized("this needs the session's own token.")
    },
  }
}

/** What the client identifies itself with: it may send both headers. */
function credentials(req: IncomingMessage): string[] {
  const { authorization, 'x-api-key': key } = req.headers
  const bearer = /^bearer\s(.*)/i.exec(authorization ?? '')?.[1]
  return [bearer, key].flatMap((value) => (typeof value === 'string' ? [value.trim()] : []))
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const WILDCARD: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** True for a HOST that other machines can reach. */
export function isPublicHost(host: string): boolean {
  return !LOOPBACK.test(bracketed(host))
}

/** True for a HOST that stands for every address of the machine. */
export function isWildcard(host: string): boolean {
  return WILDCARD.has(host)
}

/** A name that resolves to us today may be an attacker's; only our own names count. */
function isOwnHost(header: string | undefined, { host, port }: GuardSettings): boolean {
  // Reached from other machines, by names we cannot know: there every use needs APIKEY or token.
  if (isWildcard(host)) return true
  const match = /^(.*?)(?::(\d+))?$/.exec((header ?? '').toLowerCase())
  const name = match?.[1] ?? ''
  if (Number(match?.[2] ?? 80) !== port()) return false
  return LOOPBACK.test(name) || name === bracketed(host.toLowerCase())
}

function isOwnOrigin(origin: string, settings: GuardSettings): boolean {
  return origin.startsWith('http://') && isOwnHost(origin.slice('http://'.length), settings)
}

/** An IPv6 address as it stands in a URL. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function forbidden(why: string): GatewayError {
  return new GatewayError('permission_error', `ccr refuses this request: ${why}`)
}

function unauthorized(why: string): GatewayError {
  return new GatewayError('authentication_error', `ccr refuses this credential: ${why}`)
}
