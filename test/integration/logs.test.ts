/** `ccr logs` with the built ccr and a real daemon. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'

let ccr: Ccr
let session: LiveSession

beforeEach(async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } })
  session = await ccr.start()
})
afterEach(() => ccr.remove())

describe('ccr logs', () => {
  it('shows the session readably, and its requests', async () => {
    await messagesClient(session, 'any').post()
    const { code, stdout, stderr } = await ccr.run(['logs'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [first, second] = stdout.trimEnd().split('\n')
    expect(first).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO {2}the session is ready {2}/)
    expect(first).toContain(`pid=${String(session.pid)}  port=${String(session.port)}`)
    expect(second).toMatch(/INFO {2}request {2}target=demo,demo-a {2}route=default {2}status=200 /)
    expect(second).toMatch(/ {2}in=\d+ {2}out=\d+/)
  })

  it('-n shows the last so many; --json has the lines of the file', async () => {
    await messagesClient(session, 'any').post()
    const { stdout } = await ccr.run(['logs', '-n', '1', '--json'])
    expect(await ccr.log(session.sessionId)).toContain(stdout)
    expect(JSON.parse(stdout)).toMatchObject({ level: 'info', msg: 'request', status: 200 })
    expect((await ccr.run(['logs', '-n', '0'])).stdout).toBe('')
  })

  it('-f goes on with what is added, over a restart of the session, until Ctrl-C', async () => {
    const child = ccr.spawn(['logs', '-f', '-n', '1'])
    const ended = once(child, 'close')
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const until = async (text: string): Promise<void> => {
      for (;;) {
        const next = await lines.next()
        if (next.done === true) throw new Error(`ended before '${text}'`)
        if (next.value.includes(text)) return
      }
    }
    await until('the session is ready')
    await messagesClient(session, 'any').post()
    await until('request')
    await ccr.run(['restart'])
    await until('the session is ready')
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
  })

  it('-f ends when its output is closed', async () => {
    const child = ccr.spawn(['logs', '-f'])
    await once(child.stdout!, 'data')
    child.stdout!.destroy()
    const ended = once(child, 'close')
    await messagesClient(session, 'any').post()
    expect(await ended).toEqual([0, null])
  })

  it('of a session that was never started exits 1 and says what to type', async () => {
    const { code, stdout, stderr } = await ccr.run(['logs'], { preference: 'demo,demo-b' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('has no log')
    expect(stderr).toContain('CCR_MODEL_PREFERENCE=demo,demo-b ccr start')
  })

  it('is there for a session that was stopped', async () => {
    await ccr.run(['stop'])
    const { code, stdout } = await ccr.run(['logs'])
    expect(code).toBe(0)
    expect(stdout).toContain('the daemon ends')
  })

  it.each([['-n', 'x'], ['-n', '-1'], ['-n'], ['--lines=']])('exits 2 for %j', async (...argv) => {
    expect((await ccr.run(['logs', ...argv])).code).toBe(2)
  })

  it('has help with examples', async () => {
    const { stdout } = await ccr.run(['logs', '--help'])
    expect(stdout).toContain('ccr logs -f')
    expect(stdout).toContain('-n, --lines LINES')
  })
})
