/** Patterns for hosts. */

/**
 * Whether a host (with its port, where that is not the scheme's own) is meant by a pattern, in which
 * `*` stands for one or more parts of a name: `*.openai.azure.com`.
 */
export function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host
  const expression = pattern.replaceAll('.', '\\.').replaceAll('*', '[a-z0-9.-]{1,253}')
  // bounded: one `*` that stands for at most 253 characters, from the host's start to its end
  return new RegExp(`^${expression}$`).test(host)
}
