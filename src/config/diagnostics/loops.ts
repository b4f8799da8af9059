/** Warnings about endpoints and proxies that are ccr itself. */
import { isLoopback } from '../../lib/loopback.ts'
import type { Diagnostic } from '../check.ts'
import { DEFAULTS, sessionPorts } from '../defaults.ts'
import { providersKey } from '../provider-list.ts'
import { pathText } from '../schema/keys.ts'
import type { Path } from '../parse/json5-locations.ts'
import type { ConfigInput } from '../schema/schema.ts'

/** Endpoints and proxies that are ccr itself: a session that calls itself would never end. */
export function loopWarnings(input: ConfigInput): Diagnostic[] {
  const base = input.PORT ?? DEFAULTS.port
  const list = providersKey(input)
  const urls: (readonly [Path, string | undefined])[] = [
    ...(input[list] ?? []).map(
      (provider, index) => [[list, index, 'api_base_url'], provider.api_base_url] as const,
    ),
    ...PROXIES.map((key) => [[key], input[key]] as const),
  ]
  return urls.flatMap(([path, url]) =>
    isSessionUrl(url, base) ? [loopDiagnostic(path, base)] : [],
  )
}

const PROXIES = ['PROXY_URL', 'HTTPS_PROXY', 'https_proxy', 'httpsProxy'] as const

function isSessionUrl(url: string | undefined, base: number): boolean {
  if (url === undefined || !URL.canParse(url)) return false
  const { hostname, port } = new URL(url)
  return isLoopback(hostname) && portsOf(base).includes(Number(port))
}

/** Of all sessions. */
function portsOf(base: number): number[] {
  return [base, ...sessionPorts(base)]
}

function loopDiagnostic(path: Path, base: number): Diagnostic {
  const ports = `${String(Math.min(...portsOf(base)))}-${String(Math.max(...portsOf(base)))}`
  return {
    path,
    text: `${pathText(path)} is a port of ccr itself (${ports}); a session refuses to call itself`,
  }
}
