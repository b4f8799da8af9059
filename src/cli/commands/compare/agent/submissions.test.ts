import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentRecord, runRecord } from '../../../../../test/support/agent-runs.ts'
import { agentSubmissions } from './submissions.ts'

let folder: string
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccr-submissions-')))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a judge sees neither the folder nor the branch, which are named after the model', async () => {
  const worktree = join(folder, 'gpt-5-1')
  symlinkSync(folder, worktree)
  const branch = 'ccr/compare/abc123/gpt-5-1'
  const run = runRecord([
    agentRecord('A', {
      ...{ worktree, branch, name: 'gpt-5 #1', preference: 'gpt-5', sample: 1 },
      finalMessage: `Edited ${worktree}/sum.mjs (${folder}/sum.mjs) on ${branch}.`,
    }),
    agentRecord('B', { state: 'failed' }),
  ])
  const [one, ...more] = await agentSubmissions(run)
  expect(more).toEqual([])
  expect(one).toMatchObject({ letter: 'A', name: 'gpt-5 #1', preference: 'gpt-5' })
  expect(one!.text).toContain('Edited /worktree/sum.mjs (/worktree/sum.mjs) on the-branch.')
  expect(one!.text).not.toContain('gpt-5')
})
