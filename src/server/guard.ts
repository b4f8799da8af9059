/**
 * Decides who may use the port. Every program of the machine can reach it, and every web page in a
 * browser of the machine can try.
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
  /** `REQUIRE_TOKEN`; null when the config does not say. */
  readonly requireToken: boolean | null
  /** The default session, whose port stands in settings of editors from before there were tokens. */
  readonly isDefault: boolean
  /** Called for each request that was answered without token or key, where that will end. */
  readonly onUnproved?: () => void
}

/**
 * Who may use models: `closed` to all without the session's token or `APIKEY`, `open` to every
 * program that reaches the port, or `counted`: open for this version, closed from the next one on.
 */
export type Access = 'closed' | 'open' | 'counted'

export function accessOf({
  apiKey,
  requireToken,
  isDefault,
}: Pick<GuardSettings, 'apiKey' | 'requireToken' | 'isDefault'>): Access {
  if (apiKey !== '' || requireToken === true) return 'closed'
  return requireToken === false || isDefault ? 'open' : 'counted'
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
  const { token, apiKey } = settings
  const access = accessOf(settings)
  const isToken = isSecret(token)
  const isKey = apiKey === '' ? () => false : isSecret(apiKey)
  const accepts = (given: string): boolean => isToken(given) || isKey(given)
  return {
    admitRequest(req) {
      const { host, origin, 'sec-fetch-site': site } = req.headers
      refuseIrregular(req)
      const named = [host ?? '', ...authorityOf(req.url)]
      if (!named.every((name) => isServedHost(name, settings))) {
        throw forbidden('the Host header does not name this server.')
      }
      if (origin !== undefined && !isServedOrigin(origin, settings)) {
        throw forbidden('web pages of another origin may not use it.')
      }
      if (site !== undefined && !SAME_ORIGIN_SITES.has(site.toLowerCase())) {
        throw forbidden('web pages of another origin may not use it.')
      }
    },
    admitClient(req) {
      const given = credentials(req)
      if (given.some(accepts)) return
      const foreign = given.some((credential) => credential.startsWith(TOKEN_PREFIX))
      if (foreign) {
        throw unauthorized(
          'the token is not that of this session: it belongs to another one, or was changed. ' +
            '`ccr code` and `ccr env` have the right one.',
        )
      }
      if (apiKey !== '') throw unauthorized('the API key is not the APIKEY of its config.')
      if (access === 'closed') {
        throw unauthorized(
          'REQUIRE_TOKEN is set: `ccr code` and `ccr env` have the token of the session.',
        )
      }
      if (access === 'counted') settings.onUnproved?.()
    },
    admitControl(req) {
      if (credentials(req).some(isToken)) return
      throw unauthorized("this needs the session's own token.")
    },
  }
}

/**
 * What a browser says of the origin of a request (Fetch Metadata): this very origin, or the user. Other
 * values may come from pages of another port of this machine. https://www.w3.org/TR/fetch-metadata/
 */
const SAME_ORIGIN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none'])

/** More than any client sends; each header is a chance to hide another one. */
const MOST_HEADERS = 256

/** Refuses what two servers could read in two ways: RFC 9112, section 3.2. Throws GatewayError. */
function refuseIrregular({ rawHeaders, headers, url = '/' }: IncomingMessage): void {
  if (rawHeaders.length > 2 * MOST_HEADERS) {
    throw irregular(431, `The request has more than ${MOST_HEADERS} headers.`)
  }
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1) throw irregular(400, 'The request has two Host headers.')
  if (headers.host === undefined) throw irregular(400, 'The request has no Host header.')
  if (!/^(?:\/|http:\/\/)/i.test(url)) throw irregular(400, 'The request names no path.')
}

/** The server that an absolute target names; nothing for a path. */
function authorityOf(target = '/'): string[] {
  const authority = /^http:\/\/([^/?#]*)/i.exec(target)?.[1]
  return authority === undefined ? [] : [authority]
}

function irregular(status: number, why: string): GatewayError {
  return new GatewayError('invalid_request_error', why, { status, shouldRetry: false })
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

/** A name that resolves to this machine may be an attacker's; only the names of the server count. */
function isServedHost(header: string | undefined, { host, port }: GuardSettings): boolean {
  // Reached from other machines, by names we cannot know: there every use needs APIKEY or token.
  if (isWildcard(host)) return true
  const match = /^(.*?)(?::(\d+))?$/.exec((header ?? '').toLowerCase())
  const name = match?.[1] ?? ''
  if (Number(match?.[2] ?? 80) !== port()) return false
  return LOOPBACK.test(name) || name === bracketed(host.toLowerCase())
}

function isServedOrigin(origin: string, settings: GuardSettings): boolean {
  return origin.startsWith('http://') && isServedHost(origin.slice('http://'.length), settings)
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
