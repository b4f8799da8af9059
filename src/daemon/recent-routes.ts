/** Remembers where the last requests of a session went, for `ccr explain last`. */
import type { RouteRecord } from '../gateway/telemetry/route-trace.ts'

/** Where the last requests of the session went, for `ccr explain last`; in memory only. */
export interface RecentRoutes {
  readonly add: (record: RouteRecord) => void
  /** The latest is the last. */
  readonly list: () => readonly RouteRecord[]
}

const MOST = 20

export function rememberRoutes(): RecentRoutes {
  const records: RouteRecord[] = []
  return {
    add(record) {
      records.push(record)
      if (records.length > MOST) records.shift()
    },
    list: () => records,
  }
}
