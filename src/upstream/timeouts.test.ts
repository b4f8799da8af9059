import { expect, it } from 'vitest'
import { timeoutsFrom } from './timeouts.ts'

const provider = { url: '', apiKey: '', models: [], missing: [] }

it('a provider without own limits may be silent for as long as the client waits', () => {
  const limits = timeoutsFrom({ apiTimeoutMs: 600_000, providers: [{ ...provider, name: 'p' }] })
  const usual = { connectMs: 10_000, firstByteMs: 600_000, idleMs: 600_000 }
  expect(limits('p')).toEqual(usual)
  expect(limits('demo')).toEqual(usual)
})

it('a provider has its own limits, each for itself', () => {
  const timeouts = { connect: 1_000, firstByte: 5_000 }
  const limits = timeoutsFrom({
    apiTimeoutMs: 600_000,
    providers: [
      { ...provider, name: 'p', timeouts },
      { ...provider, name: 'q', timeouts: { idle: 7 } },
    ],
  })
  expect(limits('p')).toEqual({ connectMs: 1_000, firstByteMs: 5_000, idleMs: 600_000 })
  expect(limits('q')).toMatchObject({ connectMs: 10_000, idleMs: 7 })
})
