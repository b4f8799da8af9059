import { Linter } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import { privateWords, privateWordsRule } from '../../scripts/lint/private-words.mjs'

describe('a private word in a name', () => {
  it.each([
    ['own', ['own']],
    ['ownWire', ['own']],
    ['createOwnRouter', ['own']],
    ['#said', ['said']],
    ['TOLD', ['told']],
    ['OWN_HOP', ['own']],
    ['isToldPlace', ['told', 'place']],
  ])('is found in %s', (name, words) => {
    expect(privateWords(name)).toEqual(words)
  })

  it.each(['hasOwn', 'getOwnPropertyNames', 'replace', 'placeholder', 'owner', 'download', 'ask'])(
    'is none of %s',
    (name) => {
      expect(privateWords(name)).toEqual([])
    },
  )
})

/** The names that the rule reports in this code. */
function reported(code: string, allow: readonly string[] = []): readonly string[] {
  const messages = new Linter().verify(code, {
    files: ['**'],
    languageOptions: { parser: tseslint.parser },
    plugins: { ccr: { rules: { 'private-words': privateWordsRule } } },
    rules: { 'ccr/private-words': ['error', { allow }] },
  })
  return messages.map(({ message }) => /"(.*?)"/.exec(message)?.[1] ?? message)
}

describe('the lint rule for private words', () => {
  it.each([
    ['a variable', 'const own = 1', ['own']],
    ['a part of a pattern', 'const { own, a: told } = f()', ['own', 'told']],
    ['a parameter', 'function f(said: string) {}', ['said']],
    ['a function and a class', 'function heard() {} class Asked {}', ['heard', 'Asked']],
    [
      'types and their members',
      'interface Told { place: number; said(): void }',
      ['Told', 'place', 'said'],
    ],
    ['members of a class', 'class A { #said = 1; told() {} }', ['said', 'told']],
    ['members of an object', 'f({ own: 1 })', ['own']],
    ['an import under a name of ours', "import { a as own } from 'b'", ['own']],
  ])('reports %s', (_, code, names) => {
    expect([...reported(code)].sort()).toEqual([...names].sort())
  })

  it.each([
    ['what others declare', "import { own } from 'b'\nown.said(told)"],
    ['texts and comments', "// own\nconst a = 'told'"],
    ['quoted keys, which are of a wire or a file', "const a = { 'own': 1 }"],
  ])('leaves %s alone', (_, code) => {
    expect(reported(code)).toEqual([])
  })

  it('leaves names alone that it is told to allow', () => {
    expect(reported('const ownConfig = 1', ['ownConfig'])).toEqual([])
  })
})
