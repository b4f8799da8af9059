import { expect, it } from 'vitest'
import type { Logger } from '../../lib/log.ts'
import { GatewayError } from '../../messages/error.ts'
import { RequestMetrics } from './request-metrics.ts'

const USAGE = { input_tokens: 1, output_tokens: 2 }

it('nothing of a target that failed stays for the next one but that it failed', () => {
  const meter = new RequestMetrics('default')
  meter.asking('a,m#1', 'a,m')
  meter.dropped(['top_k'])
  meter.usage(USAGE, 0.25)
  meter.stopped('end_turn')
  meter.hop({ lane: 'a,m#1', kind: 'api_error', status: 502 })
  meter.asking('b,n', 'b,n')
  expect(meter.measured()).toEqual({
    reason: 'default',
    target: 'b,n',
    attempts: 2,
    dropped: [],
    usage: undefined,
    charged: undefined,
    stopReason: undefined,
    ttftMs: undefined,
  })
  expect([meter.laneName, meter.droppedCount, meter.inputTokens]).toEqual(['b,n', 0, 0])
  expect(meter.headers()).toEqual({
    'x-ccr-model': 'b,n',
    'x-ccr-route': 'default',
    'x-ccr-hops': 'a,m#1 502 api_error',
  })
  expect(meter.traced()).toEqual({
    asked: 'b,n',
    dropped: [],
    hops: [{ lane: 'a,m#1', kind: 'api_error', status: 502 }],
  })
})

it('what a target cannot express is named once, however often it is found', () => {
  const meter = new RequestMetrics('default')
  meter.asking('a,m', 'a,m')
  meter.dropped(['top_k', 'thinking'])
  meter.dropped(['thinking', 'metadata'])
  expect(meter.headers()['x-ccr-dropped']).toBe('top_k, thinking, metadata')
  expect(meter.droppedCount).toBe(3)
})

it('all input counts, from a cache or not; nothing before the provider has counted', () => {
  const meter = new RequestMetrics('default')
  expect(meter.inputTokens).toBe(0)
  meter.usage({ ...USAGE, cache_read_input_tokens: 10, cache_creation_input_tokens: 100 })
  expect(meter.inputTokens).toBe(111)
})

it('the time to the first piece is that of the first piece', async () => {
  const meter = new RequestMetrics('default')
  async function* pieces() {
    await Promise.resolve()
    yield 'a'
    yield 'b'
  }
  const reply = { contentType: 'x', headers: () => ({}), streamed: true, chunks: pieces() }
  const watched = meter.watch(reply)
  expect(meter.measured().ttftMs).toBeUndefined()
  await watched.chunks.next()
  const first = meter.measured().ttftMs
  expect(first).toBeGreaterThanOrEqual(0)
  const began = performance.now()
  while (performance.now() - began < 5) await Promise.resolve()
  await watched.chunks.next()
  expect(meter.measured().ttftMs).toBe(first)
})

function loggedBy(end: (meter: RequestMetrics, log: Logger) => void): [string, object, string] {
  const lines: [string, object, string][] = []
  const writes = (level: string) => (fields: object, text: string) =>
    void lines.push([level, fields, text])
  const log = { info: writes('info'), warn: writes('warn') } as unknown as Logger
  const meter = new RequestMetrics('think')
  meter.asking('a,m', 'a,m')
  meter.usage(USAGE)
  end(meter, log)
  expect(lines).toHaveLength(1)
  return lines[0] as [string, object, string]
}

it('the log has one line for a request: how it went, who answered, what it took', () => {
  const well = loggedBy((meter, log) => meter.end(log, { error: undefined, hungUp: false }))
  expect(well).toMatchObject([
    'info',
    { target: 'a,m', route: 'think', status: 200, usage: USAGE },
    'request',
  ])
  expect(well[1]).not.toHaveProperty('hops')
  expect(well[1]).not.toHaveProperty('dropped')
  const error = new GatewayError('overloaded_error', 'busy', { cause: 'why' })
  const failed = loggedBy((meter, log) => {
    meter.dropped(['top_k'])
    meter.hop({ lane: 'b', kind: 'api_error', status: 500 })
    meter.end(log, { error, hungUp: false })
  })
  expect(failed).toMatchObject([
    'warn',
    { status: 529, kind: 'overloaded_error', cause: 'why', dropped: ['top_k'] },
    'busy',
  ])
  expect(failed[1]).toMatchObject({ hops: [{ lane: 'b' }] })
  const left = loggedBy((meter, log) => meter.end(log, { error, hungUp: true }))
  expect(left).toMatchObject(['info', {}, 'request: the client hung up'])
})
