import { describe, expect, it } from 'vitest'
import { familyOf } from './vendor-rules.ts'

/** Figures of the vendors' own pages, or computed by hand from their rules: see vendor-rules.ts. */
describe('an image', () => {
  it.each([
    // "1024 x 1024 … 765 tokens", "2048 x 4096 … 1105 tokens"
    ['gpt-4o', 1024, 1024, 765],
    ['gpt-4o', 2048, 4096, 1_105],
    ['gpt-4o', 512, 512, 255],
    ['openai/gpt-4o', 4096, 512, 765],
    ['gpt-4o-mini', 512, 512, 8_500],
    ['gpt-5.1', 1024, 1024, 630],
    ['o3', 1024, 1024, 675],
    ['gpt-4.1-mini', 1024, 1024, 1_659],
    // "1800 x 2400 … 1452 patches" at most 1536
    ['gpt-4.1-mini', 1800, 2400, 2_489],
    ['gpt-5-nano', 32, 33, 5],
    ['o4-mini', 32, 32, 2],
    ['gemini-2.5-pro', 384, 384, 258],
    ['gemini-2.5-pro', 385, 384, 1_032],
    ['gemini-2.5-pro', 384, 385, 1_032],
    // "960 x 540 … 3 x 2 tiles"
    ['gemini-2.5-pro', 960, 540, 1_548],
    ['gemini-2.5-pro', 540, 960, 1_548],
    ['gemini-2.5-pro', 100, 2000, 2_064],
    ['gemini-2.5-pro', 4000, 3000, 6_192],
    ['gemini-3-pro', 4000, 3000, 1_120],
    // "200 x 200 … ~54", "1000 x 1000 … ~1334"
    ['claude-sonnet-4-5', 200, 200, 54],
    ['claude-sonnet-4-5', 1000, 1000, 1_334],
    ['claude-sonnet-4-5', 1568, 1568, 1_600],
    ['claude-sonnet-4-5', 3136, 784, 820],
    ['claude-sonnet-4-5', 784, 3136, 820],
    ['of-tomorrow', 1000, 1000, 1_334],
  ])('costs in %s for %d x %d pixels %d tokens', (model, width, height, tokens) => {
    expect(familyOf(model).image({ width, height })).toBe(tokens)
  })

  it('of a size that is not known costs what a screenshot does', () => {
    const models = ['claude-sonnet-4-5', 'gpt-4o', 'gpt-4.1-mini', 'gemini-2.5-pro']
    expect(models.map((model) => familyOf(model).image(undefined))).toEqual([
      ...[1_366, 1_105, 1_620, 1_548],
    ])
  })
})

it.each([
  ['claude-opus-4-5', 1.15, 2_250],
  ['anthropic/claude-opus-4.5', 1.15, 2_250],
  ['anthropic/claude-opus-4.7', 1.3, 2_250],
  ['Claude-Opus-4-7', 1.3, 2_250],
  ['claude-sonnet-5', 1.3, 2_250],
  ['gemini-2.5-pro', 1.08, 258],
  ['gemini-3-pro', 1.08, 560],
  ['gpt-5.1', 1, 1_500],
])('text and pages of %s count as its vendor counts them', (model, perToken, pdfPage) => {
  expect(familyOf(model)).toMatchObject({ perToken, pdfPage })
})
