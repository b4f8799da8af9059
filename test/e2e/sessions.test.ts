/** The real client in several sessions, and when a session ends or restarts. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { text } from '../support/replies.ts'
import { withResolvers } from '../support/upstream.ts'
import { PATIENCE, messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness

beforeAll(async () => {
  on = await startHarness()
})
afterAll(() => on.close())

interface Row {
  readonly modelPreference: string
  readonly port: number
  readonly pid: number
  readonly referenceCount: number
}

const sessions = async (): Promise<Row[]> =>
  JSON.parse((await on.ccr.run(['sessions', '--json'])).stdout) as Row[]

describe('two sessions side by side', () => {
  it('answer two clients at the same time, each with its own model', async () => {
    const gate = withResolvers<null>()
    on.upstream.script((request) =>
      text(`answer of ${request.body.model}`, { before: gate.promise }),
    )
    const runs = [
      on.ask('prompt for a', { preference: 'fake,model-a' }),
      on.ask('prompt for b', { preference: 'fake,model-b' }),
    ]
    // Neither is answered before both have asked: the two conversations overlap.
    const requests = [await on.upstream.request(0), await on.upstream.request(1)]
    const open = await sessions()
    gate.resolve(null)
    const [a, b] = await Promise.all(runs)

    expect(a).toMatchObject({ code: 0, stdout: 'answer of model-a\n' })
    expect(b).toMatchObject({ code: 0, stdout: 'answer of model-b\n' })
    for (const letter of ['a', 'b']) {
      const request = requests.find((seen) => seen.body.model === `model-${letter}`)
      expect(messagesText(request!)).toContain(`prompt for ${letter}`)
    }
    expect(on.upstream.requests).toHaveLength(2)

    expect(open.map((row) => row.modelPreference).sort()).toEqual(['fake,model-a', 'fake,model-b'])
    expect(open.map((row) => row.referenceCount)).toEqual([1, 1])
    expect(new Set(open.map((row) => row.port)).size).toBe(2)
    expect(new Set(open.map((row) => row.pid)).size).toBe(2)
    await vi.waitFor(async () => {
      expect((await sessions()).map((row) => row.referenceCount)).toEqual([0, 0])
    }, PATIENCE)
  })

  it('the second client of a session uses the daemon that runs', async () => {
    on.upstream.script(text('again'))
    const earlier = await sessions()
    expect(await on.ask('once more')).toMatchObject({ code: 0, stdout: 'again\n' })
    const now = await sessions()
    expect(now.map((row) => row.pid)).toEqual(earlier.map((row) => row.pid))
  })

  it('a daemon that is killed in mid-answer comes back, and the conversation goes on', async () => {
    const first = on.upstream.requests.length
    on.upstream.script((request) =>
      request.n === first ? text('never seen', { frames: 2, ending: 'hold' }) : text('carried on'),
    )
    const run = on.ask('will it last?')
    const seen = await on.upstream.request(first)
    const [row] = (await sessions()).filter((each) => each.modelPreference === 'fake,model-a')
    process.kill(row!.pid, 'SIGKILL')
    expect(await seen.ended).toBe('client-left')
    expect(await run).toMatchObject({ code: 0, stdout: 'carried on\n' })
    const [now] = (await sessions()).filter((each) => each.modelPreference === 'fake,model-a')
    expect(now?.port).toBe(row!.port)
    expect(now?.pid).not.toBe(row!.pid)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'a launcher ended by %s takes its client along',
    async (signal) => {
      const next = on.upstream.requests.length
      on.upstream.script(text('never seen', { frames: 2, ending: 'hold' }))
      const launcher = on.ccr.spawn(['code', '-p', 'hello?'], { preference: 'fake,model-a' })
      launcher.stdin?.end()
      const closed = once(launcher, 'close')
      const seen = await on.upstream.request(next)
      launcher.kill(signal)
      // The client's connection goes, and with it the request at the provider.
      expect(await seen.ended).toBe('client-left')
      expect(await closed).toEqual(signal === 'SIGTERM' ? [143, null] : [null, 'SIGKILL'])
      await vi.waitFor(async () => {
        const [row] = (await sessions()).filter((each) => each.modelPreference === 'fake,model-a')
        expect(row?.referenceCount).toBe(0)
      }, PATIENCE)
    },
  )

  it('a stop under a running answer waits for it, and the client prints it', async () => {
    const next = on.upstream.requests.length
    const gate = withResolvers<null>()
    on.upstream.script(text('the whole answer', { before: gate.promise }))
    const run = on.ask('will it be printed?')
    await on.upstream.request(next)
    const stopped = on.ccr.run(['stop', '--drain', '60'], { preference: 'fake,model-a' })
    await vi.waitFor(async () => {
      const { stdout } = await on.ccr.run(['status'], { preference: 'fake,model-a' })
      expect(stdout).toMatch(/State: +draining/)
    }, PATIENCE)
    gate.resolve(null)
    expect(await stopped).toMatchObject({ code: 0 })
    expect(await run).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
    expect((await on.ccr.run(['start'], { preference: 'fake,model-a' })).code).toBe(0)
  })

  it('stop ends one of them and leaves the other', async () => {
    const stopped = await on.ccr.run(['stop'], { preference: 'fake,model-b' })
    expect(stopped.code).toBe(0)
    expect((await sessions()).map((row) => row.modelPreference)).toEqual(['fake,model-a'])
    on.upstream.script(text('still here'))
    expect(await on.ask('hello?')).toMatchObject({ code: 0, stdout: 'still here\n' })
  })
})
