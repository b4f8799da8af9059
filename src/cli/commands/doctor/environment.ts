/** Checks of the environment and of proxies. */
/** Checks of the environment and of proxies. */
import { existsSync } from 'node:fs'
import type { Config } from '../../../config/config.ts'
import type { Io } from '../../command.ts'
import { area, type Check } from './check.ts'

const environment = area('environment')
const proxies = area('proxies')

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Checks the variables that affect claude or the providers. */
export function environmentChecks(env: Io['env']): Check[] {
  const checks: Check[] = []
  const replaced = Object.keys(env).filter(
    (name) => env[name] && /^(ANTHROPIC_(?!CUSTOM)|CLAUDE_CODE_USE_)/.test(name),
  )
  if (replaced.length > 0) {
    const text = `${replaced.join(', ')}: set in this shell; ccr code overrides these for claude`
    checks.push(environment('note', text))
  }
  const certificates = env['NODE_EXTRA_CA_CERTS'] ?? ''
  if (certificates !== '' && !existsSync(certificates)) {
    checks.push(environment('warning', `NODE_EXTRA_CA_CERTS: ${certificates} does not exist`))
  }
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    const text = 'NODE_TLS_REJECT_UNAUTHORIZED=0: certificates of providers are not checked'
    checks.push(environment('warning', text, 'Set CA_FILE in the config to your CA instead.'))
  }
  return checks
}

/** The proxies on the way to the providers; `own`: the ports that ccr itself listens on. */
export function proxyChecks(
  config: Config | null,
  env: Io['env'],
  ccrPorts: readonly number[],
): Check[] {
  const set: (readonly [string, string])[] = PROXIES.flatMap((name) =>
    env[name] ? [[name, env[name]] as const] : [],
  )
  const configured = config?.proxyUrl ?? ''
  if (configured !== '') set.unshift(['PROXY_URL of the config', configured])
  const checks = set.map(([name, url]) => {
    if (!isCcr(url, ccrPorts)) return proxies('note', `${name}: ${withoutCredentials(url)}`)
    const hint = 'Requests to providers would loop back to ccr. Remove it.'
    return proxies('broken', `${name} is ccr itself: ${withoutCredentials(url)}`, hint)
  })
  const loops = (config?.providers ?? []).filter(({ url }) => isCcr(url, ccrPorts))
  return [
    ...checks,
    ...loops.map(({ name, url }) =>
      proxies(
        'broken',
        `the provider ${name} is ccr itself: ${url}`,
        'Correct its URL in the config.',
      ),
    ),
  ]
}

function isCcr(url: string, ccrPorts: readonly number[]): boolean {
  const text = url.includes('://') ? url : `http://${url}`
  if (!URL.canParse(text)) return false
  const { hostname, port } = new URL(text)
  return LOOPBACK.has(hostname) && ccrPorts.includes(Number(port))
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@')
}
