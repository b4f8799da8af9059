/** Which proxy a request goes through: the config's, or the one of the environment. */
import { BlockList, isIP } from 'node:net'
import { isLoopback } from '../lib/loopback.ts'

/** How this machine reaches the network. */
export interface Network {
  /** `PROXY_URL` of the config; '' means that the environment's proxy is used, if any. */
  readonly proxyUrl: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Proxy {
  readonly url: URL
  /** The setting or variable that names the proxy: `PROXY_URL`, `HTTPS_PROXY`, … */
  readonly setBy: string
}

/** The proxy for a URL; undefined for a direct connection. */
export type ProxyFor = (url: URL) => Proxy | undefined

/** Lower case first, as in curl. `ALL_PROXY` takes precedence over the variable of the other scheme. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
}

/**
 * The proxies of the config and the environment. This machine and the hosts in `NO_PROXY` are reached
 * directly, also if the config names the proxy.
 */
export function proxies({ proxyUrl, env }: Network): ProxyFor {
  const isDirect = noProxy(env['no_proxy'] || env['NO_PROXY'] || '')
  const configured = proxyUrl === '' ? undefined : parse(proxyUrl, 'PROXY_URL')
  const named = (scheme: string): Proxy | undefined => {
    const name = VARIABLES[scheme]?.find((variable) => env[variable])
    return name === undefined ? undefined : parse(env[name] ?? '', name.toUpperCase())
  }
  const secure = configured ?? named('https:')
  const plain = configured ?? named('http:')
  if (secure === undefined && plain === undefined) return () => undefined
  return (url) => {
    const proxy = url.protocol === 'https:' ? secure : plain
    return proxy === undefined || isLoopback(url.hostname) || isDirect(url) ? undefined : proxy
  }
}

/** Variables often hold just `host:port`, which means an HTTP proxy. */
function parse(written: string, setBy: string): Proxy | undefined {
  const text = written.trim()
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  return URL.canParse(whole) ? { url: new URL(whole), setBy } : undefined
}

const PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' }

/** `NO_PROXY`: names with their subdomains, addresses, networks (`10.0.0.0/8`), each with or without `:PORT`. */
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
    const address = withoutBrackets(hostname)
    return isIP(address) !== 0 && listed.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
}

function nameTest(entry: string): (url: URL) => boolean {
  const [, host = '', port] =
    /^(.+?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
  const name = withoutBrackets(host.replace(/^\*?\./, ''))
  return (url) => {
    if (port !== undefined && port !== (url.port || PORTS[url.protocol])) return false
    const hostname = withoutBrackets(url.hostname)
    return hostname === name || hostname.endsWith(`.${name}`)
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The proxy for messages, without user and password. */
export function proxyText({ url, setBy }: Proxy): string {
  return `the proxy ${url.protocol}//${url.host} (${setBy})`
}
