import { describe, expect, it } from 'vitest'
import { joinedName, ToolNames } from './tool-names.ts'

const OFFERED = new ToolNames(['Read', 'ReadFile', 'Bash', 'mcp__a__b'])

describe('a name that comes in pieces', () => {
  it.each([
    ['Read', true, 'offered, though a longer one is too'],
    ['ReadFile', true, 'offered'],
    ['Rea', false, 'the beginning of one'],
    ['ReadF', false, 'the beginning of one, behind another'],
    ['', false, 'nothing yet'],
    ['File', true, 'the end of one is a name that nobody offered'],
    ['Grep', true, 'not offered: there is nothing to wait for'],
  ])('"%s" is whole: %s (%s)', (name, isWhole) => {
    expect(OFFERED.isWhole(name)).toBe(isWhole)
  })

  it('is never whole before it has begun, also where nothing was offered', () => {
    expect(new ToolNames([]).isWhole('')).toBe(false)
    expect(new ToolNames([]).isWhole('Read')).toBe(true)
  })

  it.each([
    ['Read', true],
    ['ReadFile', false],
    ['Bash', false],
    ['ash', false],
    ['Grep', false],
    ['', true],
  ])('"%s" may go on to become another: %s', (name, mayGoOn) => {
    expect(OFFERED.mayGoOn(name)).toBe(mayGoOn)
  })

  it.each([
    ['', 'Read', 'Read', 'the first piece'],
    ['Read', '', 'Read', 'nothing more'],
    ['', '', '', 'nothing at all'],
    ['mcp__', 'a__b', 'mcp__a__b', 'the rest'],
    ['Rea', 'ReadFile', 'ReadFile', 'all of it so far'],
    ['Bash', 'Bash', 'Bash', 'all of it again'],
    ['a', 'aRead', 'aRead', 'all of it, which nobody offered'],
    ['File', 'ReadFile', 'FileReadFile', 'a piece that only ends like the one before it'],
  ])('"%s" and then "%s" is "%s": %s', (before, more, name) => {
    expect(joinedName(before, more, OFFERED)).toBe(name)
  })

  it('that repeats itself is joined where the whole of it was offered', () => {
    const offered = new ToolNames(['gogo', 'go_on'])
    expect(joinedName('go', 'go', offered)).toBe('gogo')
    expect(offered.has('gogo')).toBe(true)
    expect(offered.has('go')).toBe(false)
  })
})
