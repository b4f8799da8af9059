import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { throwawayCcr } from '../../../test/support/ccr.ts'
import type { Home } from '../../../test/support/command.ts'
import { emptyHome } from '../../../test/support/command.ts'
import { printValues } from './values.ts'

const CONFIG = {
  Providers: [
    { name: 'or', api_base_url: 'https://or.example.com/v1', models: ['openai/gpt-5', 'gpt-5'] },
    {
      name: 'odd',
      api_base_url: 'https://odd.example.com/v1',
      models: ['a b', 'x\ny', 'z\u001b[31m'],
    },
  ],
  Preferences: { fast: 'or,gpt-5', 'x\u202ey': 'or,gpt-5' },
}

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, JSON.stringify(CONFIG))
})
afterEach(() => home.remove())

async function values(...words: string[]): Promise<string[]> {
  let out = ''
  await printValues(words, home.env, { write: (text) => (out += text) })
  return out.split('\n').slice(0, -1)
}

describe('the values for completion', () => {
  it.each([
    [
      ['preferences', ''],
      ['fast', 'or,openai/gpt-5', 'or,gpt-5', 'odd,a b'],
    ],
    [['preferences', 'fa'], ['fast']],
    [['preferences', 'or,g'], ['or,gpt-5']],
    [
      ['preferences', 'or/'],
      ['or/openai/gpt-5', 'or/gpt-5'],
    ],
    [['preferences', 'gpt'], ['gpt-5']],
    [['preferences', 'odd,a\\ '], ['odd,a b']],
    [['preferences', '"odd,a '], ['odd,a b']],
    [['preferences', 'nope'], []],
    [['names', ''], ['fast']],
    [
      ['providers', 'o'],
      ['or', 'odd'],
    ],
    [['scenarios', 't'], ['think']],
    [['known-providers', 'oll'], ['ollama']],
    [['runs', ''], []],
    [['nonsense', ''], []],
    [['__proto__', ''], []],
    [[], []],
  ])('of %j are %j', async (words, expected) => expect(await values(...words)).toEqual(expected))

  it('are those of another config where one is named', async () => {
    const other = join(home.path, 'a b.json')
    writeFileSync(other, JSON.stringify({ ...CONFIG, Preferences: { slow: 'or,gpt-5' } }))
    expect(await values('names', '', other)).toEqual(['slow'])
    expect(await values('names', '', '~/a\\ b.json')).toEqual(['slow'])
    expect(await values('names', '', '/nowhere')).toEqual([])
  })

  it('are the ids of runs, the newest first', async () => {
    for (const [id, day] of [
      ['aaaaaa', '01'],
      ['bbbbbb', '02'],
    ] as const) {
      mkdirSync(join(home.ccrHome, 'compare', id), { recursive: true })
      const run = { version: 1, id, models: [], state: 'done', startedAt: `2026-11-${day}` }
      writeFileSync(join(home.ccrHome, 'compare', id, 'run.json'), JSON.stringify(run))
    }
    expect(await values('runs', '')).toEqual(['bbbbbb', 'aaaaaa'])
  })

  it.each(['{ Providers: [', '[]', '\u0000'])('are none of a broken config: %j', async (text) => {
    writeFileSync(home.configFile, text)
    expect(await values('preferences', '')).toEqual([])
  })

  it('are none without a config, and nothing is made', async () => {
    await home.remove()
    expect(await values('preferences', '')).toEqual([])
    expect(existsSync(home.path)).toBe(false)
  })

  it('write nothing', async () => {
    const before = readdirSync(home.ccrHome)
    for (const kind of ['preferences', 'names', 'providers', 'runs']) await values(kind, '')
    expect(readdirSync(home.ccrHome)).toEqual(before)
  })

  it('hold the sessions that run, and start none', async () => {
    const ccr = await throwawayCcr({ Providers: [{ name: 'demo' }] })
    try {
      const asked = () => ccr.run(['__complete', 'preferences', 'demo/'])
      expect(await asked()).toMatchObject({ code: 0, stderr: '' })
      expect(existsSync(join(ccr.ccrHome, 'sessions'))).toBe(false)
      await ccr.start('demo/my-own')
      expect((await asked()).stdout).toBe('demo/my-own\n')
      await ccr.run(['stop', '--all'])
      expect((await asked()).stdout).not.toContain('my-own')
    } finally {
      await ccr.remove()
    }
  })
})
