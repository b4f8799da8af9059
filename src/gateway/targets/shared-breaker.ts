/**
 * A circuit breaker that shares cooldowns with the other daemons of the home. No request waits for
 * the store: a cooldown is written behind the request that caused it, and those of other daemons are
 * looked up while requests come, for the requests after them. A session without requests does nothing.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import type { ErrorKind } from '../../messages/error.ts'
import {
  endCooldown,
  putCooldown,
  removeOldCooldowns,
  type Cooldown,
  cooldownsElsewhere,
} from '../../store/cooldowns.ts'
import type { Store } from '../../store/store.ts'
import {
  type CircuitBreaker,
  type BreakerKey,
  cooldownLeft,
  isKeyFault,
} from './circuit-breaker.ts'

export interface SharedBreakerParts {
  /** The breaker of this daemon. */
  readonly local: CircuitBreaker
  readonly store: Store
  /** The account of a key: in other configs the same name may stand for another account. */
  readonly accountOf: (key: string) => string
  /** ms since 1970; it may be set back. */
  readonly now?: () => number
}

/** While requests come, what is known of other daemons is at most so old, ms. */
const LOOK_MS = 1_000
/** Cooldowns shorter than this are over before other daemons learn of them, ms. */
const SHORTEST_MS = 2_000

/** The breaker of a daemon, with the cooldowns of the other daemons of the home. */
export function createSharedBreaker({
  local,
  store,
  accountOf,
  now = Date.now,
}: SharedBreakerParts): CircuitBreaker {
  const holder = `${String(process.pid)}-${randomBytes(4).toString('hex')}`
  /** The cooldowns of other daemons. */
  let elsewhere = new Map<string, Cooldown>()
  /** The cooldowns that this daemon has written. */
  const written = new Map<string, Cooldown>()
  let lookedAt = 0

  const idsOf = ({ name, key }: BreakerKey): readonly [string, string] => {
    const account = accountOf(key)
    return [`${account} ${name}`, `${account} ${key}`]
  }
  const look = (): void => {
    if (Math.abs(now() - lookedAt) < LOOK_MS) return
    lookedAt = now()
    store
      .read((db) => cooldownsElsewhere(db, holder, now()))
      .then((cooldowns) => {
        elsewhere = new Map(cooldowns.map((cooldown) => [cooldown.id, cooldown]))
      })
      .catch(() => undefined)
  }
  const leftElsewhere = (candidate: BreakerKey): number =>
    Math.max(...idsOf(candidate).map((id) => leftOf(elsewhere.get(id), now())))

  const share = (candidate: BreakerKey, kind: ErrorKind): void => {
    const [ofModel, ofKey] = idsOf(candidate)
    const id = isKeyFault(kind) ? ofKey : ofModel
    const at = now()
    const until = at + local.cooldownMs(candidate)
    if (until - at - leftOf(written.get(id), at) < SHORTEST_MS) return
    const cooldown = { id, at, until }
    written.set(id, cooldown)
    void store
      .write((db) => {
        removeOldCooldowns(db, now())
        putCooldown(db, { ...cooldown, kind, holder })
      })
      .catch(() => undefined)
  }
  const endShared = (candidate: BreakerKey): void => {
    for (const id of idsOf(candidate)) {
      const isKnown = [written.delete(id), elsewhere.delete(id)].includes(true)
      if (isKnown) void store.write((db) => endCooldown(db, id)).catch(() => undefined)
    }
  }

  return {
    admits(candidate) {
      look()
      return leftElsewhere(candidate) === 0 && local.admits(candidate)
    },
    succeeded(candidate) {
      local.succeeded(candidate)
      endShared(candidate)
    },
    failed(candidate, error) {
      local.failed(candidate, error)
      if (error.origin !== 'gateway') share(candidate, error.kind)
    },
    cooldownMs: (candidate) => Math.max(local.cooldownMs(candidate), leftElsewhere(candidate)),
  }
}

function leftOf(cooldown: Cooldown | undefined, now: number): number {
  return cooldown === undefined ? 0 : cooldownLeft(cooldown.at, cooldown.until, now)
}

/** The accounts of a config, by `provider#N`: an endpoint and a key, of which nothing can be read. */
export function accountsOf({ providers }: Pick<Config, 'providers'>): (key: string) => string {
  const known = new Map<string, string>()
  return (key) => {
    const [, name = '', number = '1'] = /^(.*)#(\d+)$/.exec(key) ?? []
    const account =
      known.get(key) ??
      accountIn(
        providers.find((one) => one.name === name),
        number,
      )
    known.set(key, account)
    return account
  }
}

function accountIn(provider: Config['providers'][number] | undefined, number: string): string {
  const { url = '', apiKey = '', apiKeys } = provider ?? {}
  const secret = apiKeys?.[Number(number) - 1] ?? apiKey
  return createHash('sha256').update(`${url}\0${secret}`).digest('hex').slice(0, 16)
}
