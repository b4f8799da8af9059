import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { messagesClient } from '../support/client.ts'
import { throwawayCcr, type Ccr } from '../support/ccr.ts'
import { text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let ccr: Ccr
let upstream: Upstream

afterEach(async () => {
  await ccr.remove()
  await upstream.close()
})

it("the user's own code may block, throw and exit: the session answers, and says so", async () => {
  upstream = await startUpstream(() => text('hello', { pieces: 1 }))
  ccr = await throwawayCcr({
    Providers: [
      {
        name: 'p',
        api_base_url: upstream.chatUrl,
        models: ['m', 'n'],
        transformer: { use: ['shout'] },
      },
    ],
    Router: { default: 'p,m' },
    CUSTOM_ROUTER_PATH: 'router.js',
    transformers: [{ path: 'shout.js' }],
  })
  const write = (name: string, source: string): void =>
    writeFileSync(join(ccr.ccrHome, name), source)
  write(
    'router.js',
    `setTimeout(() => { throw new Error('from a timer') }, 10)
    module.exports = (req) => {
      const said = req.body.messages[0].content
      if (said === 'block') for (;;) {}
      if (said === 'exit') process.exit(1)
      return 'p,n'
    }`,
  )
  write(
    'shout.js',
    `module.exports = { name: 'shout', async transformResponseOut(response) {
      return new Response((await response.text()).replaceAll('hello', 'HELLO'), response)
    } }`,
  )
  const session = await ccr.start()
  const ask = async (content: string): Promise<[string | null, string]> => {
    const answer = await messagesClient(session, 'ccr-default').post({
      messages: [{ role: 'user', content }],
    })
    const [block] = answer.body['content'] as { text: string }[]
    return [answer.headers.get('x-ccr-model'), block?.text ?? '']
  }
  expect(await ask('hi')).toEqual(['p,n', 'HELLO'])
  // While its thread is blocked everything else is served.
  const blocked = ask('block')
  expect((await messagesClient(session, 'p,m').post()).headers.get('x-ccr-route')).toBe('explicit')
  expect((await blocked)[0]).toBe('p,m')
  await ask('exit')
  await vi.waitFor(async () => expect((await ask('hi'))[0]).toBe('p,n'), 20_000)
  const log = await ccr.log(session.sessionId)
  expect(log).toContain('from a timer')
  expect(log).toMatch(/custom router .*router\.js failed: it blocked its thread/)
  const { stdout } = await ccr.run(['status', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ state: 'running', pid: session.pid })
})
