import { BlockList, isIP } from 'node:net'
import { isLoopback } from '../lib/loopback.ts'

/** How this machine reaches the network. */
export interface Network {
  /** `PROXY_URL` of the config; '' for the environment's, if any. */
  readonly proxyUrl: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Proxy {
  readonly url: URL
  /** Where it is set: `PROXY_URL`, `HTTPS_PROXY`, … */
  readonly setBy: string
}

/** Which proxy leads to a URL; undefined: none, it is reached directly. */
export type ProxyFor = (url: URL) => Proxy | undefined

/** Small letters first, as curl reads them. `ALL_PROXY` before the other scheme's own. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
}

/**
 * The proxies of the config and the environment. This machine itself, and what `NO_PROXY` lists,
 * is reached directly, whoever names the proxy.
 */
export function proxies({ proxyUrl, env }: Network): ProxyFor {
  const isDirect = noProxy(env['no_proxy'] || env['NO_PROXY'] || '')
  const own = proxyUrl === '' ? undefined : parse(proxyUrl, 'PROXY_URL')
  const named = (scheme: string): Proxy | undefined => {
    const name = VARIABLES[scheme]?.find((variable) => env[variable])
    return name === undefined ? undefined : parse(env[name] ?? '', name.toUpperCase())
  }
  const secure = own ?? named('https:')
  const plain = own ?? named('http:')
  if (secure === undefined && plain === undefined) return () => undefined
  return (url) => {
    const proxy = url.protocol === 'https:' ? secure : plain
    return proxy === undefined || isLoopback(url.hostname) || isDirect(url) ? undefined : proxy
  }
}

/** Variables often hold `host:port` alone, which means an HTTP proxy. */
function parse(written: string, setBy: string): Proxy | undefined {
  const text = written.trim()
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  return URL.canParse(whole) ? { url: new URL(whole), setBy } : undefined
}

const PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' }

/** `NO_PROXY`: names with all below them, addresses, networks (`10.0.0.0/8`), with `:PORT` or not. */
function noProxy(list: string): (url: URL) => boolean {
  const entries = list.split(/[,\s]+/).filter(Boolean)
  const tests = entries.map((entry) => {
    if (entry === '*') return () => true
    return networkTest(entry) ?? nameTest(entry.toLowerCase())
  })
  return (url) => tests.some((test) => test(url))
}

function networkTest(entry: string): ((url: URL) => boolean) | undefined {
  const [network = '', bits = ''] = entry.split('/')
  const version = isIP(network)
  const most = version === 4 ? 32 : 128
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) return undefined
  const listed = new BlockList()
  listed.addSubnet(network, Number(bits), version === 4 ? 'ipv4' : 'ipv6')
  return ({ hostname }) => {
    const address = bare(hostname)
    return isIP(address) !== 0 && listed.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
}

function nameTest(entry: string): (url: URL) => boolean {
  const [, host = '', port] =
    /^(.+?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
  const name = bare(host.replace(/^\*?\./, ''))
  return (url) => {
    if (port !== undefined && port !== (url.port || PORTS[url.protocol])) return false
    const asked = bare(url.hostname)
    return asked === name || asked.endsWith(`.${name}`)
  }
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** As it may be shown: without user and password. */
export function proxyText({ url, setBy }: Proxy): string {
  return `the proxy ${url.protocol}//${url.host} (${setBy})`
}
