import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { messagesClient, parseEvents } from '../support/client.ts'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { text } from '../support/replies.ts'
import { startUpstream, withResolvers, type Upstream } from '../support/upstream.ts'

let a: Upstream
let b: Upstream
let ccr: Ccr
let session: LiveSession

const provider = (name: string, more: object = {}): object => ({
  name,
  api_base_url: a.chatUrl,
  api_key: `fake-key-of-${name}`,
  models: ['m'],
  ...more,
})

const config = (more: object = {}): object => ({
  Providers: [provider('one')],
  Router: { default: 'one,m' },
  ...more,
})

beforeEach(async () => {
  a = await startUpstream(() => text('from a'))
  b = await startUpstream(() => text('from b'))
  ccr = await throwawayCcr(config())
  session = await ccr.start()
})

afterEach(async () => {
  await ccr.remove()
  await a.close()
  await b.close()
})

interface Status {
  readonly notes: readonly string[]
  readonly model: string | null
  readonly provider: string | null
  readonly pid: number
  readonly requests: { readonly served: number }
}

async function status(): Promise<Status> {
  const { stdout } = await ccr.run(['status', '--json'])
  return JSON.parse(stdout) as Status
}

/** Reading the file again takes a moment, and longer on a busy machine. */
const soon = (check: () => Promise<unknown>): Promise<unknown> =>
  vi.waitFor(check, { timeout: 20_000, interval: 100 })

async function modelThatAnswers(model = 'ccr-default'): Promise<string | null> {
  const { headers } = await messagesClient(session, model).post()
  return headers.get('x-ccr-model')
}

describe('an edit of the config of a running session', () => {
  it('holds for new requests, while a running stream ends as it began', async () => {
    const gate = withResolvers()
    const long = text('a long answer', { pauseAt: { frame: 1, pause: gate.promise } })
    a.script(({ n }) => (n === 0 ? long : text('from a')))
    const client = messagesClient(session, 'ccr-default')
    const running = await client.fetch('/v1/messages', {
      method: 'POST',
      body: JSON.stringify({
        model: 'x',
        stream: true,
        max_tokens: 9,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    })
    await ccr.configure(
      config({
        Providers: [provider('one'), provider('two', { api_base_url: b.chatUrl })],
        Router: { default: 'two,m' },
      }),
    )
    await soon(async () => expect(await modelThatAnswers()).toBe('two,m'))
    expect(b.requests.at(-1)?.headers.authorization).toBe('Bearer fake-key-of-two')
    gate.resolve(undefined)
    const events = parseEvents(await running.text())
    expect(events.at(-1)?.event).toBe('message_stop')
    await soon(async () => {
      const now = await status()
      expect(now).toMatchObject({ provider: 'two', model: 'm', pid: session.pid, notes: [] })
      expect(now.requests.served).toBe(1 + b.requests.length + a.requests.length - 1)
    })
    expect(await ccr.log('default')).toContain('"changed":["Router","+two"]')
  })

  it('by `ccr model set think NAME` sends requests that think where NAME leads, until it is unset', async () => {
    const deep = {
      Providers: [provider('one'), provider('two', { api_base_url: b.chatUrl, models: ['deep'] })],
      Preferences: { thorough: 'two,deep' },
    }
    await ccr.configure(config(deep))
    const ask = async (more: object): Promise<string | null> =>
      (await messagesClient(session, 'ccr-default').post(more)).headers.get('x-ccr-model')
    const thinking = { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } }
    expect(await ccr.run(['model', 'set', 'think', 'Thorough'])).toMatchObject({ code: 0 })
    await soon(async () => expect(await ask(thinking)).toBe('two,deep'))
    expect(b.requests.at(-1)?.body).toMatchObject({ model: 'deep' })
    expect(await ask({})).toBe('one,m')
    const { stdout } = await ccr.run(['model', 'unset', 'think'])
    expect(stdout).toContain('Router.think is no longer set (was two,deep)')
    await soon(async () => expect(await ask(thinking)).toBe('one,m'))
  })

  it('a changed key and a removed provider are noticed, also when the file is replaced', async () => {
    const file = join(ccr.ccrHome, 'config.json')
    const next = config({
      PORT: ccr.port,
      Providers: [provider('two', { api_key: 'another-key' })],
      Router: { default: 'two,m' },
    })
    writeFileSync(`${file}.tmp`, JSON.stringify(next))
    renameSync(`${file}.tmp`, file)
    await soon(async () => expect(await modelThatAnswers()).toBe('two,m'))
    expect(a.requests.at(-1)?.headers.authorization).toBe('Bearer another-key')
    const gone = await messagesClient(session, 'one,m').post()
    expect(gone.status).toBe(400)
    expect(JSON.stringify(gone.body)).toContain('one,m')
    const models = await messagesClient(session, 'x').fetch('/v1/models')
    expect(await models.json()).toMatchObject({ data: [{ id: 'claude-ccr/two,m' }] })
  })

  it('that is broken leaves the last good one in force, and is told until it is mended', async () => {
    const file = join(ccr.ccrHome, 'config.json')
    writeFileSync(file, '{\n  "Providers": [{ "name": "one" ]\n}')
    const note =
      /^config broken since \d{4}-\d\d-\d\dT[\d:.]+Z: .*config\.json:2:\d+: .+\w\)?\. The session continues/
    await soon(async () => expect((await status()).notes[0]).toMatch(note))
    expect(await modelThatAnswers()).toBe('one,m')
    expect(await ccr.log('default')).toContain('the config is broken')
    const human = await ccr.run(['status'])
    expect(human.stdout).toContain('Note: config broken since')

    await ccr.configure(config({ Router: { default: 'one,n' } }))
    await soon(async () => expect((await status()).notes).toEqual([]))
    expect(await modelThatAnswers()).toBe('one,n')
  })

  it('that refers to a variable which the session does not have is told with its name', async () => {
    const two = provider('two', { api_key: '${NO_SUCH_KEY}' })
    await ccr.configure(config({ Providers: [provider('one'), two] }))
    await soon(async () => {
      const { notes } = await status()
      expect(notes.join('\n')).toMatch(/NO_SUCH_KEY.*not set in this session.*ccr restart/)
    })
    // The default needs it: the session goes on as before.
    await ccr.configure(config({ Providers: [two], Router: { default: 'two,m' } }))
    await soon(async () => {
      const { notes } = await status()
      expect(notes[0]).toMatch(/^config broken since .*NO_SUCH_KEY, which is not set/)
    })
    expect(await modelThatAnswers()).toBe('one,m')
  })

  it('of PORT or HOST is named as one that needs a restart', async () => {
    await ccr.configure(config({ PORT: ccr.port + 1 }))
    await soon(async () => {
      const { notes } = await status()
      expect(notes).toContain(
        `PORT ${String(ccr.port + 1)} of the config takes effect with: ccr restart`,
      )
    })
    expect(await modelThatAnswers()).toBe('one,m')
  })

  it('of the log level and of APIKEY holds at once', async () => {
    await ccr.configure(config({ LOG_LEVEL: 'error', APIKEY: 'only-with-this-key' }))
    const client = messagesClient({ ...session, token: 'some-other-key' }, 'x')
    await soon(async () => expect((await client.post()).status).toBe(401))
    const before = await ccr.log('default')
    const right = messagesClient({ ...session, token: 'only-with-this-key' }, 'x')
    expect((await right.post()).status).toBe(200)
    expect(await ccr.log('default')).toBe(before)
  })
})
