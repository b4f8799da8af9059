import { describe, expect, it } from 'vitest'
import type { CommandTable } from '../../command.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { emptyHome } from '../../../../test/support/command.ts'
import { printCompletions } from './complete.ts'
import { insertion, typedWords } from './powershell.ts'

describe('the words of a line', () => {
  it.each([
    ['ccr', []],
    ['ccr ', ['']],
    ['ccr code --pref  or,q', ['code', '--pref', 'or,q']],
    ['ccr.cmd use ', ['use', '']],
    [String.raw`ccr --config C:\my\c.json us`, ['--config', String.raw`C:\my\c.json`, 'us']],
    [
      String.raw`ccr --config 'C:\my folder\c.json' use`,
      ['--config', String.raw`C:\my folder\c.json`, 'use'],
    ],
    ["ccr use 'it''s", ['use', "it's"]],
    ["ccr use ''", ['use', '']],
    ['ccr use "a ""b`" `c" "', ['use', 'a "b" c', '']],
    ['ccr use a` b', ['use', 'a b']],
    ['ccr use \u2018a b\u2019x', ['use', 'a bx']],
    ['ccr use `', ['use', '']],
    ['', []],
  ])('%s', (line, words) => {
    expect(typedWords({ CCR_COMPLETION_LINE: line })).toEqual(words)
  })

  it('are read at once, however odd the line', () => {
    for (const odd of ["'", '"', '`', "''", '\'"', ' ']) {
      expect(typedWords({ CCR_COMPLETION_LINE: odd.repeat(50_000) })).toBeInstanceOf(Array)
    }
  })
})

describe('what is inserted', () => {
  const of = (value: string, typed: string, replaced = typed): string =>
    insertion(value, typed, { CCR_COMPLETION_WORD: replaced })

  it('is the value, in quotes where PowerShell would read more into it', () => {
    expect(of('status', 'sta')).toBe('status')
    expect(of('--pref', '--')).toBe('--pref')
    expect(of('or,q3:8b', 'o')).toBe("'or,q3:8b'")
    expect(of("it's $(x)", 'i')).toBe("'it''s $(x)'")
    expect(of('it\u2019s', 'i')).toBe("'it\u2019\u2019s'")
  })

  it('is the rest alone behind a comma, which ends a word of PowerShell', () => {
    expect(of('or,q3:8b', 'or,q', 'q')).toBe('q3:8b')
    expect(of('or,q3', 'or,', '')).toBe('q3')
  })

  it('is the whole value where the word began with a quote', () => {
    expect(of('or,q3', 'or,q', "'or,q")).toBe("'or,q3'")
    expect(of('a b', 'a', '"a')).toBe("'a b'")
  })
})

it('each value stands between what is inserted and a description, which is never empty', async () => {
  const home = await emptyHome()
  try {
    mkdirSync(home.ccrHome, { mode: 0o700 })
    const provider = { name: 'or', api_base_url: 'https://or.example.com/v1', models: ['a b'] }
    const Preferences = { fast: 'or,a b' }
    writeFileSync(home.configFile, JSON.stringify({ Providers: [provider], Preferences }))
    const table: CommandTable = { use: () => import('../use/use.ts') }
    const printed = async (line: string, word: string): Promise<string[]> => {
      let out = ''
      const env = { ...home.env, CCR_COMPLETION_LINE: line, CCR_COMPLETION_WORD: word }
      const stdout = { write: (text: string) => (out += text) }
      await printCompletions(table, ['powershell'], { env, stdout })
      return out.split('\n').slice(0, -1)
    }
    expect(await printed('ccr us', 'us')).toEqual([expect.stringMatching(/^use\tuse\t.+/)])
    expect(await printed('ccr use fa', 'fa')).toEqual([expect.stringMatching(/^fast\tfast\t.+/)])
    expect(await printed('ccr use or,', '')).toEqual(["'a b'\tor,a b\tor,a b"])
    expect(await printed('ccr', 'ccr')).toEqual([])
    expect(await printed('ccr --config ', '')).toEqual(['\tpaths'])
  } finally {
    await home.remove()
  }
})
