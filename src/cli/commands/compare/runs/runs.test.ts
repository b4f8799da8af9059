/** Which run is meant, with records written by hand. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../../test/support/command.ts'
import { GIT } from '../../../../../test/support/requires.ts'
import { FINAL_MESSAGE } from '../agent/record.ts'
import { command } from '../compare.ts'

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  for (const id of ['aa1111', 'aa2222', 'ab3333', 'cc4444']) {
    const folder = join(home.ccrHome, 'compare', id)
    mkdirSync(folder, { recursive: true })
    const work = { label: 'x', model: 'x,y', worktree: join(folder, 'x'), branch: `ccr/${id}/x` }
    const model = {
      ...{ letter: 'A', name: 'x', ...work, sessionId: '1', state: 'done', error: null },
      ...{
        ms: 1,
        turns: 1,
        tools: 0,
        denied: 0,
        usage: null,
        costUsd: null,
        [FINAL_MESSAGE]: '',
        note: '',
      },
      ...{ commit: 'abc', files: [], verified: null },
    }
    const run = {
      ...{ version: 1, id, root: join(home.path, 'gone'), base: 'abc', withChanges: false },
      ...{ task: 't', verify: null, startedAt: `2026-11-0${id[5] ?? ''}`, state: 'done' },
      ...{ pid: 1, processStart: null, models: [model], verdict: null, applied: null },
    }
    const text = id === 'cc4444' ? '{' : JSON.stringify(run)
    writeFileSync(join(folder, 'run.json'), text)
  }
})
afterEach(() => home.remove())

const compare = (...words: string[]) => runCommand(command, words, home.env)
const isThere = (id: string): boolean => existsSync(join(home.ccrHome, 'compare', id))

describe('a run is named by the beginning of its id', GIT, () => {
  it.each([
    [['show', 'aa1'], 0, ''],
    [['show', 'AB'], 0, ''],
    [['show', '--run', 'aa1'], 0, ''],
    [['apply', 'A', '--run', 'aa1'], 0, ''],
    [['show', 'aa'], 1, "several runs start with 'aa': aa2222, aa1111."],
    [['diff', 'A', '--run', 'a'], 1, "several runs start with 'a': ab3333, aa2222, aa1111."],
    [['apply', 'A', '--run', 'aa'], 1, 'several runs start with'],
    [['clean', 'a'], 1, 'several runs start with'],
    [['show', 'zz'], 1, "there is no run 'zz'."],
    [['show', ''], 1, 'several runs start with'],
    [['show', 'CC'], 1, 'the record of run cc4444 is damaged'],
    [['diff', 'B', '--run', 'aa1'], 2, "run aa1111 has no model 'B'"],
  ])('%j', async (words, code, message) => {
    const ran = await compare(...words)
    expect(ran).toMatchObject({ code, err: expect.stringContaining(message) as string })
  })

  it('a damaged one is cleaned by it too', async () => {
    expect(await compare('clean', 'CC')).toMatchObject({ code: 0 })
    expect([isThere('cc4444'), isThere('aa1111')]).toEqual([false, true])
  })

  it.each([[['clean', 'aa1', '--all']], [['clean', '--all', '--run', 'aa1']]])(
    'beside --all it is refused, and nothing is removed: %j',
    async (words) => {
      const { code, err } = await compare(...words)
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('--all') as string })
      expect(isThere('aa1111') && isThere('ab3333')).toBe(true)
    },
  )

  it('whose repository is gone says which folder that was', async () => {
    const { code, err } = await compare('diff', 'A', '--run', 'aa1')
    expect(code).toBe(1)
    expect(err).toContain(`the folder ${join(home.path, 'gone')} no longer exists`)
    expect(err).not.toContain('Install git')
  })
})
