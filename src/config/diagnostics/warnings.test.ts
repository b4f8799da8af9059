import { describe, expect, it } from 'vitest'
import { configIn, warningsIn } from '../../../test/support/config-diagnostics.ts'

const URL = '"api_base_url": "https://p.test/v1"'
const IGNORED = 'is not a key ccr knows; it is ignored'

describe('a key that nobody reads', () => {
  it('is a comment by its beginning, on the first level and of a provider', () => {
    const comments = '"_comment": 1, "//": 2, "# x": 3, "$comment": 4'
    const source = `{ ${comments}, "Providers": [{ "name": "p", ${URL}, ${comments} }] }`
    expect(warningsIn(source)).toEqual([])
  })

  it('is told of where it only looks like a comment', () => {
    const keys = '"my_note": 1, "a // b": 2, "no #1": 3, "a$comment": 4'
    const source = `{ ${keys}, "Providers": [{ "name": "p", ${URL}, ${keys} }] }`
    expect(warningsIn(source)).toEqual([
      ['"my_note"', `my_note ${IGNORED}`],
      ['"a // b"', `["a // b"] ${IGNORED}`],
      ['"no #1"', `["no #1"] ${IGNORED}`],
      ['"a$comment"', `a$comment ${IGNORED}`],
      ['"my_note"', `Providers[0].my_note ${IGNORED}`],
      ['"a // b"', `Providers[0]["a // b"] ${IGNORED}`],
      ['"no #1"', `Providers[0]["no #1"] ${IGNORED}`],
      ['"a$comment"', `Providers[0].a$comment ${IGNORED}`],
    ])
  })
})

describe('the providers of a config', () => {
  it('may be a list in small letters, and are told of in their places', () => {
    const source = `{ "providers": [
      { "name": "p", ${URL}, "colour": 1, "transformer": 7 },
      { "name": "p", ${URL}, "tokenizer": { "default": { "type": "api" } } },
      { "name": "demo", "api_base_url": "https://demo.test" }
    ] }`
    expect(configIn(source).providers.map(({ name }) => name)).toEqual(['p', 'demo'])
    expect(warningsIn(source)).toEqual([
      ['"colour"', `providers[0].colour ${IGNORED}`],
      ['7', 'transformer is ignored; expected { "use": ["name", ["name", { … }]] }'],
      ['"p"', 'a provider named "p" is already there; this one is ignored'],
      ['"default"', expect.stringMatching(/^providers\[1\]\.tokenizer\.default is not used/)],
      ['"https://demo.test"', 'demo is built in; its api_base_url is ignored'],
    ])
  })

  it('without names are not of one name', () => {
    const source = `{ "Providers": [{ ${URL} }, { ${URL} }, { "name": "p", ${URL} }] }`
    expect(warningsIn(source)).toEqual([
      ['{', 'Providers[0] has no name; expected a name; this provider is left out'],
      ['{', 'Providers[1] has no name; expected a name; this provider is left out'],
    ])
  })
})

describe('a variable in a name that every client can see', () => {
  const env = { MY_API_KEY: 'not-for-all', MODEL: 'm' }

  it('is reported in the fields of a model object that name it, and in no others', () => {
    const object =
      '{ "id": "$MODEL", "name": "$MY_API_KEY", "maxOutput": "$MOST", "key": "$MY_API_KEY" }'
    const source = `{ "Providers": [{ "name": "p", ${URL}, "models": [${object}] }] }`
    const { providers } = configIn(source, { ...env, MOST: '500' })
    const details = { m: { name: '$MY_API_KEY', abilities: { maxOutput: 500 } } }
    expect(providers).toMatchObject([{ models: ['m'], modelDetails: details }])
    const texts = warningsIn(source, { ...env, MOST: '500' }).map(([, text]) => text)
    expect(texts).toEqual([
      expect.stringContaining('models[0].id takes its name from the variable MODEL'),
      expect.stringContaining('models[0].name refers to MY_API_KEY, which is a key'),
      expect.stringContaining('models[0].key is not a key of a model'),
    ])
    expect(JSON.stringify([providers, texts])).not.toContain('not-for-all')
  })

  it('is told of in the list of models, and in a route only where it holds a key', () => {
    const source = `{
      "Providers": [{ "name": "p", ${URL}, "models": ["$MODEL"] }],
      "Router": { "default": "p,$MODEL", "think": "p,$MY_API_KEY", "image": "p,$GONE" }
    }`
    const { router, providers } = configIn(source, env)
    expect(providers).toMatchObject([{ models: ['m'] }])
    expect(router).toMatchObject({ default: 'p,m', think: 'p,$MY_API_KEY' })
    expect(warningsIn(source, env)).toEqual([
      [
        '"$MODEL"',
        'Providers[0].models[0] takes its name from the variable MODEL: every client that may list the models sees its value',
      ],
      [
        '"p,$MY_API_KEY"',
        'Router.think refers to MY_API_KEY, which is a key or looks like one: it is not put into a name that every client can see; write the name itself',
      ],
      ['"p,$GONE"', 'Router.image refers to GONE, which is not set; it counts as unset'],
    ])
  })
})
