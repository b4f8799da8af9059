import { describe, expect, it } from 'vitest'
import { StopSequences, stopSequencesOf } from './stop-sequences.ts'

/** What can be said after each piece, at the end, and the sequence that was met. */
function passed(sequences: readonly string[], ...pieces: readonly string[]) {
  const stops = new StopSequences(sequences)
  const passed = pieces.map((piece) => stops.pass(piece))
  return { passed, rest: stops.rest(), met: stops.met }
}

describe('stop sequences', () => {
  it.each([
    [
      ['END', '\n\n'],
      ['END', '\n\n'],
    ],
    [['END', '', 3, null, ['x']], ['END']],
    [[], []],
    ['END', []],
    [{ 0: 'END' }, []],
    [null, []],
    [undefined, []],
  ])('that a request gives as %j are %j', (given, sequences) => {
    const request = { model: 'm', messages: [], stop_sequences: given }
    expect(stopSequencesOf(request)).toEqual(sequences)
  })

  it.each([
    [
      'that nothing begins',
      ['END'],
      ['one two'],
      { passed: ['one two'], rest: '', met: undefined },
    ],
    [
      'that may begin',
      ['END'],
      ['one E', 'N', ' two'],
      { passed: ['one ', '', 'EN two'], rest: '' },
    ],
    ['that may begin at the end', ['END'], ['one EN'], { passed: ['one '], rest: 'EN' }],
    ['that may begin twice', ['aab'], ['aa', 'a'], { passed: ['', 'a'], rest: 'aa' }],
    ['in one piece', ['END'], ['one END two', 'E'], { passed: ['one ', ''], rest: '', met: 'END' }],
    ['in pieces', ['END'], ['one E', 'N', 'D two'], { passed: ['one ', '', ''], met: 'END' }],
    ['of any length', ['ab', 'cdefg'], ['cdef', 'g'], { passed: ['', ''], met: 'cdefg' }],
    ['the first in the text', ['b', 'a'], ['-a-b'], { passed: ['-'], met: 'a' }],
    ['the first of the request', ['ab', 'abc'], ['-abc'], { passed: ['-'], met: 'ab' }],
    ['the first of the request, longer', ['abc', 'ab'], ['-abc'], { passed: ['-'], met: 'abc' }],
  ])('end a text %s', (_, sequences, pieces, expected) => {
    expect(passed(sequences, ...pieces)).toMatchObject(expected)
  })

  it('hold back no more than may begin one, and give it once', () => {
    const stops = new StopSequences(['</end>'])
    expect(stops.pass('a long text <')).toBe('a long text ')
    expect(stops.rest()).toBe('<')
    expect(stops.rest()).toBe('')
    expect(stops.pass('/end>')).toBe('/end>')
  })
})
