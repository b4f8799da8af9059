import { expect, it, vi } from 'vitest'
import type { Attempt } from '../attempt/attempt.ts'
import type { RequestContext } from '../request-context.ts'
import type { ResolvedTarget } from '../targets/targets.ts'
import { RequestMetrics } from '../telemetry/request-metrics.ts'
import { describedAttempt } from './described-attempt.ts'
import type { Vision } from './vision.ts'

/** Other steps of the gateway begin an attempt only when its first chunk is read. */
it('names what was described also to an attempt that begins late', async () => {
  const context = {
    request: { model: 'm', messages: [] },
    size: { bytes: 1, images: 1 },
    metrics: new RequestMetrics('preference'),
  } as unknown as RequestContext
  const candidate = { name: 'text,m', model: 'text,m' } as ResolvedTarget
  const described = { request: { model: 'm', messages: [] }, size: { bytes: 9, images: 0 } }
  const vision: Vision = {
    isConfigured: true,
    takesNoImages: () => true,
    lenderFor: () => Promise.resolve({ provider: 'eye', model: 'v' }),
    describe: () => Promise.resolve({ ...described, dropped: ['image (described)'] }),
    counted: () => Promise.reject(new Error('not counted')),
  }
  const attempt = vi.fn<Attempt>(async function* ({ metrics, replaced }) {
    await Promise.resolve()
    metrics.attempt('text,m', 'text,m')
    metrics.dropped(replaced ?? [])
    yield 'chunk'
  })
  const chunks: unknown[] = []
  for await (const chunk of describedAttempt(attempt, vision)(context, candidate))
    chunks.push(chunk)
  expect(chunks).toEqual(['chunk'])
  expect(attempt.mock.calls[0]?.[0]).toMatchObject({ ...described, bytes: undefined })
  expect(context.metrics.headers()).toMatchObject({ 'x-ccr-dropped': 'image (described)' })
})
