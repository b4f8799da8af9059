import { describe, expect, it } from 'vitest'
import { type ErrorKind, GatewayError } from '../../messages/error.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'

const HOUR_MS = 60 * 60_000
const A = { name: 'p,m', key: 'p#1' }
const fault = (kind: ErrorKind, facts = {}) => new GatewayError(kind, `${kind}!`, facts)

describe('a circuit breaker', () => {
  it('trips after three transient failures in a row, and lets one probe through afterwards', () => {
    let now = 0
    const breaker = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    const fail = () => breaker.failed(A, fault('api_error'))
    fail()
    fail()
    expect(breaker.admits(A)).toBe(true)
    fail()
    expect(breaker.admits(A)).toBe(false)
    now = 15_000
    expect([breaker.admits(A), breaker.admits(A)]).toEqual([true, false])
    fail()
    now += 29_999
    expect(breaker.admits(A)).toBe(false)
    now += 1
    expect(breaker.admits(A)).toBe(true)
    breaker.succeeded(A)
    expect([breaker.admits(A), breaker.admits(A)]).toEqual([true, true])
  })

  it('cools down for as long as the upstream names', () => {
    let now = 0
    const breaker = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    breaker.failed(A, fault('rate_limit_error', { retryAfter: '60' }))
    now = 59_999
    expect(breaker.admits(A)).toBe(false)
    now = 60_000
    expect(breaker.admits(A)).toBe(true)
  })

  it('does not count a fault of the request', () => {
    const breaker = createCircuitBreaker(
      () => 0,
      () => 0.5,
    )
    for (let i = 0; i < 9; i += 1) breaker.failed(A, fault('invalid_request_error'))
    expect(breaker.admits(A)).toBe(true)
  })

  it('cools down for a day at most, whatever the upstream names', () => {
    const breaker = createCircuitBreaker(() => 0)
    breaker.failed(A, fault('rate_limit_error', { retryAfter: '999999999' }))
    expect(breaker.cooldownMs(A)).toBe(24 * HOUR_MS)
  })

  it('lets another probe go when one is lost', () => {
    let now = 0
    const breaker = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    breaker.failed(A, fault('rate_limit_error', { retryAfter: '1' }))
    now = 1000
    expect([breaker.admits(A), breaker.admits(A)]).toEqual([true, false])
    now += 30_000
    expect([breaker.admits(A), breaker.admits(A)]).toEqual([true, false])
  })

  it('closes when a probe meets a fault of the request', () => {
    let now = 0
    const breaker = createCircuitBreaker(() => now)
    breaker.failed(A, fault('rate_limit_error', { retryAfter: '1' }))
    now = 1000
    breaker.admits(A)
    breaker.failed(A, fault('invalid_request_error'))
    expect([breaker.admits(A), breaker.admits(A)]).toEqual([true, true])
  })

  it('trips when half of the requests fail, though never three in a row', () => {
    const breaker = createCircuitBreaker(() => 0)
    const steps = [1, 0, 1, 1, 0]
    for (const failed of steps) {
      if (failed) breaker.failed(A, fault('api_error'))
      else breaker.succeeded(A)
    }
    expect(breaker.admits(A)).toBe(true)
    breaker.failed(A, fault('api_error'))
    expect(breaker.admits(A)).toBe(false)
  })

  it('keeps a refused key out for all models', () => {
    const breaker = createCircuitBreaker(() => 0)
    breaker.failed(A, fault('authentication_error'))
    expect(breaker.admits({ name: 'p,other', key: A.key })).toBe(false)
    expect(breaker.admits({ name: 'p,m#2', key: 'p#2' })).toBe(true)
  })

  it.each([
    ['a transient failure', fault('rate_limit_error', { retryAfter: '60' })],
    ['a refused key', fault('authentication_error')],
  ])('has no longer cooldown after %s when the clock is set back', (_, error) => {
    let now = 10 * HOUR_MS
    const breaker = createCircuitBreaker(() => now)
    breaker.failed(A, error)
    now -= HOUR_MS
    expect(breaker.cooldownMs(A)).toBe(0)
    expect([breaker.admits(A), breaker.admits(A)]).toEqual([true, false])
    now += 30_000
    expect(breaker.admits(A)).toBe(true)
    breaker.failed(A, error)
    expect(breaker.admits(A)).toBe(false)
  })

  it('judges by what came last, whatever the clock was before', () => {
    let now = 10 * HOUR_MS
    const breaker = createCircuitBreaker(() => now)
    const steps = [1, 0, 1, 1, 0]
    for (const failed of steps) {
      if (failed) breaker.failed(A, fault('api_error'))
      else breaker.succeeded(A)
    }
    now -= HOUR_MS
    breaker.failed(A, fault('api_error'))
    expect(breaker.admits(A)).toBe(true)
  })

  it('cools down longer each time, up to two minutes, and starts over after a success', () => {
    let now = 0
    const breaker = createCircuitBreaker(
      () => now,
      () => 0.5,
    )
    for (let i = 0; i < 2; i += 1) breaker.failed(A, fault('api_error'))
    const rests = [15_000, 30_000, 60_000, 120_000, 120_000].map(() => {
      breaker.failed(A, fault('api_error'))
      const ms = breaker.cooldownMs(A)
      now += ms
      expect(breaker.admits(A)).toBe(true)
      return ms
    })
    expect(rests).toEqual([15_000, 30_000, 60_000, 120_000, 120_000])
    breaker.succeeded(A)
    for (let i = 0; i < 3; i += 1) breaker.failed(A, fault('api_error'))
    expect(breaker.cooldownMs(A)).toBe(15_000)
  })

  it('spreads cooldowns, so that what failed together does not come back together', () => {
    const rest = (random: number): number => {
      const breaker = createCircuitBreaker(
        () => 0,
        () => random,
      )
      breaker.failed(A, fault('authentication_error'))
      return breaker.cooldownMs(A)
    }
    const half = 30 * 60_000
    expect([rest(0), rest(0.5), rest(1)]).toEqual([half * 0.9, half, half * 1.1])
  })

  it('counts failures in a row: one answer in between begins anew', () => {
    let now = 0
    const breaker = createCircuitBreaker(() => now)
    for (let round = 0; round < 5; round += 1) {
      breaker.failed(A, fault('api_error'))
      breaker.failed(A, fault('api_error'))
      breaker.succeeded(A)
      breaker.succeeded(A)
      now += 60_000
    }
    expect(breaker.admits(A)).toBe(true)
  })

  it('forgets what failed long ago', () => {
    let now = 0
    const breaker = createCircuitBreaker(() => now)
    for (let i = 0; i < 2; i += 1) breaker.failed(A, fault('api_error'))
    breaker.succeeded(A)
    breaker.failed(A, fault('api_error'))
    now += 30_000
    breaker.failed(A, fault('api_error'))
    breaker.succeeded(A)
    for (let i = 0; i < 2; i += 1) breaker.failed(A, fault('api_error'))
    expect(breaker.admits(A)).toBe(true)
  })

  it('does not count what ccr itself refuses', () => {
    const breaker = createCircuitBreaker(() => 0)
    breaker.failed(A, fault('billing_error', { origin: 'gateway' }))
    expect(breaker.cooldownMs(A)).toBe(0)
    breaker.failed(A, fault('billing_error'))
    expect(breaker.cooldownMs({ name: 'p,other', key: A.key })).toBeGreaterThan(0)
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
    const breaker = createCircuitBreaker(() => 0)
    for (let i = 0; i < 3; i += 1) breaker.failed(A, fault(kind))
    expect(breaker.admits(A)).toBe(harmed === 'nothing')
    expect(breaker.admits({ name: 'p,other', key: A.key })).toBe(harmed !== 'key')
  })

  it.each<[ErrorKind, boolean]>([
    ['permission_error', false],
    ['authentication_error', false],
    ['timeout_error', true],
    ['overloaded_error', true],
    ['rate_limit_error', true],
  ])('%s once: it is still admitted: %s', (kind, isAdmitted) => {
    const breaker = createCircuitBreaker(() => 0)
    breaker.failed(A, fault(kind))
    expect(breaker.admits(A)).toBe(isAdmitted)
  })

  it('says what is left of a cooldown', () => {
    let now = 0
    const breaker = createCircuitBreaker(() => now)
    expect(breaker.cooldownMs(A)).toBe(0)
    breaker.failed(A, fault('rate_limit_error', { retryAfter: '60' }))
    now = 20_000
    expect(breaker.cooldownMs(A)).toBe(40_000)
  })
})
