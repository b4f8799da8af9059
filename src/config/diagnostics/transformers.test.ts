import { describe, expect, it } from 'vitest'
import { warningsIn } from '../../../test/support/config-diagnostics.ts'
import { transformerWarnings } from './transformers.ts'

type Input = Parameters<typeof transformerWarnings>[0]

const SHAPE = 'expected { "use": ["name", ["name", { … }]] }'

function warningFor(transformer: string, url = 'https://p.test/v1'): unknown {
  const provider = `"name": "p", "api_base_url": "${url}", "models": ["gpt-4o"]`
  return warningsIn(`{ "Providers": [{ ${provider}, "transformer": ${transformer} }] }`)
}

describe('a transformer that does not do what it says is pointed at', () => {
  it.each([
    ['7', [['7', `transformer is ignored; ${SHAPE}`]]],
    ['{ "use": 7 }', [['7', 'use is ignored; expected a list: ["name", ["name", { … }]]']]],
    ['{ "use": ["tooluse", 7] }', [['7', 'this is ignored; expected "name" or ["name", { … }]']]],
    [
      '{ "use": ["tooluse", ["toolus", {}]] }',
      [['[', 'there is no transformer "toolus"; it is ignored; did you mean "tooluse"?']],
    ],
    ['{ "gpt-4o": 7 }', [['7', `transformer["gpt-4o"] is ignored; ${SHAPE}`]]],
    ['{ "gpt-4o": { "uses": [] } }', [['{', `transformer["gpt-4o"] is ignored; ${SHAPE}`]]],
    [
      '{ "gpt-4o": { "use": 7 } }',
      [['7', 'use is ignored; expected a list: ["name", ["name", { … }]]']],
    ],
    [
      '{ "gpt-4o": { "use": ["tooluse", 7] } }',
      [['7', 'this is ignored; expected "name" or ["name", { … }]']],
    ],
    [
      '{ "gpt4o": { "use": ["tooluse"] } }',
      [['"gpt4o"', 'no model "gpt4o" is listed; did you mean "gpt-4o"?']],
    ],
    ['{ "use": [" ToolUse ", " "] }', []],
    ['{ "gpt-4o": { "use": [] }, "claude": { "use": ["tooluse"] } }', []],
    ['null', []],
  ])('%s', (transformer, expected) => {
    expect(warningFor(transformer)).toEqual(expected)
  })
})

describe('a transformer that names an API', () => {
  it('is pointed at where the endpoint is one of another', () => {
    expect(
      warningFor('{ "use": ["tooluse", "Anthropic"] }', 'https://p.test/v1/responses'),
    ).toEqual([
      [
        '"Anthropic"',
        'this provider is called with Anthropic Messages because of "anthropic", although its api_base_url is an endpoint of Responses; remove one of them',
      ],
    ])
  })

  it.each([
    ['Anthropic', 'https://p.test/v1/messages'],
    ['OpenAI', 'https://p.test/v1/chat/completions/'],
    ['openai-responses', 'https://p.test/v1/responses'],
    ['gemini', 'https://p.test/v1beta/models/'],
    ['gemini', 'https://p.test/v1/m:streamGenerateContent'],
    ['Anthropic', 'https://p.test/messages/v1'],
  ])('%s fits %s', (name, url) => {
    expect(warningFor(`{ "use": ["${name}"] }`, url)).toEqual([])
  })

  it('is believed where the endpoint is not known, as of the built-in demo', () => {
    const source = '{ "Providers": [{ "name": "demo", "transformer": { "use": ["Anthropic"] } }] }'
    expect(warningsIn(source)).toEqual([])
  })
})

describe('modules of transformers', () => {
  const warnings = (input: Input) =>
    transformerWarnings(input).map(({ path, text }) => [path, text])
  const NO_PATH =
    'this has no path and is ignored; a provider names a built-in one in its own transformer.use'
  const slip = (transformers: unknown): Input => ({
    Providers: [{ name: 'p', transformer: { use: ['toolus'] } }],
    transformers,
  })

  it.each([[undefined], [null], [''], [[]], [[{ path: 'a.js' }]]])(
    '%j are as they should be',
    (transformers) => {
      expect(warnings({ transformers })).toEqual([])
    },
  )

  it('are ignored where they are no list, or without a path', () => {
    const [ignored, ...others] = warnings({ transformers: { path: 'a.js' } })
    expect(ignored).toEqual([
      ['transformers'],
      'transformers is ignored; expected modules of your own: [{ "path": "my-transformer.js", "options": { … } }]',
    ])
    expect(others).toEqual([])
    const transformers = [{ path: 'a.js' }, 'b.js', {}, { path: ' ' }, { path: 5 }, null]
    expect(warnings({ transformers })).toEqual(
      [1, 2, 3, 4, 5].map((index) => [['transformers', index], NO_PATH]),
    )
  })

  it('may be what an unknown name means, except where they have no path', () => {
    const [known] = warnings(slip([{ path: 'a.js' }]))
    expect(known?.[1]).toBe(
      '"toolus" is ignored unless a module of yours calls itself so; did you mean "tooluse"?',
    )
    for (const transformers of [[{}], [{ path: ' ' }], { path: 'a.js' }]) {
      const [unknown] = warnings(slip(transformers))
      expect(unknown).toEqual([
        ['Providers', 0, 'transformer', 'use', 0],
        'there is no transformer "toolus"; it is ignored; did you mean "tooluse"?',
      ])
    }
  })

  it.each(['plugins/toolus.js', ' toolus.mjs ', '/a/b/toolus'])(
    'are called by their file: %j',
    (path) => {
      expect(warnings(slip([{ path }]))).toEqual([])
    },
  )
})
