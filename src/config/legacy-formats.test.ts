import { describe, expect, it } from 'vitest'
import {
  configIn,
  errorsIn,
  type LocatedText,
  warningsIn,
} from '../../test/support/config-diagnostics.ts'

const URL = '"api_base_url": "https://p.test/v1"'
const UNKNOWN = 'is not a key ccr knows; it is ignored'

describe('providers that are no list', () => {
  it('are a list of one where they are one provider', () => {
    const source = `{ "Providers": { "name": "p", ${URL}, "colour": 1 } }`
    expect(configIn(source).providers).toMatchObject([{ name: 'p', url: 'https://p.test/v1' }])
    expect(warningsIn(source)).toEqual([
      ['"Providers"', 'Providers is a provider; it is read as a list of one'],
      ['"colour"', `Providers[0].colour ${UNKNOWN}`],
    ])
  })

  it('have their keys as their names', () => {
    const source = `{ "Providers": { "a": { ${URL}, "colour": 1 }, "b": { "name": "b", ${URL} } } }`
    expect(configIn(source).providers.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(warningsIn(source)).toEqual([
      [
        '"Providers"',
        'Providers is an object; it is read as a list, each with its key as its name',
      ],
      ['"colour"', `Providers[0].colour ${UNKNOWN}`],
    ])
  })

  it('are refused where one has another name than its key, or is none', () => {
    for (const other of [`{ "name": "x", ${URL} }`, '5']) {
      const [error, ...others] = errorsIn(`{ "Providers": { "a": { ${URL} }, "b": ${other} } }`)
      expect(error?.[0]).toBe('{')
      expect(error?.[1]).toContain('Providers is an object; expected a list of providers')
      expect(others).toEqual([])
    }
  })

  it('may be none', () => {
    const source = '{ "Providers": {} }'
    expect([configIn(source).providers, warningsIn(source)]).toEqual([[], []])
  })
})

const AS_USE = 'is read as { "use": […] }'
const AS_PAIR = 'this is an object; it is read as ["name", { … }]'
const NO_TOOLUS = 'there is no transformer "toolus"; it is ignored; did you mean "tooluse"?'

const TRANSFORMERS: readonly (readonly [
  written: string,
  read: unknown,
  warnings: readonly LocatedText[],
])[] = [
  ['"tooluse"', { use: ['tooluse'] }, [['"transformer"', `Providers[0].transformer ${AS_USE}`]]],
  [
    '"toolus"',
    { use: ['toolus'] },
    [
      ['"transformer"', `Providers[0].transformer ${AS_USE}`],
      ['"toolus"', NO_TOOLUS],
    ],
  ],
  [
    '[{ "name": "maxtoken", "options": { "max_tokens": 5 } }, { "name": "tooluse" }, "toolus"]',
    { use: [['maxtoken', { max_tokens: 5 }], ['tooluse', {}], 'toolus'] },
    [
      ['"transformer"', `Providers[0].transformer ${AS_USE}`],
      ['{', AS_PAIR],
      ['{', AS_PAIR],
      ['"toolus"', NO_TOOLUS],
    ],
  ],
  ['{ "use": "tooluse" }', { use: ['tooluse'] }, [['"use"', 'use is read as a list: ["tooluse"]']]],
  [
    '{ "use": ["tooluse", { "name": "toolus" }] }',
    { use: ['tooluse', ['toolus', {}]] },
    [
      ['{', AS_PAIR],
      ['{', NO_TOOLUS],
    ],
  ],
  [
    '{ "use": ["tooluse"], "m": "reasoning" }',
    { use: ['tooluse'], m: { use: ['reasoning'] } },
    [['"m"', `Providers[0].transformer.m ${AS_USE}`]],
  ],
  [
    '{ "m": { "use": "tooluse", "note": "reasoning" } }',
    { m: { use: ['tooluse'], note: 'reasoning' } },
    [['"use"', 'use is read as a list: ["tooluse"]']],
  ],
  ['{ "use": ["tooluse"], "m": { "use": [["maxtoken", {}]] } }', undefined, []],
  ['""', '', []],
  ['null', null, []],
]

describe('a transformer in another form', () => {
  it.each(TRANSFORMERS)('%s is read', (written, read, warnings) => {
    const source = `{ "Providers": [{ "name": "p", ${URL}, "models": ["m"], "transformer": ${written} }] }`
    expect(configIn(source).providers[0]?.transformer).toEqual(read ?? JSON.parse(written))
    expect(warningsIn(source)).toEqual(warnings)
  })

  it.each(['"  "', '{ "use": "" }', '{ "use": " " }', '{ "m": { "use": " " } }'])(
    'is none where it is blank: %s',
    (written) => {
      const source = `{ "Providers": [{ "name": "p", ${URL}, "models": ["m"], "transformer": ${written} }] }`
      expect(configIn(source).providers[0]?.transformer).toEqual(JSON.parse(written))
      expect(JSON.stringify(warningsIn(source))).not.toContain('is read as')
    },
  )
})

describe('a route that is an object', () => {
  it('of provider and model is the two of them', () => {
    const source = '{ "Router": { "default": { "provider": "p", "model": "m" } } }'
    expect(configIn(source).router.default).toBe('p,m')
    expect(warningsIn(source)).toContainEqual([
      '"default"',
      'Router.default is an object; it is read as "provider,model"',
    ])
  })

  it('is still where it stands', () => {
    const source = '{ "Router": { "think": { "provider": "p", "model": "$GONE" } } }'
    expect(warningsIn(source)).toContainEqual([
      '{',
      'Router.think refers to GONE, which is not set; it counts as unset',
    ])
  })

  it.each([
    '{ "provider": "p", "model": "m", "more": 1 }',
    '{ "provider": "p" }',
    '{ "provider": 1, "model": "m" }',
    '{ "provider": "p", "model": 1 }',
    '["p", "m"]',
  ])('is left where it is anything else: %s', (written) => {
    const source = `{ "Router": { "think": ${written} } }`
    expect(configIn(source).router['think']).toEqual(JSON.parse(written))
    expect(JSON.stringify(warningsIn(source))).not.toContain('is read as')
  })

  it('is left to the custom router where no scenario is called so', () => {
    const source = '{ "Router": { "mine": { "provider": "p", "model": "m" } } }'
    expect(configIn(source).router).toEqual({ mine: { provider: 'p', model: 'm' } })
    expect(JSON.stringify(warningsIn(source))).not.toContain('is read as')
  })
})
