/** Replaces the gateway of a running server without dropping a request. */
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

interface Slot extends Opened {
  running: number
  retired: boolean
}

/** The first gateway, in a slot that others can take. */
export function createHotSwap(first: Opened): HotSwap {
  let current: Slot = { ...first, running: 0, retired: false }
  const slots = new Set([current])
  const past = { served: 0, dropped: 0 }

  const leave = (slot: Slot): void => {
    if (!slot.retired || slot.running > 0) return
    slots.delete(slot)
    past.served += slot.gateway.counters.served
    past.dropped += slot.gateway.counters.dropped
    void slot.close()
  }
  const handle = async (work: (gateway: Gateway) => Promise<void>): Promise<void> => {
    const slot = current
    slot.running += 1
    try {
      await work(slot.gateway)
    } finally {
      slot.running -= 1
      leave(slot)
    }
  }
  const sum = (key: keyof Counters): number =>
    [...slots].reduce((total, { gateway }) => total + gateway.counters[key], 0)

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
        await Promise.all([...slots].map(({ close }) => close()))
      },
    },
    replace(next) {
      const before = current
      current = { ...next, running: 0, retired: false }
      slots.add(current)
      before.retired = true
      leave(before)
    },
  }
}
