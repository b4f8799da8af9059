import { describe, expect, it } from 'vitest'
import { createEstimator, sizeOf } from './estimator.ts'

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

  it('learns a ratio for each target, and from nothing absurd', () => {
    const estimator = createEstimator()
    const size = { bytes: 30_000, images: 0 }
    estimator.learn('t', size, 10_000)
    estimator.learn('t', size, 0)
    estimator.learn('t', { bytes: 10, images: 0 }, 10)
    expect(estimator.estimate('t', size)).toBe(10_000)
    expect(estimator.estimate('other', size)).toBe(7_500)
  })

  it('learns from the text alone where images were counted too', () => {
    const estimator = createEstimator()
    estimator.learn('t', { bytes: 30_000, images: 2 }, 10_000 + 3_000)
    expect(estimator.estimate('t', { bytes: 30_000, images: 0 })).toBe(10_000)
    expect(estimator.estimate('t', { bytes: 30_000, images: 1 })).toBe(11_500)
  })

  it.each([
    ['a byte a token', 30_000, 30_000, 30_000],
    ['twelve bytes a token', 30_000, 2_500, 2_500],
    ['less than a byte a token', 30_000, 30_100, 7_500],
    ['more than twelve bytes a token', 30_000, 2_400, 7_500],
    ['the smallest request that says enough', 2_000, 1_000, 1_000],
    ['one that says too little', 1_999, 1_000, 500],
  ])('believes %s or does not', (_, bytes, tokens, expected) => {
    const estimator = createEstimator()
    estimator.learn('t', { bytes, images: 0 }, tokens)
    expect(estimator.estimate('t', { bytes, images: 0 })).toBe(expected)
  })

  it('goes with the newest count', () => {
    const estimator = createEstimator()
    const size = { bytes: 30_000, images: 0 }
    estimator.learn('t', size, 10_000)
    estimator.learn('t', size, 15_000)
    expect(estimator.estimate('t', size)).toBe(15_000)
  })

  it('is never of fewer bytes than none', () => {
    const request = { model: 'm', messages: [{ role: 'user', content: [image] }] }
    expect(sizeOf(request, 100)).toEqual({ bytes: 0, images: 1 })
    const text = { type: 'document', source: { type: 'text', data: 'A'.repeat(50) } }
    const other = { model: 'm', messages: [{ role: 'user', content: [text, { type: 'text' }] }] }
    expect(sizeOf(other, 100)).toEqual({ bytes: 50, images: 0 })
  })
})
