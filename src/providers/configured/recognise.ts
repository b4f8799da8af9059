/** Which known provider a configured one is: by host, by name, by its transformers. */
import { isLoopback, isPrivateNetwork } from '../../lib/loopback.ts'
import type { ProviderDefinition } from '../definition.ts'
import { PROVIDERS } from '../index.ts'
import { openaiCompatible } from '../openai-compatible.ts'
import { hostMatches } from './hosts.ts'

/**
 * The definition of a configured provider: by the host of its URL, else by its name. Users name a
 * provider as they like: a name identifies a server that people run themselves, and what is behind a
 * server of the user's network, but nothing at a host on the internet.
 */
export function recognise(name: string, url: URL): ProviderDefinition {
  const plain = plainName(name)
  const byHost = PROVIDERS.find((provider) => hasHost(provider, url))
  if (byHost) return byHost
  const byName = PROVIDERS.find(({ id, names = [] }) =>
    [id, ...names].some((other) => plainName(other) === plain),
  )
  const isTrusted = byName && (isSelfHosted(byName) || isPrivateNetwork(url.hostname))
  return isTrusted ? byName : openaiCompatible
}

/** Whether people run this server themselves: no host on the internet is known to be its maker's. */
export function isSelfHosted({ hosts }: ProviderDefinition): boolean {
  return hosts.every((host) => isLoopback(host.replace(/:\d{1,5}$/, '')))
}

/** The provider that a built-in transformer was written for. */
export function providerOfTransformers(
  used: readonly { readonly name: string }[],
): ProviderDefinition | undefined {
  const known = PROVIDERS.filter(({ hasTransformer }) => hasTransformer)
  const ids = new Set(known.map(({ id }) => id))
  const named = used.find(({ name }) => ids.has(name))
  return known.find(({ id }) => id === named?.name)
}

/** Whether the URL's host is known to be this provider's. */
export function hasHost({ hosts }: ProviderDefinition, url: URL): boolean {
  return hosts.some((pattern) => hostMatches(pattern, url.host))
}

/** A name without case and punctuation: `Z.AI` is `zai`. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
