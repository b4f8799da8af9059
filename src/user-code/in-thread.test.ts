import { setTimeout as after } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { recordingLog } from '../../test/support/log.ts'
import { builtThread } from '../../test/support/thread.ts'
import { emptyConfig } from '../config/defaults.ts'
import { usedTransformers } from '../config/schema/transformer.ts'
import type { UserCode } from './in-process.ts'
import { createThreadedUserCode } from './in-thread.ts'

const folder = testFolder()
let thread: URL
const open: UserCode[] = []

beforeAll(async () => {
  thread = await builtThread(folder.path)
})
afterEach(async () => {
  for (const userCode of open.splice(0)) await userCode.close()
})

const LIMITS = { router: 5_000, request: 5_000, response: 5_000 }
const QUESTION = {
  body: { model: 'x', messages: [] },
  headers: {},
  url: '/v1/messages',
  method: 'POST',
  sessionId: 's',
  tokenCount: 1,
}
const PROVIDER = { name: 'p', baseUrl: 'http://h', apiKey: 'k', models: ['m'] }

interface Files {
  readonly router?: string
  readonly transformers?: readonly string[]
}

function started({ router = '', transformers = [] }: Files, limits = LIMITS) {
  const log = recordingLog()
  const modules = transformers.map((path) => ({ path, options: { extra: 7 } }))
  const extensions = { systemPrompt: '', router, transformers: modules }
  const userCode = createThreadedUserCode(thread, {
    config: { ...emptyConfig(), extensions },
    limits,
    log,
  })
  open.push(userCode)
  return { userCode, log, choose: () => userCode.choose?.(QUESTION) }
}

