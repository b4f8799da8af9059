import { expect, it } from 'vitest'
import { BRAVE } from '../../../test/support/search-service.ts'
import { limiter } from '../../lib/limiter.ts'
import type { Answer } from '../../upstream/answer.ts'
import { pagesFrom } from './search-service.ts'

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}

function answerOf(status: number, body: unknown): Answer {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: bytes(JSON.stringify(body)), release: () => undefined }
}

/** A service that takes one search at a time, as the plans of Brave that allow one in a second. */
function oneAtATime() {
  let running = 0
  return {
    async send(): Promise<Answer> {
      running += 1
      const isBusy = running > 1
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return isBusy ? answerOf(429, { error: 'busy' }) : answerOf(200, BRAVE)
    },
    close: () => Promise.resolve(),
  }
}

/** Long enough for the requests that are running to end. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

it('searches that come at the same time are tried again one after the other', async () => {
  const service = { service: 'brave', apiKey: 'k', missing: [] } as const
  const parts = {
    ...{ upstream: oneAtATime(), signal: new AbortController().signal, env: {} },
    ...{ pause: turns, retries: limiter(1) },
  }
  const searches = Array.from({ length: 8 }, () => pagesFrom(service, { query: 'q' }, parts))
  const found = await Promise.all(searches)
  expect(found.map((pages) => pages.length)).toEqual(Array(8).fill(1))
})
