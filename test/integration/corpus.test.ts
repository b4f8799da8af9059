/**
 * Configs as people write them, each with what ccr says of it and where it sends requests: the
 * lines behind `//: ` at the end of each file in ../corpus.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { diagnosis, expectations, givenIn } from '../support/corpus.ts'

const folder = fileURLToPath(new URL('../corpus/', import.meta.url))
const names = readdirSync(folder).filter((name) => name.endsWith('.json5'))

describe('a config as people write them', () => {
  it('has many forms', () => expect(names.length).toBeGreaterThanOrEqual(40))

  it.each(names)('%s', (name) => {
    const file = folder + name
    const expected = expectations(readFileSync(file, 'utf8'))
    expect(diagnosis(file, givenIn(expected))).toEqual(expected)
  })
})
