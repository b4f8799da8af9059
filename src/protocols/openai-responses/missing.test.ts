import { describe, expect, it } from 'vitest'
import {
  type AnswerItem,
  ItemList,
  missingArguments,
  missingOfItem,
  missingOfPart,
} from './response-items.ts'

interface Came {
  readonly kind?: string
  readonly parts?: readonly string[]
  readonly confirmed?: number
  readonly partsConfirmed?: number
  readonly isFinished?: boolean
}

/** Items of which something came, and how many units of each came again as a whole item. */
function items(...came: readonly Came[]) {
  const list = new ItemList()
  for (const { kind = 'message', parts = [], ...state } of came) {
    const item = list.add(kind, undefined, [])
    for (const [at, text] of parts.entries()) list.keep(item, at, text)
    Object.assign(item, state)
  }
  return {
    of: (at: number, parts: readonly string[]) => missingOfItem(one(list, at), parts, list.all),
    first: one(list, 0),
    confirmed: () => list.all.map(({ confirmed }) => confirmed),
  }
}

function one(list: ItemList, at: number): AnswerItem {
  const item = list.all[at]
  if (item === undefined) throw new Error('no such item')
  return item
}

describe('what of a whole item did not come yet', () => {
  it('is the end of it, part by part', () => {
    const came = items({ parts: ['Hel'] })
    expect(came.of(0, ['Hello', ' there'])).toEqual(['lo', ' there'])
    expect(came.confirmed()).toEqual([3])
  })

  it('may have come in the items of its kind that follow it, not in others', () => {
    const came = items(
      { parts: ['Start '] },
      { parts: ['Hel'] },
      { kind: 'reasoning', parts: ['hm'] },
      { parts: ['lo'] },
    )
    expect(came.of(1, ['Hello!'])).toEqual(['!'])
    expect(came.confirmed()).toEqual([0, 3, 0, 2])
  })

  it('is held against the item alone where what follows it says something else', () => {
    const came = items({ parts: ['Hel'] }, { parts: ['Other'] })
    expect(came.of(0, ['Hello'])).toEqual(['lo'])
    expect(came.confirmed()).toEqual([3, 0])
  })

  it('counts as told again only as far as the whole goes', () => {
    const came = items({ parts: ['Hello'] }, { parts: [' you!'], confirmed: 1 })
    expect(came.of(0, ['Hell'])).toEqual([''])
    expect(came.confirmed()).toEqual([4, 1])
  })

  it('is nothing where a finished item is told once more, and what is new where it says more', () => {
    const confirmed = { parts: ['Hello'], confirmed: 5, isFinished: true }
    expect(items(confirmed).of(0, ['Hello'])).toEqual([''])
    expect(items(confirmed).of(0, ['Hello', '!'])).toEqual(['', '!'])
    expect(items(confirmed).of(0, ['Hello!'])).toEqual(['!'])
    expect(items(confirmed, { parts: [' you'] }).of(0, ['Hello'])).toEqual([''])
  })

  it('is held against what was not told whole yet where the item was told in part', () => {
    const came = items({ parts: ['Hello'], confirmed: 3, isFinished: true })
    expect(came.of(0, ['lo!'])).toEqual(['!'])
    expect(came.confirmed()).toEqual([5])
  })

  it('may be all in what follows where nothing came of the item itself', () => {
    const came = items({}, { parts: ['Hi'] })
    expect(came.of(0, ['Hi'])).toEqual([''])
    expect(came.confirmed()).toEqual([0, 2])
  })

  it('is each part of which nothing came where the whole says otherwise', () => {
    const list = items({ parts: ['one, ', 'two'] })
    expect(list.of(0, ['One, ', 'two', 'three', 'wo'])).toEqual(['', '', 'three', ''])
    expect(list.confirmed()).toEqual([8])
  })
})

describe('what of a whole part did not come yet', () => {
  it.each<readonly [string, Came, number, string, string]>([
    ['its end', { parts: ['Hel'] }, 0, 'Hello', 'lo'],
    ['nothing where it is whole', { parts: ['Hello'] }, 0, 'Hello', ''],
    ['nothing where it differs from its pieces', { parts: ['Hello'] }, 0, 'Other', ''],
    ['its end, whatever came of others', { parts: ['one ', 'two'] }, 1, 'two!', '!'],
    ['all of it where nothing came', {}, 0, 'Hi', 'Hi'],
    [
      'its end under another number, behind the parts that were told whole',
      { parts: ['one two'], partsConfirmed: 4 },
      5,
      'two.',
      '.',
    ],
    [
      'nothing where it was told whole under another number',
      { parts: ['one two'], partsConfirmed: 7 },
      5,
      'two',
      '',
    ],
    [
      'all of it where all else was told whole',
      { parts: ['one two'], partsConfirmed: 7 },
      5,
      'three',
      'three',
    ],
    ['all of it where the pieces are of another', { parts: ['one two'] }, 5, ' two', ' two'],
  ])('is %s', (_, came, part, whole, missing) => {
    expect(missingOfPart(items(came).first, part, whole)).toBe(missing)
  })
})

describe('what of whole arguments did not come yet', () => {
  it.each([
    ['', '{"x":1}', '{"x":1}'],
    ['{"x":', '{"x":1}', '1}'],
    ['{"x":1}', '{"x":1}', ''],
    ['1}', '{"x":1}', ''],
    ['{}', '{"x":1}', '{"x":1}'],
    [' {}', '{"x":1}', '{"x":1}'],
    ['{"y":2}', '{"x":1}', ''],
  ])('behind %j of %j is %j', (text, whole, missing) => {
    const { first } = items({ kind: 'call', parts: [text] })
    expect(missingArguments(first, whole)).toBe(missing)
  })
})
