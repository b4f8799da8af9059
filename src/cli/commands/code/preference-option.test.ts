import { describe, expect, it } from 'vitest'
import { takePreference } from './preference-option.ts'

describe('--pref', () => {
  it.each([
    [['--pref', 'fast', '-p', 'hi'], 'fast', ['-p', 'hi']],
    [['--pref=fast', '-p', 'hi'], 'fast', ['-p', 'hi']],
    [['--pref', ' a,b '], 'a,b', []],
    [['--pref=-odd'], '-odd', []],
    [['--pref', 'a=b', '--pref', 'c'], 'a=b', ['--pref', 'c']],
    [['--pref=a', '--pref=b'], 'a', ['--pref=b']],
    [['--pref', 'a', '--', '--pref', 'b'], 'a', ['--', '--pref', 'b']],
  ])('in first place of %j is ccr’s', (argv, preference, rest) => {
    expect(takePreference(argv)).toEqual({ preference, argv: rest })
  })

  it.each([
    [[]],
    [['-p', 'hi']],
    [['-p', '--pref', 'fast']],
    [['hello', '--pref', 'fast']],
    [['--', '--pref', 'fast']],
    [['--preference', 'fast']],
    [['--preferred=fast']],
    [['', '--pref=fast']],
  ])('in %j is claude’s', (argv) => {
    expect(takePreference(argv)).toEqual({ preference: undefined, argv })
  })

  it.each([
    [['--pref']],
    [['--pref=']],
    [['--pref', '']],
    [['--pref', '  ', 'x']],
    [['--pref', '-p', 'hi']],
    [['--pref', '--', 'fast']],
  ])('of %j lacks its value: exit 2 with what to write', (argv) => {
    expect(() => takePreference(argv)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: 'ccr code: --pref needs a preference.',
        hint: expect.stringContaining('ccr code --pref provider,model') as string,
      }),
    )
  })
})
