import type { Counters, Gateway } from './gateway.ts'

/** A gateway with what has to be closed after it. */
export interface Opened {
  readonly gateway: Gateway
  /** Closes the gateway and what it calls. */
  readonly close: () => Promise<unknown>
}

export interface HotSwap {
  /** Hands each request to the gateway that is current when it comes. */
  readonly gateway: Gateway
  /** From now on requests go to the next gateway; the one before is closed with its last request. */
  replace(next: Opened): void
}

interface Place extends Opened {
  running: number
  retired: boolean
}

/** Lets the gateway of a running server be replaced without a request being dropped. */
export function createHotSwap(first: Opened): HotSwap {
  let current: Place = { ...first, running: 0, retired: false }
  const places = new Set([current])
  const past = { served: 0, dropped: 0 }

  const leave = (place: Place): void => {
    if (!place.retired || place.running > 0) return
    places.delete(place)
    past.served += place.gateway.counters.served
    past.dropped += place.gateway.counters.dropped
    void place.close()
  }
  const handle = async (ask: (gateway: Gateway) => Promise<void>): Promise<void> => {
    const place = current
    place.running += 1
    try {
      await ask(place.gateway)
    } finally {
      place.running -= 1
      leave(place)
    }
  }
  const sum = (key: keyof Counters): number =>
    [...places].reduce((total, { gateway }) => total + gateway.counters[key], 0)

  return {
    gateway: {
      messages: (req, res, body) => handle((gateway) => gateway.messages(req, res, body)),
      countTokens: (req, res, body) => handle((gateway) => gateway.countTokens(req, res, body)),
      models: (req, res) => current.gateway.models(req, res),
      counters: {
        get served() {
          return past.served + sum('served')
        },
        get running() {
          return sum('running')
        },
        get dropped() {
          return past.dropped + sum('dropped')
        },
      },
      async close() {
        await Promise.all([...places].map(({ close }) => close()))
      },
    },
    replace(next) {
      const before = current
      current = { ...next, running: 0, retired: false }
      places.add(current)
      before.retired = true
      leave(before)
    },
  }
}
