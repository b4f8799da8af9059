import { afterAll, beforeAll, expect, it } from 'vitest'
import { messagesClient } from '../support/client.ts'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { http, text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broken: Upstream
let upstream: Upstream
let ccr: Ccr
let session: LiveSession

beforeAll(async () => {
  broken = await startUpstream(() => http(500, { error: { message: 'boom' } }))
  upstream = await startUpstream(() => text('fine'))
  ccr = await throwawayCcr({
    Providers: [
      { name: 'one', api_base_url: broken.chatUrl, api_key: 'k', models: ['m'] },
      { name: 'two', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m'] },
    ],
    Router: { default: 'one,m', think: 'two,m' },
    fallback: { default: ['two,m'] },
  })
  session = await ccr.start()
})

afterAll(async () => {
  await ccr.remove()
  await upstream.close()
  await broken.close()
})

async function last(): Promise<{ code: number | null; record: Record<string, unknown> }> {
  const { code, stdout } = await ccr.run(['explain', 'last', '--json'])
  return { code, record: JSON.parse(stdout) as Record<string, unknown> }
}

it('ccr explain last tells where the last request went, and not a word of it', async () => {
  const none = await ccr.run(['explain', 'last'])
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no request') as string })

  const messages = [{ role: 'user' as const, content: 'an UNMISTAKABLE prompt' }]
  const client = messagesClient(session, 'ccr-default')
  await client.stream({ messages })
  const fallen = await last()
  expect(fallen).toMatchObject({
    code: 0,
    record: {
      request: { model: 'ccr-default', stream: true, messages: 1 },
      route: 'default',
      targets: ['one,m', 'two,m'],
      asked: 'two,m',
      hops: [{ lane: 'one,m', status: 500 }],
      status: 200,
      error: null,
    },
  })
  expect(fallen.record['rules']).toContainEqual({
    rule: 'default',
    fits: true,
    taken: true,
    why: 'Router.default is one,m: one,m',
  })

  await client.post({ messages, thinking: { type: 'enabled', budget_tokens: 2000 } })
  const thought = await last()
  expect(thought.record).toMatchObject({ route: 'think: thinking with a budget', asked: 'two,m' })
  // What comes after the rule that took it was not asked.
  expect(thought.record['rules']).not.toContainEqual(expect.objectContaining({ rule: 'default' }))

  const { stdout } = await ccr.run(['explain', 'last'])
  expect(stdout).toMatch(/>>> {2}think/)
  expect(JSON.stringify(fallen) + stdout).not.toContain('UNMISTAKABLE')
})

it('a preference that is not found is told with the reason', async () => {
  const other = await ccr.start('nobody,x')
  await messagesClient(other, 'nobody,x').post()
  const { stdout } = await ccr.run(['explain', 'last'], { preference: 'nobody,x' })
  expect(stdout).toContain('the session has nobody,x: there is no provider "nobody"')
})
