import { describe, expect, it } from 'vitest'
import { createEstimator, sizeOf } from './estimate.ts'

const image = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(5000) },
}

describe('the estimate of input tokens', () => {
  it('counts images by rule and never as text, also inside results', () => {
    const content = [image, { type: 'tool_result', tool_use_id: 'a', content: [image] }]
    const request = { model: 'm', messages: [{ role: 'user', content }] }
    expect(sizeOf(request, 10_400)).toEqual({ bytes: 400, images: 2 })
    expect(createEstimator().estimate('t', { bytes: 400, images: 2 })).toBe(100 + 3000)
  })

  it('learns a target its own ratio, and from nothing absurd', () => {
    const estimator = createEstimator()
    const size = { bytes: 30_000, images: 0 }
    estimator.learn('t', size, 10_000)
    estimator.learn('t', size, 0)
    estimator.learn('t', { bytes: 10, images: 0 }, 10)
    expect(estimator.estimate('t', size)).toBe(10_000)
    expect(estimator.estimate('other', size)).toBe(7_500)
  })
})