describe('a custom router in its thread', () => {
  it('names a model, changes the request, and logs', async () => {
    const router = folder.write(
      'good.js',
      `module.exports = async (req, config) => {
        req.log.info({ a: 1 }, 'asked')
        console.log('printed')
        if (config.PORT !== 3456) return null
        req.body.temperature = 0.5
        return 'p,m'
      }`,
    )
    const { choose, log } = started({ router })
    expect(await choose()).toEqual({ model: 'p,m', body: { ...QUESTION.body, temperature: 0.5 } })
    await vi.waitFor(() => expect([...log.lines].sort()).toEqual(['info asked', 'info printed']))
  })

  it('sends no request back that it left alone', async () => {
    const router = folder.write('null.js', 'module.exports = () => null')
    expect(await started({ router }).choose()).toEqual({ model: undefined })
  })

  it.each([
    ['never gives up the processor', 'for (;;) {}', 'it blocked its thread'],
    ['exits', 'process.exit(3)', 'it ended its thread'],
    ['takes all memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(all.length))', ''],
  ])(
    'that %s is ended and logged, and is there for the next request',
    async (kind, code, message) => {
      const router = folder.write(
        `${kind.replaceAll(' ', '-')}.js`,
        `module.exports = (req) => { if (req.body.model === 'x') { ${code} } return 'p,m' }`,
      )
      const { userCode, log, choose } = started({ router }, { ...LIMITS, router: 1_000 })
      const ticks: number[] = []
      const timer = setInterval(() => ticks.push(1), 5)
      expect(await choose()).toBeUndefined()
      clearInterval(timer)
      expect(ticks).not.toEqual([])
      expect(log.lines.join('\n')).toContain(message)
      const fine = { ...QUESTION, body: { model: 'y', messages: [] } }
      await vi.waitFor(
        async () => expect(await userCode.choose?.(fine)).toEqual({ model: 'p,m' }),
        20_000,
      )
    },
  )

  it('that throws from a timer is logged, and goes on', async () => {
    const router = folder.write(
      'timer.js',
      `setTimeout(() => { throw new Error('late') }, 1)
      module.exports = () => 'p,m'`,
    )
    const { choose, log } = started({ router })
    expect(await choose()).toEqual({ model: 'p,m' })
    await vi.waitFor(() =>
      expect(log.lines).toContain('error user code failed outside of a call: Error: late'),
    )
    expect(await choose()).toEqual({ model: 'p,m' })
  })

  it('that ends its thread again and again is left out for a while', async () => {
    const router = folder.write('always.js', 'module.exports = () => process.exit(1)')
    const { choose, log } = started({ router })
    for (let i = 0; i < 7; i += 1) expect(await choose()).toBeUndefined()
    expect(log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(5)
    expect(log.lines.at(-1)).toBe(
      'error user code ended its thread 5 times; it is left out for a while',
    )
  })
})

describe('user transformers in their thread', () => {
  const SHOUT = `module.exports = class {
    name = 'Shout'
    constructor(options) { this.options = options }
    transformRequestIn(body, provider, context) {
      context.seen = body.model
      return { body: { ...body, ...this.options }, config: { url: new URL('http://other/'), headers: { 'x-key': provider.apiKey } } }
    }
    transformResponseOut(response, context) {
      const up = new TransformStream({ transform(chunk, out) {
        out.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase()))
      } })
      return new Response(response.body.pipeThrough(up), { headers: { 'x-seen': context.seen } })
    }
  }`
  const use = usedTransformers({ use: ['shout', 'unknown'] })

  /** A body of which a piece comes when it is asked for. */
  function pieces(...texts: readonly string[]) {
    const rest = [...texts]
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const next = rest.shift()
          if (next === undefined) controller.close()
          else controller.enqueue(new TextEncoder().encode(next))
        },
        cancel() {
          isCancelled = true
        },
      },
      { highWaterMark: 0 },
    )
    return { body, isCancelled: () => isCancelled }
  }

  it('see what goes out and what comes back, piece by piece, with a context for each exchange', async () => {
    const { userCode } = started({ transformers: [folder.write('shout.js', SHOUT)] })
    const transformers = await userCode.transformers
    expect([transformers.has('shout'), transformers.has('unknown')]).toEqual([true, false])
    const chain = transformers.chain(use)
    const context = { req: {} }
    expect(await chain?.request({ model: 'm' }, PROVIDER, context)).toEqual({
      body: { model: 'm', extra: 7 },
      url: 'http://other/',
      headers: { 'x-key': 'k' },
    })
    const { body } = pieces('one ', 'two ', 'three')
    const response = await chain?.response(new Response(body, { headers: { 'x-a': '1' } }), context)
    expect(response?.headers.get('x-seen')).toBe('m')
    const texts: string[] = []
    for await (const piece of response!.body as AsyncIterable<Uint8Array>) {
      texts.push(new TextDecoder().decode(piece))
    }
    expect(texts).toEqual(['ONE ', 'TWO ', 'THREE'])
  })

  it('let go of the answer when the client has', async () => {
    const path = folder.write('same.js', `module.exports = { name: 'shout' }`)
    const { userCode } = started({ transformers: [path] })
    const chain = (await userCode.transformers).chain(use)
    const { body, isCancelled } = pieces('a', 'b')
    const response = await chain?.response(new Response(body), {})
    await response?.body?.cancel()
    await vi.waitFor(() => expect(isCancelled()).toBe(true))
  })

  it('are made anew when their file has changed; a broken edit leaves the last good one', async () => {
    const source = (n: number) =>
      `module.exports = { name: 'shout', transformRequestIn: (body) => ({ ...body, n: ${String(n)} }) }`
    const write = (text: string) => folder.write('edited.js', text)
    const { userCode, log } = started({ transformers: [write(source(1))] })
    const chain = (await userCode.transformers).chain(use)
    const sent = async () => (await chain?.request({}, PROVIDER, {}))?.body
    expect(await sent()).toEqual({ n: 1 })
    write(source(2))
    expect(await sent()).toEqual({ n: 2 })
    write('this is {{ no module')
    expect([await sent(), await sent()]).toEqual([{ n: 2 }, { n: 2 }])
    expect(log.lines).toHaveLength(1)
    write(source(3))
    expect(await sent()).toEqual({ n: 3 })
  })

  it('that block in the middle of an answer break it off, and nothing else', async () => {
    const path = folder.write(
      'exits.js',
      `module.exports = { name: 'shout', transformResponseOut(response) {
        return new Response(response.body.pipeThrough(new TransformStream({
          transform(chunk, out) { out.enqueue(chunk); setTimeout(() => process.exit(1), 1) } })))
      } }`,
    )
    const { userCode } = started({ transformers: [path] })
    const chain = (await userCode.transformers).chain(use)
    const never = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array([65])),
    })
    const response = await chain?.response(new Response(never), {})
    await expect(response?.text()).rejects.toThrow('the thread of user code has ended')
    await after(0)
    // The one that is ending may still be asked.
    await vi.waitFor(async () => {
      const sent = await chain?.request({ a: 1 }, PROVIDER, {})
      expect(sent).toEqual({ body: { a: 1 }, headers: {} })
    }, 20_000)
  })

  it.each([
    ['throws', `throw new Error('log in first')`, /: transformRequestIn failed: log in first$/],
    ['exits', `process.exit(1)`, /custom transformers shout failed: it ended its thread$/],
    ['blocks', `for (;;) {}`, /custom transformers shout failed: it blocked its thread/],
  ])('one that %s fails the request', async (kind, code, words) => {
    const source = `module.exports = { name: 'shout', transformRequestIn() { ${code} } }`
    const transformers = [folder.write(`shout-${kind}.js`, source)]
    const { userCode } = started({ transformers }, { ...LIMITS, request: 500 })
    const chain = (await userCode.transformers).chain(use)
    await expect(chain?.request({}, PROVIDER, {})).rejects.toThrow(words)
  })

  it('one that cannot be loaded fails requests until its file is mended', async () => {
    const path = folder.write('mended.js', `throw new Error('no key')`)
    const { userCode } = started({ transformers: [path] })
    const transformers = await userCode.transformers
    const sent = async () => (await transformers.chain(use)?.request({}, PROVIDER, {}))?.body
    await expect(sent()).rejects.toThrow(/mended\.js failed: no key$/)
    folder.write(
      'mended.js',
      `module.exports = { name: 'shout', transformRequestIn: () => ({ mended: true }) }`,
    )
    await vi.waitFor(async () => expect(await sent()).toEqual({ mended: true }), 5_000)
  })

  it('one that is gone after an edit is missed, not left out', async () => {
    const source = (name: string) => `module.exports = { name: '${name}' }`
    const { userCode } = started({
      transformers: [folder.write('renamed.js', source('shout'))],
    })
    const chain = (await userCode.transformers).chain(use)
    await chain?.request({}, PROVIDER, {})
    folder.write('renamed.js', source('whisper'))
    await expect(chain?.request({}, PROVIDER, {})).rejects.toThrow(
      /no transformer "shout" any more/,
    )
  })
})
