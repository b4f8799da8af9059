/** The guard of a running session while `APIKEY` and `REQUIRE_TOKEN` of its config may change. */
import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/log.ts'
import { type Access, accessOf, createGuard, type Guard, isPublicHost } from '../server/guard.ts'

export interface ReloadableGuard extends Guard {
  /** Who may use models now. */
  readonly access: Access
  /** Requests that were answered without token or key and will not be any more. */
  readonly unproved: number
  /** Goes by another config from now on. */
  follow(config: Config): void
}

export interface Bound {
  readonly host: string
  readonly port: () => number
  readonly token: string
  readonly isDefault: boolean
  readonly log: Logger
}

/** @param bound what the server binds, which stays as it is; the session's token does, too. */
export function createReloadableGuard(first: Config, bound: Bound): ReloadableGuard {
  let unproved = 0
  const onUnproved = (): void => {
    unproved += 1
    if (unproved === 1) bound.log.warn({}, UNPROVED)
  }
  const open = ({ apiKey, requireToken }: Config): Guard =>
    createGuard({ ...bound, apiKey, requireToken, onUnproved })
  let config = first
  let current = open(first)
  return {
    admitRequest: (req) => current.admitRequest(req),
    admitClient: (req) => current.admitClient(req),
    admitControl: (req) => current.admitControl(req),
    get access() {
      return accessOf({ ...config, isDefault: bound.isDefault })
    },
    get unproved() {
      return unproved
    },
    follow(next) {
      // A port that other machines reach stays locked until it is closed.
      if (next.apiKey === '' && isPublicHost(bound.host)) return
      config = next
      current = open(next)
    },
  }
}

const UNPROVED =
  "a request without the session's token was answered: the next version refuses it. " +
  'Start that client with ccr code or ccr env, or set REQUIRE_TOKEN to false in the config'
