import { describe, expect, it } from 'vitest'
import { appendItem } from './append-item.ts'

/** Ids of models that make a list of this many characters as it is written on one line. */
function modelsOf(width: number): string[] {
  const models = ['a'.repeat(20), 'b'.repeat(20)]
  const rest = width - JSON.stringify([...models, '']).length - ', '.length
  return [...models, 'c'.repeat(rest)]
}

describe('an item of a list with lines of its own', () => {
  const source = '{\n  list: [\n    {\n      name: "a"\n    }\n  ]\n}'

  it('has its models on one line as long as that has 80 characters at most', () => {
    const models = modelsOf(74)
    expect(appendItem(source, 'list', { name: 'b', models })).toContain(
      `\n      models: ["${models.join('", "')}"]\n    }\n`,
    )
  })

  it('has each on a line of its own when they are more', () => {
    const models = modelsOf(75)
    expect(appendItem(source, 'list', { name: 'b', models })).toContain(
      `\n      models: [\n        "${models.join('",\n        "')}"\n      ]\n    }\n`,
    )
  })

  it('is indented by tabs where the list is', () => {
    const tabs = source.replaceAll('  ', '\t')
    expect(appendItem(tabs, 'list', { name: 'b' })).toBe(
      tabs.replace('\n\t]', ',\n\t\t{\n\t\t\tname: "b"\n\t\t}\n\t]').replace('}\n,', '},\n'),
    )
  })

  it('has an object without members as {}', () => {
    expect(appendItem(source, 'list', { name: 'b', options: {} })).toContain(
      '\n      options: {}\n',
    )
  })
})

describe('an item', () => {
  it.each([
    ['null', '{ "list": [{ "name": "b", "options": {} }] }'],
    ['{ list: null }', '{ list: [{ name: "b", options: {} }] }'],
    [`{ list: [{ 'name': 'a' }] }`, `{ list: [{ 'name': 'a' }, { 'name': 'b', 'options': {} }] }`],
    ['{ "list": ["a"] }', '{ "list": ["a", { "name": "b", "options": {} }] }'],
  ])('is put into %j', (source, expected) => {
    expect(appendItem(source, 'list', { name: 'b', options: {} })).toBe(expected)
  })
})
