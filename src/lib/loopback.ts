/** True for the host name of a URL (IPv6 in brackets) that means this machine on every machine. */
export function isLoopback(hostname: string): boolean {
  return (
    /^(.+\.)?localhost\.?$/i.test(hostname) ||
    /^127(\.\d{1,3}){3}$/.test(hostname) ||
    LOCAL_ADDRESSES.has(hostname)
  )
}

/**
 * True for the host name of a URL that means this machine or one of the user's own network: private
 * addresses (RFC 1918, 6598, 4193), names without a dot (of containers), and the ends that networks
 * of homes and offices have (RFC 6762, 8375).
 */
export function isPrivateNetwork(hostname: string): boolean {
  return (
    isLoopback(hostname) ||
    /^(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
      hostname,
    ) ||
    /^\[f(e80|[cd][0-9a-f]{2}):/i.test(hostname) ||
    /^[^.[\]]+$/.test(hostname) ||
    /\.(local|internal|lan|home|home\.arpa|intranet)\.?$/i.test(hostname)
  )
}

/** The addresses without a machine lead to the own one as well. */
const LOCAL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '[::1]', '[::]'])
