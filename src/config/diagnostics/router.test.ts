import { expect, it } from 'vitest'
import { configIn, warningsIn } from '../../../test/support/config-diagnostics.ts'

it.each([
  [
    '{ "fallback": { "think": ["p,m"] } }',
    [
      [
        '"fallback"',
        'Router.fallback is not read; write lists beside Router: "fallback": { "default": ["provider,model"] }',
      ],
    ],
  ],
  [
    '{ "rules": [], "builtInRules": {} }',
    [
      [
        '"rules"',
        'Router.rules is not read; rules of version 3 can be written as a custom router (CUSTOM_ROUTER_PATH)',
      ],
      [
        '"builtInRules"',
        'Router.builtInRules is not read; the scenarios (background, think, longContext, webSearch, image) stand for them',
      ],
    ],
  ],
  [
    '{ "backgroud": "p,m" }',
    [
      [
        '"backgroud"',
        'Router.backgroud is not a key ccr knows; it is ignored; did you mean background?',
      ],
    ],
  ],
  [
    '{ "longContextThreshold": "many" }',
    [
      [
        '"longContextThreshold"',
        'Router.longContextThreshold is no number of tokens; 60000 is used',
      ],
    ],
  ],
  [
    '{ "longContextThreshold": 0 }',
    [
      [
        '"longContextThreshold"',
        'Router.longContextThreshold is no number of tokens; 60000 is used',
      ],
    ],
  ],
  [
    '{ "think": 5 }',
    [
      [
        '"think"',
        'Router.think is ignored; expected "provider,model", such as "openrouter,openai/gpt-4o"',
      ],
    ],
  ],
  ['{ "longContextThreshold": 1 }', []],
  ['{ "longContextThreshold": "90000" }', []],
  ['{ "think": "p,m", "longContext": "p,m" }', []],
  ['{ "own": { "of": ["a custom router"] }, "toString": 5 }', []],
  ['{ "fallback": null, "rules": "", "backgroud": " ", "think": null }', []],
  ['{}', []],
])('a Router of %s is told of', (router, expected) => {
  expect(warningsIn(`{ "Router": ${router} }`)).toEqual(expected)
})

it('a Router that is empty routes nothing', () => {
  expect(configIn('{ "Router": { "fallback": null, "think": "" } }').router).toEqual({})
})
