import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { createHotSwap, type Opened } from './hot-swap.ts'

const req = new IncomingMessage(new Socket())
const res = new ServerResponse(req)
const body = Buffer.alloc(0)

interface Fake extends Opened {
  closed: boolean
  /** Ends the request that runs longest. */
  finish(): void
}

function fake(): Fake {
  const waiting: (() => void)[] = []
  const counters = { served: 0, running: 0, dropped: 0 }
  const messages = async (): Promise<void> => {
    counters.running += 1
    await new Promise<void>((resolve) => waiting.push(resolve))
    counters.running -= 1
    counters.served += 1
    counters.dropped += 2
  }
  const opened: Fake = {
    closed: false,
    finish: () => waiting.shift()?.(),
    close: () => {
      opened.closed = true
      return Promise.resolve()
    },
    gateway: {
      messages,
      countTokens: messages,
      models: () => undefined,
      counters,
      close: () => Promise.resolve(),
    },
  }
  return opened
}

it('a request ends on the gateway it began on, which is closed only then', async () => {
  const [a, b] = [fake(), fake()]
  const one = createHotSwap(a)
  const old = one.gateway.messages(req, res, body)
  one.replace(b)
  const young = one.gateway.messages(req, res, body)
  expect(one.gateway.counters).toMatchObject({ served: 0, running: 2 })
  expect(a.closed).toBe(false)
  a.finish()
  await old
  expect(a.closed).toBe(true)
  b.finish()
  await young
  expect(b.closed).toBe(false)
  expect(one.gateway.counters).toMatchObject({ served: 2, running: 0, dropped: 4 })
})

it('a gateway without requests is closed at once', () => {
  const [a, b, c] = [fake(), fake(), fake()]
  const one = createHotSwap(a)
  one.replace(b)
  one.replace(c)
  expect([a.closed, b.closed, c.closed]).toEqual([true, true, false])
})

it('closing closes what still runs, old or new', async () => {
  const [a, b] = [fake(), fake()]
  const one = createHotSwap(a)
  void one.gateway.messages(req, res, body)
  one.replace(b)
  await one.gateway.close()
  expect([a.closed, b.closed]).toEqual([true, true])
})
