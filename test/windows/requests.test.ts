/** What passes through a daemon on Windows to an upstream on loopback, and back. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type LiveSession } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { answer, refusal, text } from '../support/replies.ts'
import { startUpstream, type Upstream, withResolvers } from '../support/upstream.ts'
import { type Home, toWindows, WINDOWS, windowsHome } from './harness.ts'

const PATIENCE = { timeout: 60_000, interval: 100 } as const

let upstream: Upstream
let other: Upstream
let home: Home
let session: LiveSession

const provider = (name: string, more: object = {}): object => ({
  name,
  api_base_url: upstream.chatUrl,
  api_key: `fake-key-of-${name}`,
  models: ['m', 'n'],
  ...more,
})

const config = (more: object = {}): object => ({
  Providers: [provider('one'), provider('direct', { api_base_url: upstream.messagesUrl })],
  Router: { default: 'one,m' },
  ...more,
})

beforeAll(async () => {
  upstream = await startUpstream()
  other = await startUpstream(() => text('from the other'))
  home = await windowsHome(config())
  session = await home.live()
})
beforeEach(() => upstream.script(() => text('fine')))
afterAll(async () => {
  await home.remove()
  await upstream.close()
  await other.close()
})

describe('a request', WINDOWS, () => {
  it('is translated, streamed and counted', async () => {
    const call = { name: 'Read', input: { path: 'C:\\Users\\Jörg\\x.ts' } }
    upstream.script(() =>
      answer([{ text: 'Grüße 🎉' }, { call }], { usage: { input: 50, output: 7 }, dripMs: 5 }),
    )
    const { message } = await messagesClient(session, 'ccr-default').stream()
    expect(message.content).toMatchObject([
      { type: 'text', text: 'Grüße 🎉' },
      { type: 'tool_use', name: 'Read', input: call.input },
    ])
    expect(message.usage).toMatchObject({ input_tokens: 50, output_tokens: 7 })
  })

  it('is forwarded as it is to a provider that speaks Messages', async () => {
    const { message } = await messagesClient(session, 'direct,m').stream()
    expect(message.content).toMatchObject([{ type: 'text', text: 'fine' }])
    expect(upstream.requests.at(-1)).toMatchObject({ wire: 'anthropic', body: { model: 'm' } })
  })

  it('may come with fifty others, each on a connection of its own or not', async () => {
    upstream.script(({ body }) => text(`for ${JSON.stringify(body.messages.at(-1)?.content)}`))
    const client = messagesClient(session, 'ccr-default')
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const { body } = await client.post({ messages: [{ role: 'user', content: `no ${n}` }] })
        return (body['content'] as { text: string }[])[0]?.text
      }),
    )
    expect(answers).toEqual(answers.map((_, n) => `for "no ${n}"`))
  })

  it('of two megabytes arrives whole', async () => {
    const long = 'Ärger '.repeat(300_000)
    const messages = [{ role: 'user', content: long }]
    expect((await messagesClient(session, 'ccr-default').post({ messages })).status).toBe(200)
    expect(upstream.requests.at(-1)?.body.messages.at(-1)?.content).toBe(long)
  })

  it('that the client abandons is abandoned upstream', async () => {
    const gate = withResolvers()
    upstream.script(() => text('a long answer', { pauseAt: { frame: 1, pause: gate.promise } }))
    const before = upstream.requests.length
    const abort = new AbortController()
    const stream = await fetch(`${session.baseUrl}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${session.token}` },
      body: JSON.stringify({
        model: 'ccr-default',
        stream: true,
        max_tokens: 9,
        messages: [{ role: 'user', content: 'hi' }],
      }),
      signal: abort.signal,
    })
    expect(stream.status).toBe(200)
    abort.abort()
    expect(await (await upstream.request(before)).ended).toBe('client-left')
    gate.resolve(undefined)
  })

  it('that the upstream refuses fails with its words', async () => {
    upstream.script(() => refusal(401, 'no such key'))
    const { status, body } = await messagesClient(session, 'ccr-default').post()
    expect([status, JSON.stringify(body)]).toEqual([401, expect.stringContaining('no such key')])
  })

  it('to a port where nobody listens fails with the reason', async () => {
    const closed = await startUpstream()
    await closed.close()
    await home.configure(
      config({ Providers: [provider('one'), provider('gone', { api_base_url: closed.chatUrl })] }),
    )
    const refused = async (): Promise<unknown> => {
      const { body } = await messagesClient(session, 'gone,m').post()
      return JSON.stringify(body)
    }
    await vi.waitFor(
      async () => expect(await refused()).toContain('refused the connection'),
      PATIENCE,
    )
  })
})

describe('an edit of the config', WINDOWS, () => {
  const model = async (): Promise<string | null> =>
    (await messagesClient(session, 'ccr-default').post()).headers.get('x-ccr-model')

  it('holds for the next requests of the running session', async () => {
    const second = provider('two', { api_base_url: other.chatUrl })
    await home.configure(
      config({ Providers: [provider('one'), second], Router: { default: 'two,n' } }),
    )
    await vi.waitFor(async () => expect(await model()).toBe('two,n'), PATIENCE)
    expect((await home.sessions())[0]?.pid).toBe(session.pid)
  })

  it('that is broken leaves the session as it was, and says so', async () => {
    await writeFile(join(home.ccrHome, 'config.json'), '{ "Providers": [ ')
    await vi.waitFor(async () => {
      expect((await home.run(['status'])).stdout).toContain('config.json')
    }, PATIENCE)
    expect(await model()).toBe('two,n')
    const { code, stdout } = await home.run(['config', 'check'])
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining(toWindows(join(home.ccrHome, 'config.json'))),
    ])
    await home.configure(config())
    await vi.waitFor(async () => expect(await model()).toBe('one,m'), PATIENCE)
  })
})

describe('a custom router', WINDOWS, () => {
  it('is found by a path with backslashes, blanks and umlauts', async () => {
    const file = join(home.folder, 'mein Router ü.js')
    await writeFile(file, `module.exports = async () => 'one,n'\n`)
    await home.configure(config({ CUSTOM_ROUTER_PATH: toWindows(file) }))
    await vi.waitFor(async () => {
      const { headers } = await messagesClient(session, 'claude-sonnet-4-5').post()
      expect(headers.get('x-ccr-model')).toBe('one,n')
    }, PATIENCE)
  })

  it('that begins with ~ is found in the home folder', async () => {
    await writeFile(join(home.folder, 'router.mjs'), `export default () => 'direct,n'\n`)
    await home.configure(config({ CUSTOM_ROUTER_PATH: '~\\router.mjs' }))
    await vi.waitFor(async () => {
      const { headers } = await messagesClient(session, 'claude-sonnet-4-5').post()
      expect(headers.get('x-ccr-model')).toBe('direct,n')
    }, PATIENCE)
  })
})
