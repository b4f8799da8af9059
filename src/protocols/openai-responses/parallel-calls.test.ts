import { describe, expect, it } from 'vitest'
import { mayWrap, unwrapped } from './response-tool-calls.ts'

describe('a call that holds others', () => {
  it.each([
    ['parallel', true],
    ['multi_tool_use.parallel', true],
    ['multi_tool_use_parallel', true],
    ['Parallel', false],
    ['Bash', false],
    ['', false],
    [null, false],
    [undefined, false],
  ])('may be named %s: %s', (name, may) => {
    expect(mayWrap(name)).toBe(may)
  })

  it.each([
    [
      'each of them without the prefix of functions, only where it stands first',
      [
        { recipient_name: 'functions.Read', parameters: { path: '/a' } },
        { recipient_name: 'my.functions.Read', parameters: { path: '/b' } },
      ],
      [
        { name: 'Read', args: '{"path":"/a"}' },
        { name: 'my.functions.Read', args: '{"path":"/b"}' },
      ],
    ],
    [
      'one without parameters as one without arguments',
      [{ recipient_name: 'List' }, { recipient_name: 'Who', parameters: null }],
      [
        { name: 'List', args: '{}' },
        { name: 'Who', args: '{}' },
      ],
    ],
    [
      'those among things that are no uses',
      [null, 7, 'x', { recipient_name: 'Read', parameters: {} }],
      [{ name: 'Read', args: '{}' }],
    ],
  ])('gives %s', (_, uses, calls) => {
    expect(unwrapped({ name: 'parallel', args: JSON.stringify({ tool_uses: uses }) })).toEqual(
      calls,
    )
  })

  it.each([
    ['that is no JSON', '{"tool_uses":['],
    ['that is empty', ''],
    ['that is null', 'null'],
    ['without uses', '{"jobs":2}'],
    ['whose uses are no list', '{"tool_uses":"Read"}'],
    ['whose list is empty', '{"tool_uses":[]}'],
    ['whose list holds nothing', '{"tool_uses":[null]}'],
    ['one of whose uses has no name', '{"tool_uses":[{"recipient_name":"A"},{"parameters":{}}]}'],
    ['one of whose uses has an empty name', '{"tool_uses":[{"recipient_name":""}]}'],
    ['one of whose names is none', '{"tool_uses":[{"recipient_name":"A"},{"recipient_name":7}]}'],
    ['one of whose uses is only a prefix', '{"tool_uses":[{"recipient_name":"functions."}]}'],
  ])('stays as it is: one %s', (_, args) => {
    expect(unwrapped({ name: 'parallel', args })).toEqual([{ name: 'parallel', args }])
  })
})
