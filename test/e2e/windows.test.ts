/** The real client knows the window of each model of the config, and compacts below it. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { answer, type Reply } from '../support/replies.ts'
import { startUpstream, type Seen, type Upstream } from '../support/upstream.ts'
import type { Ccr, Ran } from '../support/ccr.ts'
import { by, clientHome, messagesText, PATIENCE } from './harness.ts'

const WINDOWS = { small: 32_768, usual: 131_072, wide: 262_144, large: 1_000_000 } as const

let upstream: Upstream
let ccr: Ccr

beforeAll(async () => {
  upstream = await startUpstream()
  const models = Object.entries(WINDOWS).map(([id, contextWindow]) => ({ id, contextWindow }))
  ccr = await clientHome({
    Providers: [
      {
        name: 'fake',
        api_base_url: upstream.chatUrl,
        api_key: 'fake-key',
        models: [...models, 'unknown'],
      },
    ],
    Router: { default: 'fake,usual' },
  })
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

const ask = (model: string): Promise<Ran> => {
  const argv = ['-p', 'work until it is too much', '--dangerously-skip-permissions']
  return ccr.run(['code', ...argv, '--output-format', 'json'], { preference: `fake,${model}` })
}

/** What the client says of its only model. */
function reported({ stdout }: Ran): { readonly result: string; readonly contextWindow: number } {
  const { result, modelUsage } = JSON.parse(stdout) as {
    result: string
    modelUsage: Record<string, { contextWindow: number }>
  }
  return { result, contextWindow: Object.values(modelUsage)[0]!.contextWindow }
}

/** Tokens of the first request, as the provider counts them. */
const FIRST = 13_000
const say = (text: string, input: number): Reply =>
  answer([{ text }], { usage: { input, output: 20 } })

/** The tokens of each request of a conversation that grows until the client compacts it, and goes on then. */
function growing(step: number): number[] {
  const counted: number[] = []
  upstream.script((request: Seen) => {
    const history = messagesText(request)
    const last = counted.at(-1) ?? 0
    if (history.includes('Respond with TEXT ONLY')) return say('<summary>It ran.</summary>', last)
    if (history.includes('This session is being continued')) return say('on with it', FIRST + step)
    const input = FIRST + by('tool', request).length * step
    counted.push(input)
    const call = { name: 'Bash', input: { command: 'echo hi' } }
    return answer([{ call }], { usage: { input, output: 20 } })
  })
  return counted
}

describe('a conversation that grows past the window of its model', () => {
  it.each([
    ['small', 32_768, 8_192, 0.6],
    ['usual', 131_072, 32_000, 0.7],
    ['large', 1_000_000, 32_000, 0.9],
  ] as const)('of %s, %d tokens, is compacted below it', async (model, window, output, share) => {
    const step = Math.floor(window / 50)
    const counted = growing(step)
    const before = upstream.requests.length
    const ran = await ask(model)
    expect(reported(ran)).toMatchObject({ result: 'on with it' })
    const sent = upstream.requests.slice(before)
    expect(sent.map(({ body }) => body['max_tokens'])).toEqual(sent.map(() => output))
    const last = counted.at(-1)!
    expect(last).toBeGreaterThan(share * window)
    // The request to compact holds all of it, and what one more turn has added.
    expect(last + step).toBeLessThan(window)
  })

  it('is compacted by a request that says so', async () => {
    const byClass = async () => {
      const { stdout } = await ccr.run(['usage', '--by', 'class', '--json'])
      const { groups } = JSON.parse(stdout) as { groups: { key: string; requests: number }[] }
      return groups.find(({ key }) => key === 'compaction')?.requests
    }
    await vi.waitFor(async () => expect(await byClass()).toBe(3), PATIENCE)
  })
})

describe('the window that the client reports', () => {
  it.each([
    ['usual', 131_072],
    ['wide', 262_144],
    ['large', 1_000_000],
    ['unknown', 200_000],
  ])('of %s is %d tokens', async (model, window) => {
    upstream.script(say('done', FIRST))
    expect(reported(await ask(model))).toEqual({ result: 'done', contextWindow: window })
  })
})
