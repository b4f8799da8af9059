import { describe, expect, it } from 'vitest'
import { countRange, secondsRange, spreadOf, usdRange } from './spread.ts'

const of = (...values: (number | null)[]) => spreadOf(values)

describe('a spread', () => {
  it.each([
    [[3], { min: 3, median: 3, max: 3, known: 1 }],
    [[9, 1, 4], { min: 1, median: 4, max: 9, known: 3 }],
    [[10, 1, 9, 2], { min: 1, median: 5.5, max: 10, known: 4 }],
    [[null, 0, null], { min: 0, median: 0, max: 0, known: 1 }],
    [[null], null],
    [[], null],
  ])('of %j is %j', (values, spread) => {
    expect(spreadOf(values)).toEqual(spread)
  })

  it.each([
    [of(280, 300, 290), '280–290–300 ms'],
    [of(1200, 59_900, 12_000), '1.2–12.0–59.9 s'],
    [of(340, 2100, 123_000), '340 ms–2.1 s–2m 3s'],
    [of(61_000, 62_000, 125_000), '1m 1s–1m 2s–2m 5s'],
    [of(500, 500, 500), '500 ms'],
    [null, '-'],
  ])('of times %j is shown as %s', (spread, text) => {
    expect(secondsRange(spread)).toBe(text)
  })

  it.each([
    [of(1, 2), '1–1.5–2'],
    [of(950, 1200, 12_345), '950–1200–12.3K'],
    [of(7), '7'],
    [null, 'unknown'],
  ])('of numbers %j is shown as %s', (spread, text) => {
    expect(countRange(spread)).toBe(text)
  })

  it.each([
    [of(0.0123, 0.02, 1.5), '$0.0123–0.0200–1.50'],
    [of(0, 0.00012), '$0–0.00006–0.00012'],
    [of(0, 0), '$0'],
    [null, 'unknown'],
  ])('of amounts %j is shown as %s', (spread, text) => {
    expect(usdRange(spread)).toBe(text)
  })
})
