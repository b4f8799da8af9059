import { describe, expect, it } from 'vitest'
import { GatewayError } from '../messages/error.ts'
import type { ErrorKind } from '../messages/error.ts'
import { failover } from './failover.ts'
import type { Hop, Lane } from './failover.ts'
import { createHealth, retryAfterMs } from './health.ts'

const lane = (name: string, window?: number): Lane => ({ name, window })
const fault = (kind: ErrorKind, facts = {}) => new GatewayError(kind, `${kind}!`, facts)

/** What each lane does: chunks in order; an error ends it. */
type Script = Readonly<Record<string, readonly (string | GatewayError)[]>>

async function run(
  script: Script,
  windows: Readonly<Record<string, number>> = {},
  health = createHealth(() => 0),
) {
  const opened: string[] = []
  const hops: Hop[] = []
  const chunks: string[] = []
  const [first, ...others] = Object.keys(script).map((name) => lane(name, windows[name]))
  const answer = failover({
    lanes: [first!, ...others],
    health,
    onHop: (hop) => hops.push(hop),
    gone: () => false,
    async *open({ name }) {
      opened.push(name)
      await Promise.resolve()
      for (const step of script[name] ?? []) {
        if (step instanceof GatewayError) throw step
        yield step
      }
    },
  })
  try {
    for await (const chunk of answer) chunks.push(chunk)
    return { opened, hops, chunks, error: undefined }
  } catch (error) {
    return { opened, hops, chunks, error: error as GatewayError }
  }
}

describe('failover', () => {
  it('moves on while nothing was given, and tells which lanes failed', async () => {
    const result = await run({
      a: [fault('overloaded_error')],
      b: [fault('timeout_error')],
      c: ['x', 'y'],
    })
    expect(result.chunks).toEqual(['x', 'y'])
    expect(result.hops).toEqual([
      { lane: 'a', kind: 'overloaded_error', status: 529 },
      { lane: 'b', kind: 'timeout_error', status: 504 },
    ])
  })

  it('never moves on after the first chunk', async () => {
    const result = await run({ a: ['x', fault('api_error')], b: ['y'] })
    expect(result).toMatchObject({ opened: ['a'], chunks: ['x'], error: { kind: 'api_error' } })
  })

  it('gives the error of the first lane when all fail', async () => {
    const result = await run({
      a: [fault('rate_limit_error', { retryAfter: '3' })],
      b: [fault('api_error')],
    })
    expect(result).toMatchObject({
      opened: ['a', 'b'],
      error: { kind: 'rate_limit_error', retryAfter: '3' },
    })
  })

  it("does not take the request's own fault elsewhere", async () => {
    expect((await run({ a: [fault('invalid_request_error')], b: ['x'] })).opened).toEqual(['a'])
  })

  it('takes a prompt that is too long only to a larger window', async () => {
    const long = fault('invalid_request_error', { overflow: true })
    const script = { a: [long], small: ['no'], unknown: ['no'], large: ['yes'] }
    const result = await run(script, { a: 100, small: 50, large: 200 })
    expect(result).toMatchObject({ opened: ['a', 'large'], chunks: ['yes'] })
  })

  it('tries a lane that rests last, but tries it', async () => {
    const health = createHealth(() => 0)
    health.failed('a', fault('authentication_error'))
    expect((await run({ a: ['x'], b: ['y'] }, {}, health)).opened).toEqual(['b'])
    expect((await run({ a: ['x'], b: [fault('api_error')] }, {}, health)).opened).toEqual([
      'b',
      'a',
    ])
  })
})

describe('the health of lanes', () => {
  it('lets one rest after three transient failures in a row, and probes it once', () => {
    let now = 0
    const health = createHealth(() => now)
    const fail = () => health.failed('a', fault('api_error'))
    fail()
    fail()
    expect(health.admits('a')).toBe(true)
    fail()
    expect(health.admits('a')).toBe(false)
    now = 15_000
    expect([health.admits('a'), health.admits('a')]).toEqual([true, false])
    fail()
    now += 29_999
    expect(health.admits('a')).toBe(false)
    now += 1
    expect(health.admits('a')).toBe(true)
    health.succeeded('a')
    expect([health.admits('a'), health.admits('a')]).toEqual([true, true])
  })

  it('rests as long as the upstream asks for', () => {
    let now = 0
    const health = createHealth(() => now)
    health.failed('a', fault('rate_limit_error', { retryAfter: '60' }))
    now = 59_999
    expect(health.admits('a')).toBe(false)
    now = 60_000
    expect(health.admits('a')).toBe(true)
  })

  it('does not hold a fault of the request against the lane', () => {
    const health = createHealth(() => 0)
    for (let i = 0; i < 9; i += 1) health.failed('a', fault('invalid_request_error'))
    expect(health.admits('a')).toBe(true)
  })

  it.each([
    ['7', 7000],
    ['0.5', 500],
    ['Thu, 01 Jan 1970 00:00:09 GMT', 9000],
    ['-3', 0],
    ['soon', undefined],
    ['', undefined],
    ['999999999', 24 * 60 * 60_000],
  ])('reads retry-after %j as %s ms', (value, ms) => {
    expect(retryAfterMs(value, 0)).toBe(ms)
  })
})
