/**
 * The real client with message threads, which it uses with Anthropic's own API where that allows them:
 * it sends only what is new. CLAUDE_CODE_TETHER_LIVE switches them on for any base URL.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { calls, text } from '../support/replies.ts'
import { by, messagesText, startHarness, type Harness } from './harness.ts'

let on: Harness

beforeAll(async () => {
  on = await startHarness({ transformer: { use: ['Anthropic'] } })
})
afterAll(() => on.close())

it('a model of another maker gets the whole conversation on every turn', async () => {
  const call = (history: string) =>
    calls([
      {
        name: 'Bash',
        input: { command: 'echo ot$((1))er' },
        id: `toolu_${String(history.length)}`,
      },
    ])
  on.upstream.script((request) => {
    const history = messagesText(request)
    return history.split('ot1er').length < 3 ? call(history) : text('two turns later')
  })
  const ran = await on.ask('count the otters', { env: { CLAUDE_CODE_TETHER_LIVE: '1' } })
  expect(ran).toMatchObject({ code: 0, stdout: 'two turns later\n' })
  const { requests } = on.upstream
  expect(requests).toHaveLength(3)
  for (const request of requests) {
    expect(request.raw).not.toContain('"thread"')
    expect(request.body['system']).toBeDefined()
    expect(request.body.tools?.length).toBeGreaterThan(5)
    expect(messagesText(request)).toContain('count the otters')
  }
  expect(requests.map((request) => by('assistant', request).length)).toEqual([0, 1, 2])
  // The client did try: it was refused once, and then left threads alone.
  const { sessionId } = await on.ccr.start('fake,model-a')
  const log = await on.ccr.log(sessionId)
  expect(log.match(/message-threads-2026-08-12: /g)).toHaveLength(1)
})
