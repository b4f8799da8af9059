import { describe, expect, it } from 'vitest'
import { remainder } from './response-items.ts'

describe('whole parts, held against the text that came', () => {
  it.each<readonly [readonly string[], string, readonly string[], string]>([
    [['Hel', 'lo.'], 'Hello', ['', '.'], ''],
    [['Hello', ' there', '!'], 'Hel', ['lo', ' there', '!'], ''],
    [['Hello'], 'Hello there', [''], ' there'],
    [['', 'Hi', ''], 'Hi', ['', '', ''], ''],
    [['Hi'], '', ['Hi'], ''],
    [[], 'Hi', [], 'Hi'],
    [[], '', [], ''],
  ])('%j of %j miss %j, and leave %j', (parts, text, missing, left) => {
    expect(remainder(parts, text)).toEqual({ missing, left })
  })

  it.each<readonly [readonly string[], string]>([
    [['Hello'], 'Help'],
    [['Hel', 'p'], 'Hello'],
    [['Hel', 'lo'], 'Other'],
  ])('%j are others than %j', (parts, text) => {
    expect(remainder(parts, text)).toBeUndefined()
  })
})
