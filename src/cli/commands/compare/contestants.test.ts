import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emptyHome } from '../../../../test/support/command.ts'
import type { Io } from '../../command.ts'
import { contestantsOf, labelOf } from './contestants.ts'

describe('the label of a model, for folders and branches', () => {
  it.each([
    ['openrouter,openai/GPT-4.1', 'gpt-4.1'],
    ['demo,demo-a', 'demo-a'],
    ['fast', 'fast'],
    ['p,qwen3:32b', 'qwen3-32b'],
    ['p,../../etc', 'etc'],
    ['p,..', 'model'],
    ['p,模型', 'model'],
    ['p,x.lock', 'x-lock'],
    ['p,logs', 'model-x'],
    ['p,run.json', 'model-x'],
    ['p,a..b', 'a.b'],
    [`p,${'x'.repeat(100)}`, 'x'.repeat(40)],
  ])('of %j is %s', (model, label) => {
    expect(labelOf(model, new Set())).toBe(label)
  })

  it('is one of its own when a model is named twice', () => {
    expect(labelOf('p,a', new Set(['a']))).toBe('a-2')
    expect(labelOf('q/a', new Set(['a', 'a-2']))).toBe('a-3')
  })

  it('has the number of the sample when a model runs several times, and stays unique', () => {
    expect(labelOf('p,gpt', new Set(), 2)).toBe('gpt-2')
    expect(labelOf('q,gpt', new Set(['gpt-1']), 1)).toBe('gpt-1-2')
    expect(labelOf(`p,${'x'.repeat(100)}`, new Set(), 20)).toBe(`${'x'.repeat(40)}-20`)
    expect(labelOf('p,..', new Set(), 1)).toBe('model-1')
  })
})

describe('the contestants', () => {
  const home = emptyHome()
  beforeAll(async () => {
    const { configFile } = await home
    mkdirSync(dirname(configFile), { recursive: true })
    const models = ['gpt', 'odd*3']
    const provider = { name: 'p', api_base_url: 'http://127.0.0.1:1/v1', api_key: 'k', models }
    const config = { Providers: [provider], Preferences: { 'both*2': 'p,gpt', fast: 'p,gpt' } }
    writeFileSync(configFile, JSON.stringify(config))
  })
  afterAll(async () => (await home).remove())

  const contestants = async (...models: string[]) => {
    const { env } = await home
    const all = contestantsOf(models, { env } as unknown as Io)
    return all.map(({ letter, name, label }) => `${letter} ${name} ${label}`)
  }

  it('have names and labels of their own, in the order given', async () => {
    expect(await contestants('p,gpt*2', 'fast', 'p,gpt', 'gpt')).toEqual([
      'A p,gpt #1 gpt-1',
      'B p,gpt #2 gpt-2',
      'C fast fast',
      'D p,gpt #3 gpt-3',
      'E gpt gpt',
    ])
  })

  it('are named with a star where the config has such a name', async () => {
    expect(await contestants('odd*3', 'both*2', 'p,odd*3*2')).toEqual([
      'A odd*3 odd-3',
      'B both*2 both-2',
      'C p,odd*3 #1 odd-3-1',
      'D p,odd*3 #2 odd-3-2',
    ])
  })

  it('are two at least', async () => {
    await expect(contestants('odd*3')).rejects.toThrow('only one model is given: odd*3')
    expect(await contestants('gpt*2')).toHaveLength(2)
  })
})
