/** The providers that `ccr init` can set up: hosted ones by the variable of their key, local servers by their address. */
import type { HostedInit } from '../../../providers/definition.ts'
import { PROVIDERS } from '../../../providers/index.ts'

export interface HostedProvider extends HostedInit {
  readonly name: string
}

/** In the order in which the default is chosen. */
export const HOSTED_PROVIDERS: readonly HostedProvider[] = PROVIDERS.flatMap(({ id, init }) =>
  'variables' in init ? [{ name: id, ...init }] : [],
)

export interface LocalServer {
  readonly name: string
  /** What people call it. */
  readonly title: string
  /** Its address, without a path. */
  readonly origin: string
}

/** The servers that people run models with, at their default addresses. */
export const LOCAL_SERVERS: readonly LocalServer[] = PROVIDERS.flatMap(
  ({ id, title = id, init }) =>
    'origin' in init ? [{ name: id, title, origin: init.origin }] : [],
)
