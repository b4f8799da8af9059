import { mkdirSync, readdirSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { throwawayCcr } from '../../../../test/support/ccr.ts'
import { emptyHome, type Home } from '../../../../test/support/command.ts'
import type { CommandTable } from '../../command.ts'
import { printCompletions } from './complete.ts'

const TABLE: CommandTable = {
  use: () => import('../use/use.ts'),
  model: () => import('../model/model.ts'),
  pref: () => import('../pref/pref.ts'),
  provider: () => import('../provider/provider.ts'),
  compare: () => import('../compare/compare.ts'),
  preset: () => import('../preset/preset.ts'),
}

const CONFIG = {
  Providers: [
    { name: 'or', api_base_url: 'https://or.example.com/v1', models: ['openai/gpt-5', 'gpt-5'] },
    {
      name: 'odd',
      api_base_url: 'https://odd.example.com/v1',
      models: ['a b', 'x\ny', 'z\u001b[31m', "it's", 'back\\slash'],
    },
  ],
  Preferences: { fast: 'or,gpt-5', 'x\u202ey': 'or,gpt-5', bad: 'or,\u001b[31m\tx\n' },
  Router: { default: 'or,gpt-5' },
}

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, JSON.stringify(CONFIG))
})
afterEach(() => home.remove())

async function printed(...words: string[]): Promise<string> {
  let out = ''
  const stdout = { write: (text: string) => (out += text) }
  await printCompletions(TABLE, words, { env: home.env, stdout })
  return out
}

/** Without what they are. */
async function values(...words: string[]): Promise<string[]> {
  const lines = (await printed('bash', ...words)).split('\n').slice(0, -1)
  return lines.map((line) => line.replace(/(?<=.)\t.*/, ''))
}

it('a model has the name that the config gives it beside it, on one line', async () => {
  const models = [{ id: 'm', name: 'The\nfirst\u001b[31m' }, 'n']
  const provider = { name: 'p', api_base_url: 'https://p.example.com/v1', models }
  writeFileSync(home.configFile, JSON.stringify({ Providers: [provider] }))
  const lines = (await printed('bash', 'use', 'p,')).split('\n')
  expect(lines[0]).toMatch(/^p,m\tThe ?first/)
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^p,n\t?$/), ''])
  // eslint-disable-next-line no-control-regex
  expect(lines.join()).not.toMatch(/\u001b/)
})

