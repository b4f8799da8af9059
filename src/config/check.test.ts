import { describe, expect, it } from 'vitest'
import {
  configIn,
  errorsIn,
  mistakesIn,
  warningsIn,
} from '../../test/support/config-diagnostics.ts'
import { DEFAULTS } from './defaults.ts'

const URL = '"api_base_url": "https://p.test/v1"'
const WHOLE = `{ "name": "p", ${URL} }`

it('blank text counts as unset', () => {
  const source = '{ "PORT": " ", "LOG_LEVEL": "\\t", "Router": { "default": "  ", "think": "" } }'
  const { port, logLevel, router } = configIn(source)
  expect([port, logLevel, router]).toEqual([DEFAULTS.port, DEFAULTS.logLevel, {}])
})

describe('what is wrong with a value', () => {
  const PRICE = 'a price in US dollars per million tokens, such as { "input": 2.5, "output": 10 }'

  it.each([
    [
      '{ "Retry": { "attempt": 1 } }',
      '"attempt"',
      'Retry.attempt is not a key of Retry; expected an object with attempts, withinMs or afterSend, such as { "attempts": 2, "withinMs": 10000 }',
    ],
    [
      '{ "Prices": { "p,m": { "output": 3 } } }',
      '{',
      `Prices["p,m"] has no input; expected ${PRICE}`,
    ],
    [
      '{ "Prices": { "p,m": { "input": null, "output": 1 } } }',
      'null',
      `Prices["p,m"].input is null; expected ${PRICE}`,
    ],
    ['{ "PORT": Infinity }', 'Infinity', 'PORT is Infinity; expected a port from 1 to 65535'],
    ['{ "PORT": NaN }', 'NaN', 'PORT is NaN; expected a port from 1 to 65535'],
    [
      `{ "Providers": [{ "name": "p", ${URL}, "headers": { "x-api-key": 5 } }] }`,
      '5',
      'Providers[0].headers["x-api-key"] is a number; expected a text',
    ],
    [
      `{ "Providers": [{ "name": "p", ${URL}, "contextWindow": { "keynote": "many" } }] }`,
      '"many"',
      'Providers[0].contextWindow.keynote is "many"; expected tokens as a whole number, such as 128000',
    ],
  ])('%s is told at %s', (source, at, text) => {
    expect(errorsIn(source)).toEqual([[at, text]])
  })

  it('is told once, by the first rule that it breaks', () => {
    const source = `{ "Providers": [{ "name": "p", ${URL}, "headers": { "two words": "a\\nb" } }] }`
    expect(errorsIn(source)).toEqual([
      ['"a\\nb"', 'Providers[0].headers["two words"] is "a\\nb"; expected a header name'],
    ])
  })

  it('is shown as a whole up to 70 characters, and cut behind them', () => {
    const text = 'maybe '.repeat(20)
    const messageFor = (length: number) => errorsIn(`{ "LOG": "${text.slice(0, length)}" }`)[0]?.[1]
    expect(messageFor(68)).toBe(`LOG is "${text.slice(0, 68)}"; expected true or false`)
    expect(messageFor(69)).toBe(`LOG is "${text.slice(0, 69)}…; expected true or false`)
  })
})

describe('a provider that is none', () => {
  it.each([
    ['"openai"', '"openai"', '"openai"'],
    ['null', 'null', 'null'],
    ['[]', '[', 'a list'],
  ])('%s is told once, alone and beside another', (written, at, shown) => {
    for (const list of [written, `${written}, ${WHOLE}`]) {
      expect(errorsIn(`{ "Providers": [${list}] }`)).toEqual([
        [at, expect.stringMatching(`^Providers\\[0\\] is ${shown}; expected a provider, such as`)],
      ])
    }
  })

  it('is named by the key that may be meant, whatever else is in it', () => {
    const problemsOf = (members: string) => errorsIn(`{ "Providers": [{ ${members}, ${URL} }] }`)
    expect(problemsOf('"colour": 1, "nam": "a"')).toEqual([
      ['{', 'Providers[0] has no name (it has nam, which is not read); expected a name'],
    ])
    expect(problemsOf('"colour": 1, "models": []')).toEqual([
      ['{', 'Providers[0] has no name; expected a name'],
    ])
  })

  it('needs no endpoint where it is the demo, however that is written', () => {
    const source = '{ "Providers": [{ "name": " Demo " }] }'
    expect(configIn(source).providers).toMatchObject([{ name: 'demo' }])
    expect(warningsIn(source)).toEqual([])
  })
})

describe('a backup of version 3', () => {
  it.each(['Providers', 'providers'])('is known by the %s within it', (list) => {
    expect(errorsIn(`{ "databases": {}, "config": { "${list}": [] } }`)).toEqual([
      [
        '"config"',
        'this is a backup of version 3; expected what it has under config as the whole file',
      ],
    ])
  })

  it.each([
    `{ "Providers": [${WHOLE}], "config": { "Providers": [] } }`,
    `{ "providers": [${WHOLE}], "config": { "Providers": [] } }`,
    '{ "config": { "Providers": {} } }',
    '{ "config": 5 }',
  ])('is nothing else: %s', (source) => {
    expect(warningsIn(source)).toEqual([
      ['"config"', expect.stringContaining('config is not a key')],
    ])
  })
})

describe('what fails `ccr config check` though a session starts', () => {
  it.each([
    [`{ "Provders": [] }`, ['"Provders"']],
    [`{ "frobnicate": 1 }`, []],
    [`{ "Providers": [${WHOLE}, { "name": "p", ${URL} }] }`, ['"p"']],
    ['{ "Router": { "defualt": "p,m" } }', ['"defualt"']],
    ['{ "Router": { "default": "p,m", "defualt": "p,m" } }', []],
    ['{ "Router": { "thinking": "p,m" } }', []],
    ['{ "Budgets": [{ "limit": 1 }, { "per": "day" }] }', ['{']],
  ])('%s', (source, at) => {
    expect(mistakesIn(source).map(([location]) => location)).toEqual(at)
  })
})
