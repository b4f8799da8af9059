import { expect, it } from 'vitest'
import type { Logger } from '../../lib/log.ts'
import { GatewayError } from '../../messages/error.ts'
import { RequestMetrics } from './request-metrics.ts'

const USAGE = { input_tokens: 1, output_tokens: 2 }

it('nothing of a target that failed stays for the next one but that it failed', () => {
  const metrics = new RequestMetrics('default')
  metrics.attempt('a,m#1', 'a,m')
  metrics.dropped(['top_k'])
  metrics.usage(USAGE, 0.25)
  metrics.stopped('end_turn')
  metrics.hop({ lane: 'a,m#1', kind: 'api_error', status: 502 })
  metrics.attempt('b,n', 'b,n')
  expect(metrics.measured()).toEqual({
    reason: 'default',
    target: 'b,n',
    attempts: 2,
    dropped: [],
    usage: undefined,
    reportedUsd: undefined,
    stopReason: undefined,
    ttftMs: undefined,
  })
  expect([metrics.candidateName, metrics.droppedCount, metrics.inputTokens]).toEqual(['b,n', 0, 0])
  expect(metrics.headers()).toEqual({
    'x-ccr-model': 'b,n',
    'x-ccr-route': 'default',
    'x-ccr-hops': 'a,m#1 502 api_error',
  })
  expect(metrics.traced()).toEqual({
    asked: 'b,n',
    lent: null,
    dropped: [],
    hops: [{ lane: 'a,m#1', kind: 'api_error', status: 502 }],
  })
})

it('what serves instead of the target is named with its reason, until its target serves after all', () => {
  const metrics = new RequestMetrics('default')
  metrics.attempt('brave,web-search', 'brave,web-search')
  metrics.reroute('lend: web search')
  expect(metrics.traced()).toMatchObject({ asked: 'brave,web-search', lent: 'lend: web search' })
  metrics.reroute('default')
  expect(metrics.traced()).toMatchObject({ lent: null })
})

it('what a target cannot express is named once, however often it is found', () => {
  const metrics = new RequestMetrics('default')
  metrics.attempt('a,m', 'a,m')
  metrics.dropped(['top_k', 'thinking'])
  metrics.dropped(['thinking', 'metadata'])
  expect(metrics.headers()['x-ccr-dropped']).toBe('top_k, thinking, metadata')
  expect(metrics.droppedCount).toBe(3)
})

it('all input counts, from a cache or not; nothing before the provider has counted', () => {
  const metrics = new RequestMetrics('default')
  expect(metrics.inputTokens).toBe(0)
  metrics.usage({ ...USAGE, cache_read_input_tokens: 10, cache_creation_input_tokens: 100 })
  expect(metrics.inputTokens).toBe(111)
})

it('the time to the first piece is that of the first piece', async () => {
  const metrics = new RequestMetrics('default')
  expect(metrics.measured().ttftMs).toBeUndefined()
  metrics.arrived()
  const first = metrics.measured().ttftMs
  expect(first).toBeGreaterThanOrEqual(0)
  const began = performance.now()
  while (performance.now() - began < 5) await Promise.resolve()
  metrics.arrived()
  expect(metrics.measured().ttftMs).toBe(first)
})

function loggedBy(end: (metrics: RequestMetrics, log: Logger) => void): [string, object, string] {
  const lines: [string, object, string][] = []
  const writes = (level: string) => (fields: object, text: string) =>
    void lines.push([level, fields, text])
  const log = { info: writes('info'), warn: writes('warn') } as unknown as Logger
  const metrics = new RequestMetrics('think')
  metrics.attempt('a,m', 'a,m')
  metrics.usage(USAGE)
  end(metrics, log)
  expect(lines).toHaveLength(1)
  return lines[0] as [string, object, string]
}

it('the log has one line for a request: how it went, who answered, what it took', () => {
  const well = loggedBy((metrics, log) => metrics.end(log, { error: undefined, hungUp: false }))
  expect(well).toMatchObject([
    'info',
    { target: 'a,m', route: 'think', status: 200, usage: USAGE },
    'request',
  ])
  expect(well[1]).not.toHaveProperty('hops')
  expect(well[1]).not.toHaveProperty('dropped')
  const error = new GatewayError('overloaded_error', 'busy', { cause: 'why' })
  const failed = loggedBy((metrics, log) => {
    metrics.dropped(['top_k'])
    metrics.hop({ lane: 'b', kind: 'api_error', status: 500 })
    metrics.end(log, { error, hungUp: false })
  })
  expect(failed).toMatchObject([
    'warn',
    { status: 529, kind: 'overloaded_error', cause: 'why', dropped: ['top_k'] },
    'busy',
  ])
  expect(failed[1]).toMatchObject({ hops: [{ lane: 'b' }] })
  const left = loggedBy((metrics, log) => metrics.end(log, { error, hungUp: true }))
  expect(left).toMatchObject(['info', {}, 'request: the client hung up'])
})
