import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Ccr, throwawayCcr } from '../support/ccr.ts'

let ccr: Ccr
afterEach(() => ccr.remove())

it('ccr sessions prune forgets what does not run, and nothing else', async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }] })
  const runs = await ccr.start('demo,demo-a')
  const stopped = await ccr.start('demo,demo-b')
  expect((await ccr.run(['stop'], { preference: 'demo,demo-b' })).code).toBe(0)
  const pruned = await ccr.run(['sessions', 'prune'])
  expect(pruned).toMatchObject({ code: 0, stderr: '' })
  expect(pruned.stdout).toBe(`Removed session ${stopped.sessionId} (demo,demo-b).\n`)
  expect(await readdir(join(ccr.ccrHome, 'sessions'))).toEqual([runs.sessionId])
  expect((await ccr.run(['status'], { preference: 'demo,demo-a' })).code).toBe(0)
  expect((await ccr.run(['sessions', 'prune'])).stdout).toContain('nothing to prune')
})

it('ccr sessions says what is wrong with its words, and refuses to watch without a terminal', async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }] })
  expect(await ccr.run(['sessions', 'prun'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ccr sessions prune') as string,
  })
  expect(await ccr.run(['sessions', '--watch'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ccr sessions --json') as string,
  })
})
