/** What the real client does when a provider fails. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { messagesClient } from '../support/client.ts'
import {
  calls,
  events,
  htmlPage,
  http,
  rateLimited,
  refusal,
  text,
  wrongKey,
} from '../support/replies.ts'
import { startUpstream } from '../support/upstream.ts'
import { clientHome, messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness
let before: number

beforeAll(async () => {
  on = await startHarness()
})
afterAll(() => on.close())
beforeEach(() => {
  before = on.upstream.requests.length
})

const count = (): number => on.upstream.requests.length - before

describe('the real client and a provider in trouble', () => {
  it('a rate limit, then the answer', async () => {
    on.upstream.script([rateLimited('1'), text('after the wait')])
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'after the wait\n' })
    expect(count()).toBe(2)
  })

  it.each(['cut', 'close'] as const)(
    'a stream that ends (%s) in the middle of its text',
    async (ending) => {
      on.upstream.script([
        text('half of an answer that breaks off', { frames: 2, ending }),
        text('the whole answer'),
      ])
      const ran = await on.ask('say hello')
      expect(ran).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
      expect(count()).toBe(2)
    },
  )

  it('a stream cut in the middle of a call: the call does not run twice or half', async () => {
    const call = { name: 'Bash', input: { command: 'echo x >> ran.log; wc -l < ran.log' } }
    on.upstream.script([
      calls([call], { frames: 2, ending: 'cut' }),
      calls([call]),
      text('ran once'),
    ])
    const ran = await on.ask('run it')
    expect(ran).toMatchObject({ code: 0, stdout: 'ran once\n' })
    const history = messagesText(on.upstream.requests.at(-1)!)
    expect(history.match(/"role":"tool"/g)).toHaveLength(1)
    expect(history).toMatch(/"content":"1\D/)
  })

  it('an error chunk inside the stream, then the answer', async () => {
    on.upstream.script([
      events([
        { choices: [{ index: 0, delta: { content: 'half' }, finish_reason: null }] },
        { error: { message: 'worker died', code: 500 } },
      ]),
      text('the whole answer'),
    ])
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
  })

  it('an HTML page, then the answer', async () => {
    on.upstream.script([htmlPage(502), text('the whole answer')])
    const ran = await on.ask('say hello')
    expect(ran).toMatchObject({ code: 0, stdout: 'the whole answer\n' })
  })

  it('25 s of silence before the first event: a ping goes out, the answer comes', async () => {
    on.upstream.script(text('worth the wait', { before: 25_000 }))
    const session = await on.ccr.start('fake,model-a')
    const [ran, wire] = await Promise.all([
      on.ask('say hello'),
      messagesClient(session, 'fake,model-a').wire(),
    ])
    expect(ran).toMatchObject({ code: 0, stdout: 'worth the wait\n' })
    expect(count()).toBe(2)
    expect(wire[0]?.event).toBe('ping')
    expect(wire.at(-1)?.event).toBe('message_stop')
  })

  it.each([
    ['a busy provider', http(503, { error: { message: 'busy' } }), 0, 'good at last\n'],
    ['a wrong key', wrongKey(), 1, /authenticat/i],
    [
      'a prompt that is too long',
      refusal(400, "This model's maximum context length is 1000 tokens. You sent 5000 tokens."),
      1,
      /prompt is too long/i,
    ],
  ])('%s after an early ping is understood as without one', async (_, failing, code, stdout) => {
    const late = { ...failing, before: 300 }
    const upstream = await startUpstream(code === 0 ? [late, text('good at last')] : () => late)
    const config = {
      Providers: [
        { name: 'fake', api_base_url: upstream.chatUrl, api_key: 'k', models: ['model-a'] },
      ],
      PING_AFTER_MS: 50,
      Retry: { attempts: 0 },
    }
    const ccr = await clientHome(config)
    try {
      const ran = await ccr.run(['code', '-p', 'hi'], { preference: 'fake,model-a' })
      expect(ran.code).toBe(code)
      expect(ran.stdout).toMatch(stdout)
    } finally {
      await ccr.remove()
      await upstream.close()
    }
  })

  it('a wrong key ends at once, with a word about it', async () => {
    on.upstream.script(() => wrongKey())
    const ran = await on.ask('say hello')
    expect(ran.code).not.toBe(0)
    expect(count()).toBe(1)
    expect(ran.stdout + ran.stderr).toMatch(/API key|authenticat/i)
    expect(ran.stdout + ran.stderr).not.toContain('fake-key')
  })

  it('a request that the provider refuses ends with its reason', async () => {
    on.upstream.script(() => refusal(400, "Unsupported parameter: 'frobnicate'"))
    const ran = await on.ask('say hello')
    expect(ran.code).not.toBe(0)
    expect(ran.stdout + ran.stderr).toContain("Unsupported parameter: 'frobnicate'")
  })
})
