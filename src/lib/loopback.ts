/** True for the host name of a URL (IPv6 in brackets) that means this machine on every machine. */
export function isLoopback(hostname: string): boolean {
  return (
    /^(.+\.)?localhost\.?$/i.test(hostname) ||
    /^127(\.\d{1,3}){3}$/.test(hostname) ||
    OWN.has(hostname)
  )
}

/** The addresses without a machine lead to the own one as well. */
const OWN: ReadonlySet<string> = new Set(['0.0.0.0', '[::1]', '[::]'])
