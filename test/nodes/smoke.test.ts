/** The life of a session, as short as it can be: for each version of Node that ccr runs on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { fakeClaude } from '../integration/fake-claude.ts'
import { type Ccr, type LiveSession, type Ran, throwawayCcr } from '../support/ccr.ts'

let ccr: Ccr
let path: string
beforeEach(async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } })
  path = `${await fakeClaude(ccr.home)}:${process.env['PATH'] ?? ''}`
})
afterEach(() => ccr.remove())

const preference = 'demo,x'
const run = (...args: string[]): Promise<Ran> =>
  ccr.run(args, { preference, env: { PATH: path, FAKE: 'print' } })

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args)
  expect(code, stdout + stderr).toBe(0)
  return stdout
}

const live = async (): Promise<LiveSession> =>
  (JSON.parse(await succeed('sessions', '--json')) as LiveSession[])[0]!

test('ccr demo shows two sessions side by side', async () => {
  const { code, stdout, stderr } = await ccr.run(['demo'], { env: { PATH: '/nonexistent' } })
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('demo,demo-b')
})

test('a session is started, used, restarted, revived and stopped', async () => {
  const logged = (): string => readFileSync(join(ccr.ccrHome, 'sessions', id, 'router.log'), 'utf8')
  await succeed('start')
  const { sessionId: id, ...first } = await live()
  expect(await succeed('code', '-p', 'hello')).toMatch(/^200 /)

  const [output] = await Promise.all([succeed('restart'), succeed('code', '-p', 'once more')])
  expect(output).toContain('was restarted.')
  const second = await live()
  expect([second.port, second.pid === first.pid]).toEqual([first.port, false])
  await vi.waitFor(() => expect(logged()).toContain('a new daemon takes over'), { timeout: 20_000 })
  expect(logged(), 'the socket was not passed on').not.toContain('/control/succeed')

  process.kill(second.pid, 'SIGKILL')
  expect(await succeed('code', '-p', 'and again')).toMatch(/^200 /)
  expect((await live()).port).toBe(first.port)
  await succeed('stop')
  expect((await run('status')).code).toBe(3)
})