describe('the values for completion', () => {
  const all = ['or,openai/gpt-5', 'or,gpt-5', 'odd,a b', "odd,it's", 'odd,back\\slash']
  it.each([
    [
      ['use', ''],
      ['fast', 'bad', ...all],
    ],
    [['use', 'fa'], ['fast']],
    [['use', 'or,g'], ['or,gpt-5']],
    [
      ['use', 'or/'],
      ['or/openai/gpt-5', 'or/gpt-5'],
    ],
    [['use', 'gpt'], ['gpt-5']],
    [['use', 'nope'], []],
    [
      ['pref', 'rm', ''],
      ['fast', 'bad'],
    ],
    [
      ['provider', 'rm', 'o'],
      ['or', 'odd'],
    ],
    [['model', 'set', 't'], ['think']],
    [['model', 'set', 'think', 'fa'], ['fast']],
    [['provider', 'add', 'oll'], ['ollama']],
    [['compare', 'show', ''], []],
    [['compare', 'apply', ''], []],
    [['preset', 'info', ''], ['\tpaths']],
    [['nonsense', ''], []],
    [[], []],
  ])('behind %j are %j', async (words, expected) =>
    expect(await values(...words)).toEqual(expected),
  )

  it.each([
    ['odd,a\\ ', 'odd,a b'],
    ['"odd,a ', 'odd,a b'],
    ["'odd,a ", 'odd,a b'],
    ["odd,it\\'", "odd,it's"],
    ['"odd,it\'s"', "odd,it's"],
    ['odd,back\\\\', 'odd,back\\slash'],
    ['"odd,back\\\\', 'odd,back\\slash'],
    ["'odd,back\\", 'odd,back\\slash'],
  ])('are found behind the quotes of the shell: %s', async (word, expected) => {
    expect(await values('use', word)).toEqual([expected])
  })

  it('are found in fish, which has taken the quotes off all words but the last', async () => {
    const other = join(home.path, 'a\\b.json')
    writeFileSync(other, JSON.stringify({ ...CONFIG, Preferences: { slow: 'or,gpt-5' } }))
    expect(await printed('fish', '--config', other, 'pref', 'rm', 's')).toBe('slow\tor,gpt-5\n')
    expect(await printed('cmd', 'pref', 'rm', '')).toBe('')
  })

  it('come with what they are, without control characters', async () => {
    expect(await printed('zsh', 'pref', 'rm', '')).toBe('fast\tor,gpt-5\nbad\tor,␛[31m x\n')
    expect(await printed('zsh', 'model', 'set', 'd')).toBe('default\tor,gpt-5\n')
  })

  it('are those of another config where one is named', async () => {
    const other = join(home.path, 'a b.json')
    writeFileSync(other, JSON.stringify({ ...CONFIG, Preferences: { slow: 'or,gpt-5' } }))
    for (const file of [`"${other}"`, '~/a\\ b.json']) {
      expect(await values('--config', file, 'pref', 'rm', '')).toEqual(['slow'])
      expect(await values(`--config=${file}`, 'pref', 'rm', '')).toEqual(['slow'])
      expect(await values('pref', '--config', file, 'rm', '')).toEqual(['slow'])
    }
    expect(await values('--config', '/nowhere', 'pref', 'rm', '')).toEqual([])
  })

  it('are the ids of runs, the newest first, and the models of the run that is meant', async () => {
    for (const [id, day, names] of [
      ['aaaaaa', '01', ['or/gpt-5', 'fast']],
      ['bbbbbb', '02', ['x', 'y', 'z']],
    ] as const) {
      mkdirSync(join(home.ccrHome, 'compare', id), { recursive: true })
      const models = names.map((name, n) => ({ name, letter: 'ABC'[n], label: name }))
      const task = `do ${id}\tnow`
      const run = { version: 1, id, task, models, state: 'done', startedAt: `2026-11-${day}` }
      writeFileSync(join(home.ccrHome, 'compare', id, 'run.json'), JSON.stringify(run))
    }
    expect(await printed('zsh', 'compare', 'show', '')).toBe(
      'bbbbbb\tdo bbbbbb now\naaaaaa\tdo aaaaaa now\n',
    )
    expect(await printed('zsh', 'compare', 'diff', '')).toBe('A\tx\nB\ty\nC\tz\n')
    expect(await values('compare', 'diff', 'B', '')).toEqual(['A', 'C'])
    expect(await values('compare', 'diff', 'y', '')).toEqual(['A', 'C'])
    expect(await values('compare', 'diff', 'A', 'B', 'x')).toEqual([])
    expect(await values('compare', 'apply', '--run', 'aa', '')).toEqual(['A', 'B'])
    expect(await values('compare', 'apply', '--run=aa', 'or')).toEqual(['or/gpt-5'])
    expect(await values('compare', 'apply', '--run', '')).toEqual(['bbbbbb', 'aaaaaa'])
  })

  it('are presets of the home, and paths', async () => {
    mkdirSync(join(home.ccrHome, 'presets', 'team'), { recursive: true })
    writeFileSync(join(home.ccrHome, 'presets', 'team', 'manifest.json'), '{}')
    expect(await values('preset', 'import', '')).toEqual(['team', '\tpaths'])
  })

  it.each(['{ Providers: [', '[]', '\u0000'])('are none of a broken config: %j', async (text) => {
    writeFileSync(home.configFile, text)
    expect(await values('use', '')).toEqual([])
  })

  it('are none without a config, and nothing is made', async () => {
    await home.remove()
    expect(await values('use', '')).toEqual([])
    expect(existsSync(home.path)).toBe(false)
  })

  it('write nothing', async () => {
    const before = readdirSync(home.ccrHome)
    for (const words of [['use'], ['pref', 'rm'], ['provider', 'rm'], ['compare', 'show']]) {
      await values(...words, '')
    }
    expect(readdirSync(home.ccrHome)).toEqual(before)
  })

  it('hold the sessions that run, and start none', async () => {
    const ccr = await throwawayCcr({ Providers: [{ name: 'demo' }] })
    try {
      const completed = () => ccr.run(['__complete', 'bash', 'use', 'demo/'])
      expect(await completed()).toMatchObject({ code: 0, stderr: '' })
      expect(existsSync(join(ccr.ccrHome, 'sessions'))).toBe(false)
      await ccr.start('demo/my-own')
      expect((await completed()).stdout).toBe('demo/my-own\n')
      await ccr.run(['stop', '--all'])
      expect((await completed()).stdout).not.toContain('my-own')
    } finally {
      await ccr.remove()
    }
  })
})
