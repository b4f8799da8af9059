/** The guard of a running session while `APIKEY` and `REQUIRE_TOKEN` of its config may change. */
import type { Config } from '../config/config.ts'
import type { Guard } from '../server/guard.ts'
import { createGuard, isPublicHost } from '../server/guard.ts'

export interface LiveGuard extends Guard {
  /** Goes by another config from now on. */
  follow(config: Config): void
}

/** @param bound what the server binds, which stays as it is; the session's token does, too. */
export function createLiveGuard(
  first: Config,
  bound: { readonly host: string; readonly port: () => number; readonly token: string },
): LiveGuard {
  const open = ({ apiKey, requireToken }: Config): Guard =>
    createGuard({ ...bound, apiKey, requireToken })
  let current = open(first)
  return {
    admitRequest: (req) => current.admitRequest(req),
    admitClient: (req) => current.admitClient(req),
    admitControl: (req) => current.admitControl(req),
    follow(config) {
      // A port that other machines reach stays locked until it is closed.
      if (config.apiKey === '' && isPublicHost(bound.host)) return
      current = open(config)
    },
  }
}
