import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from './config.ts'
import { loadConfig } from './load.ts'

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ccr-timeouts-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

function load(config: object): Config {
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  return loadConfig(file, {})
}

const OPENAI = { name: 'openai', api_base_url: 'https://api.openai.com/v1/chat/completions' }

describe('timeouts of a provider', () => {
  it('are read in ms, also as text; what is absent is left to the defaults', () => {
    const timeouts = { connect: '2000', firstByte: 60_000, idle: '' }
    const config = load({
      Providers: [
        { ...OPENAI, timeouts },
        { ...OPENAI, name: 'other' },
      ],
    })
    expect(config.providers[0]?.timeouts).toEqual({ connect: 2000, firstByte: 60_000 })
    expect(config.providers[1]).not.toHaveProperty('timeouts')
  })

  it.each([
    [{ connect: 'soon' }, 'Providers[0].timeouts.connect is "soon"; expected milliseconds'],
    [
      { fistByte: 5 },
      'Providers[0].timeouts.fistByte is not a key of Providers[0].timeouts; expected',
    ],
    [60_000, 'Providers[0].timeouts is 60000; expected an object with connect, firstByte or idle'],
  ])('%o is told', (timeouts, expected) => {
    expect(() => load({ Providers: [{ ...OPENAI, timeouts }] })).toThrow(expected)
  })
})
