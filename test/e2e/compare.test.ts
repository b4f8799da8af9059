/** `ccr compare --agent` with the real client: one model fixes a failing test, the other does not. */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collected, type Ran } from '../support/ccr.ts'
import { calls, text } from '../support/replies.ts'
import { said, stage, type Stage } from './stage.ts'

let on: Stage
let repo: string

beforeAll(async () => {
  on = await stage()
  repo = join(on.ccr.home, 'a project')
  await mkdir(repo)
  await writeFile(join(repo, 'sum.mjs'), 'export const sum = (a, b) => a - b\n')
  await writeFile(
    join(repo, 'test.mjs'),
    `import { sum } from './sum.mjs'\nif (sum(2, 3) !== 5) { console.log('sum is wrong'); process.exit(1) }\n`,
  )
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '--all')
  git(
    '-c',
    'user.name=U',
    '-c',
    'user.email=u@localhost',
    'commit',
    '--quiet',
    '--message',
    'Start',
  )
})
afterAll(() => on.close())

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: repo, encoding: 'utf8' })
}
function ccr(...args: string[]): Promise<Ran> {
  const child = on.ccr.spawn(args, { cwd: repo })
  child.stdin!.end()
  return collected(child)
}

it('both work in worktrees, are verified and shown; the good work is applied and the rest cleaned', async () => {
  on.upstream.script((request) => {
    const history = said(request)
    if (request.body.model === 'model-b') return text('I would add instead of subtracting.')
    const file_path = /Primary working directory: ([^\\"]+)/.exec(history)?.[1] ?? ''
    if (!history.includes('export const sum')) {
      return calls([{ name: 'Read', input: { file_path: join(file_path, 'sum.mjs') } }])
    }
    if (history.includes('has been updated')) return text('The sign was wrong.')
    const edit = { old_string: 'a - b', new_string: 'a + b' }
    return calls([{ name: 'Edit', input: { file_path: join(file_path, 'sum.mjs'), ...edit } }])
  })
  const models = ['-m', 'fake,model-a', '-m', 'fake,model-b']
  const task = 'The test fails: make `sum` right; $(touch pwned) "quoted" \'all\'.'
  const ran = await ccr('compare', '--agent', ...models, '--verify', 'node test.mjs', task)
  process.stdout.write(`\n${ran.stdout}\n`)
  expect(ran.stdout).toMatch(/^A {2}fake,model-a +done +passed .* 1 +\+1 -1 +3 +2 /m)
  expect(ran.stdout).toMatch(/^B {2}fake,model-b +done +failed \(1\) +0 +none +1 +0 /m)
  expect(ran.code).toBe(1)
  expect(on.upstream.requests.some((request) => said(request).includes('$(touch pwned)'))).toBe(
    true,
  )
  expect(git('status', '--porcelain')).toBe('')

  const shown = await ccr('compare', 'show')
  expect(shown.stdout).toContain('The sign was wrong.')
  expect(shown.stdout).toContain('  sum is wrong\n')
  expect((await ccr('compare', 'apply', 'A')).code).toBe(0)
  expect(await readFile(join(repo, 'sum.mjs'), 'utf8')).toBe('export const sum = (a, b) => a + b\n')
  expect(git('status', '--porcelain')).toBe(' M sum.mjs\n')
  expect((await ccr('compare', 'clean')).code).toBe(0)
  expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  expect(git('branch', '--list').trim()).toBe('* main')
})
