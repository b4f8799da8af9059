import { describe, expect, it } from 'vitest'
import { type ErrorKind, GatewayError } from '../../messages/error.ts'
import { createCircuitBreaker, retryAfterMs } from './circuit-breaker.ts'

const HOUR_MS = 60 * 60_000
const A = { name: 'p,m', key: 'p#1' }
const fault = (kind: ErrorKind, facts = {}) => new GatewayError(kind, `${kind}!`, facts)

describe('the health of lanes', () => {
  it('lets one rest after three transient failures in a row, and probes it once', () => {
    let now = 0
    const health = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    const fail = () => health.failed(A, fault('api_error'))
    fail()
    fail()
    expect(health.admits(A)).toBe(true)
    fail()
    expect(health.admits(A)).toBe(false)
    now = 15_000
    expect([health.admits(A), health.admits(A)]).toEqual([true, false])
    fail()
    now += 29_999
    expect(health.admits(A)).toBe(false)
    now += 1
    expect(health.admits(A)).toBe(true)
    health.succeeded(A)
    expect([health.admits(A), health.admits(A)]).toEqual([true, true])
  })

  it('rests as long as the upstream asks for', () => {
    let now = 0
    const health = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    health.failed(A, fault('rate_limit_error', { retryAfter: '60' }))
    now = 59_999
    expect(health.admits(A)).toBe(false)
    now = 60_000
    expect(health.admits(A)).toBe(true)
  })

  it('does not hold a fault of the request against the lane', () => {
    const health = createCircuitBreaker(
      () => 0,
      () => 0.5,
    )
    for (let i = 0; i < 9; i += 1) health.failed(A, fault('invalid_request_error'))
    expect(health.admits(A)).toBe(true)
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

  it('lets another probe go when one is lost', () => {
    let now = 0
    const health = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    health.failed(A, fault('rate_limit_error', { retryAfter: '1' }))
    now = 1000
    expect([health.admits(A), health.admits(A)]).toEqual([true, false])
    now += 30_000
    expect([health.admits(A), health.admits(A)]).toEqual([true, false])
  })

  it('takes a fault of the request for a sign of life of the lane that was probed', () => {
    let now = 0
    const health = createCircuitBreaker(() => now)
    health.failed(A, fault('rate_limit_error', { retryAfter: '1' }))
    now = 1000
    health.admits(A)
    health.failed(A, fault('invalid_request_error'))
    expect([health.admits(A), health.admits(A)]).toEqual([true, true])
  })

  it('lets one rest that fails half of its requests, though never thrice in a row', () => {
    const health = createCircuitBreaker(() => 0)
    const steps = [1, 0, 1, 1, 0]
    for (const failed of steps) {
      if (failed) health.failed(A, fault('api_error'))
      else health.succeeded(A)
    }
    expect(health.admits(A)).toBe(true)
    health.failed(A, fault('api_error'))
    expect(health.admits(A)).toBe(false)
  })

  it('lets a refused key rest for all models', () => {
    const health = createCircuitBreaker(() => 0)
    health.failed(A, fault('authentication_error'))
    expect(health.admits({ name: 'p,other', key: A.key })).toBe(false)
    expect(health.admits({ name: 'p,m#2', key: 'p#2' })).toBe(true)
  })

  it.each([
    ['a transient failure', fault('rate_limit_error', { retryAfter: '60' })],
    ['a refused key', fault('authentication_error')],
  ])('does not rest longer after %s when the clock is set back', (_, error) => {
    let now = 10 * HOUR_MS
    const health = createCircuitBreaker(() => now)
    health.failed(A, error)
    now -= HOUR_MS
    expect(health.cooldownMs(A)).toBe(0)
    expect([health.admits(A), health.admits(A)]).toEqual([true, false])
    now += 30_000
    expect(health.admits(A)).toBe(true)
    health.failed(A, error)
    expect(health.admits(A)).toBe(false)
  })

  it('judges by what came last, whatever the clock said before', () => {
    let now = 10 * HOUR_MS
    const health = createCircuitBreaker(() => now)
    const steps = [1, 0, 1, 1, 0]
    for (const failed of steps) {
      if (failed) health.failed(A, fault('api_error'))
      else health.succeeded(A)
    }
    now -= HOUR_MS
    health.failed(A, fault('api_error'))
    expect(health.admits(A)).toBe(true)
  })

  it('rests longer each time, up to two minutes, and from the start again once it is well', () => {
    let now = 0
    const health = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    for (let i = 0; i < 2; i += 1) health.failed(A, fault('api_error'))
    const rests = [15_000, 30_000, 60_000, 120_000, 120_000].map(() => {
      health.failed(A, fault('api_error'))
      const ms = health.cooldownMs(A)
      now += ms
      expect(health.admits(A)).toBe(true)
      return ms
    })
    expect(rests).toEqual([15_000, 30_000, 60_000, 120_000, 120_000])
    health.succeeded(A)
    for (let i = 0; i < 3; i += 1) health.failed(A, fault('api_error'))
    expect(health.cooldownMs(A)).toBe(15_000)
  })

  it('spreads rests, so that what failed together does not come back together', () => {
    const rest = (random: number): number => {
      const health = createCircuitBreaker(
        () => 0,
        () => random,
      )
      health.failed(A, fault('authentication_error'))
      return health.cooldownMs(A)
    }
    const half = 30 * 60_000
    expect([rest(0), rest(0.5), rest(1)]).toEqual([half * 0.9, half, half * 1.1])
  })

  it('counts failures in a row: one answer in between begins anew', () => {
    let now = 0
    const health = createCircuitBreaker(() => now)
    for (let round = 0; round < 5; round += 1) {
      health.failed(A, fault('api_error'))
      health.failed(A, fault('api_error'))
      health.succeeded(A)
      health.succeeded(A)
      now += 60_000
    }
    expect(health.admits(A)).toBe(true)
  })

  it('forgets what failed long ago', () => {
    let now = 0
    const health = createCircuitBreaker(() => now)
    for (let i = 0; i < 2; i += 1) health.failed(A, fault('api_error'))
    health.succeeded(A)
    health.failed(A, fault('api_error'))
    now += 30_000
    health.failed(A, fault('api_error'))
    health.succeeded(A)
    for (let i = 0; i < 2; i += 1) health.failed(A, fault('api_error'))
    expect(health.admits(A)).toBe(true)
  })

  it('holds nothing against a lane for what ccr itself refuses', () => {
    const health = createCircuitBreaker(() => 0)
    health.failed(A, fault('billing_error', { origin: 'gateway' }))
    expect(health.cooldownMs(A)).toBe(0)
    health.failed(A, fault('billing_error'))
    expect(health.cooldownMs({ name: 'p,other', key: A.key })).toBeGreaterThan(0)
  })

  it.each<[ErrorKind, 'model' | 'key' | 'nothing']>([
    ['invalid_request_error', 'nothing'],
    ['request_too_large', 'nothing'],
    ['not_found_error', 'nothing'],
    ['authentication_error', 'key'],
    ['billing_error', 'key'],
    ['permission_error', 'model'],
    ['rate_limit_error', 'model'],
    ['timeout_error', 'model'],
    ['overloaded_error', 'model'],
    ['api_error', 'model'],
  ])('%s three times harms the %s', (kind, harmed) => {
    const health = createCircuitBreaker(() => 0)
    for (let i = 0; i < 3; i += 1) health.failed(A, fault(kind))
    expect(health.admits(A)).toBe(harmed === 'nothing')
    expect(health.admits({ name: 'p,other', key: A.key })).toBe(harmed !== 'key')
  })

  it.each<[ErrorKind, boolean]>([
    ['permission_error', false],
    ['authentication_error', false],
    ['timeout_error', true],
    ['overloaded_error', true],
    ['rate_limit_error', true],
  ])('%s once: it is still asked: %s', (kind, isAsked) => {
    const health = createCircuitBreaker(() => 0)
    health.failed(A, fault(kind))
    expect(health.admits(A)).toBe(isAsked)
  })

  it('says how long one still rests', () => {
    let now = 0
    const health = createCircuitBreaker(() => now)
    expect(health.cooldownMs(A)).toBe(0)
    health.failed(A, fault('rate_limit_error', { retryAfter: '60' }))
    now = 20_000
    expect(health.cooldownMs(A)).toBe(40_000)
  })
})
