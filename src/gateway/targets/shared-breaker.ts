/**
 * What one session learns of a provider's trouble spares the others. Nobody waits for the store:
 * what a session learns is written behind its back, and what others learnt is looked up when
 * requests come, for the requests after them. A session without requests does nothing.
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
import { type CircuitBreaker, type BreakerKey, cooldownLeft } from './circuit-breaker.ts'

export interface SharedBreakerParts {
  readonly own: CircuitBreaker
  readonly store: Store
  /** Tells the accounts of a provider's keys apart: other configs may have others by that name. */
  readonly accountOf: (key: string) => string
  /** ms since 1970; it may be set back. */
  readonly now?: () => number
}

/** What others know is at most so old when a request is decided, while requests come, ms. */
const LOOK_MS = 1_000
/** Rests shorter than this are over before others hear of them, ms. */
const SHORTEST_MS = 2_000

/** Faults of the key, whatever model it is used for. */
const OF_KEY: ReadonlySet<ErrorKind> = new Set(['authentication_error', 'billing_error'])

/** The health of a daemon, with what the other daemons of the home know. */
export function createSharedBreaker({
  own,
  store,
  accountOf,
  now = Date.now,
}: SharedBreakerParts): CircuitBreaker {
  const holder = `${String(process.pid)}-${randomBytes(4).toString('hex')}`
  /** The rests that others learnt of. */
  let others = new Map<string, Cooldown>()
  /** The rests that we have told. */
  const told = new Map<string, Cooldown>()
  let lookedAt = 0

  const namesOf = ({ name, key }: BreakerKey): readonly [string, string] => {
    const account = accountOf(key)
    return [`${account} ${name}`, `${account} ${key}`]
  }
  const look = (): void => {
    if (Math.abs(now() - lookedAt) < LOOK_MS) return
    lookedAt = now()
    store
      .read((db) => cooldownsElsewhere(db, holder, now()))
      .then((rests) => {
        others = new Map(rests.map((rest) => [rest.lane, rest]))
      })
      .catch(() => undefined)
  }
  const restOfOthers = (lane: BreakerKey): number =>
    Math.max(...namesOf(lane).map((name) => leftOf(others.get(name), now())))

  const tell = (lane: BreakerKey, kind: ErrorKind): void => {
    const [ofModel, ofKey] = namesOf(lane)
    const name = OF_KEY.has(kind) ? ofKey : ofModel
    const at = now()
    const until = at + own.cooldownMs(lane)
    if (until - at - leftOf(told.get(name), at) < SHORTEST_MS) return
    const rest = { lane: name, at, until }
    told.set(name, rest)
    void store
      .write((db) => {
        removeOldCooldowns(db, now())
        putCooldown(db, { ...rest, kind, holder })
      })
      .catch(() => undefined)
  }
  const recover = (lane: BreakerKey): void => {
    for (const name of namesOf(lane)) {
      const isKnown = [told.delete(name), others.delete(name)].includes(true)
      if (isKnown) void store.write((db) => endCooldown(db, name)).catch(() => undefined)
    }
  }

  return {
    admits(lane) {
      look()
      return restOfOthers(lane) === 0 && own.admits(lane)
    },
    succeeded(lane) {
      own.succeeded(lane)
      recover(lane)
    },
    failed(lane, error) {
      own.failed(lane, error)
      if (error.origin !== 'gateway') tell(lane, error.kind)
    },
    cooldownMs: (lane) => Math.max(own.cooldownMs(lane), restOfOthers(lane)),
  }
}

function leftOf(rest: Cooldown | undefined, now: number): number {
  return rest === undefined ? 0 : cooldownLeft(rest.at, rest.until, now)
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
