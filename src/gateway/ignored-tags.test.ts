import { afterEach, describe, expect, it } from 'vitest'
import { gatewayServer } from '../../test/support/gateway.ts'
import { recordingLog } from '../../test/support/log.ts'
import { text } from '../../test/support/replies.ts'
import { startUpstream } from '../../test/support/upstream.ts'
import { clientIdentity } from './client-headers.ts'
import { createIgnoredTags } from './ignored-tags.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** A session with the preference cheap,a beside a dearer provider. */
async function session(protocol: 'chat' | 'messages' = 'chat') {
  const upstream = await startUpstream(() => text('hi'))
  const provider = (name: string) => {
    const url = protocol === 'chat' ? upstream.chatUrl : upstream.messagesUrl
    return { name, url, apiKey: 'k', models: ['a', 'b'], missing: [] }
  }
  const log = recordingLog()
  const providers = [provider('cheap'), provider('dear')]
  const server = await gatewayServer({ providers }, 'cheap,a', {}, log)
  open.push(upstream, server)
  const ask = async (content: string, headers: Record<string, string> = {}) => {
    const body = { model: 'ccr-deadbeef', max_tokens: 10, messages: [{ role: 'user', content }] }
    const answer = await server.post(body, { headers })
    await answer.text()
    return [answer.headers.get('x-ccr-route'), answer.headers.get('x-ccr-model')]
  }
  const warnings = () => log.lines.filter((line) => line.includes('tag'))
  return { upstream, ask, warnings }
}

const TAG = '<CCR-SUBAGENT-MODEL>dear,b</CCR-SUBAGENT-MODEL>'
const AGENT = { 'x-claude-code-agent-id': 'a1' }
const conversation = (id: string) => ({ 'x-claude-code-session-id': id })

describe('a tag in a session with a preference', () => {
  it('moves no main conversation: it reaches the model as it is, and the log names it once', async () => {
    const { ask, warnings, upstream } = await session()
    for (const id of ['one', 'one', 'two']) {
      expect(await ask(TAG, conversation(id))).toEqual(['preference', 'cheap,a'])
    }
    expect(JSON.stringify((await upstream.request(0)).body)).toContain(TAG)
    expect(warnings()).toHaveLength(2)
    expect(warnings()[0]).toBe(
      'warn the tag for dear,b (in a prompt) is text: it counts only in the task of a sub-agent',
    )
  })

  it('moves a sub-agent whose task has it, silently', async () => {
    const { ask, warnings, upstream } = await session()
    expect(await ask(`${TAG}\nDo it`, AGENT)).toEqual(['sub-agent tag', 'dear,b'])
    expect(JSON.stringify((await upstream.request(0)).body)).not.toContain('SUBAGENT')
    expect(warnings()).toEqual([])
  })

  it('is no part of what passes through to an Anthropic upstream, whose bytes are the client’s else', async () => {
    const { ask, upstream } = await session('messages')
    await ask(`${TAG}\nDo it`, AGENT)
    await ask('Do it', AGENT)
    const [tagged, plain] = upstream.requests.map(({ raw }) => raw)
    expect(tagged).not.toContain('SUBAGENT')
    expect(tagged).toContain('Do it')
    expect(plain).toBe(
      '{"model":"a","max_tokens":10,"messages":[{"role":"user","content":"Do it"}]}',
    )
  })

  it('is named when what it names does not exist', async () => {
    const { ask, warnings } = await session()
    const task = '<CCR-SUBAGENT-MODEL>nobody,x</CCR-SUBAGENT-MODEL>'
    expect(await ask(task + 'Do it', AGENT)).toEqual(['preference', 'cheap,a'])
    await ask(task + 'Do it', AGENT)
    expect(warnings()).toEqual([
      'warn the tag of a sub-agent names "nobody,x": that is no configured model',
    ])
  })
})

it('what was taken for another model is logged once, however many requests come', async () => {
  const upstream = await startUpstream(() => text('hi'))
  const log = recordingLog()
  const provider = { name: 'p', url: upstream.chatUrl, apiKey: 'k', models: ['m'], missing: [] }
  const server = await gatewayServer({ providers: [provider] }, '', {}, log)
  open.push(upstream, server)
  const ask = async (model: string): Promise<void> => {
    const messages = [{ role: 'user', content: 'hi' }]
    const count = { path: '/v1/messages/count_tokens' }
    await (await server.post({ model, messages }, count)).text()
  }
  const warningCount = () => log.lines.filter((line) => line.includes('taken as written')).length
  for (let n = 0; n < 3; n += 1) await ask('p,new')
  expect(warningCount()).toBe(1)
  await ask('p,other')
  expect(warningCount()).toBe(2)
})

it('the last thousand conversations are warned of once each, and older ones are forgotten', () => {
  const log = recordingLog()
  const ignoredTags = createIgnoredTags(log)
  const warnings = (conversation: string): number => {
    const request = { model: 'm', messages: [] }
    const headers = { 'x-claude-code-session-id': conversation }
    const routed = { request, headers, client: clientIdentity(headers), hints: { tokens: 1 } }
    const route = { choices: [], reason: 'preference', scenario: 'preference', request } as never
    ignoredTags.report([{ model: 'dear,b', location: 'a prompt' }], { routed, route })
    return log.lines.length
  }
  expect(warnings('first')).toBe(1)
  for (let n = 2; n <= 1_000; n += 1) expect(warnings(`n${String(n)}`)).toBe(n)
  expect(warnings('first')).toBe(1_000)
  expect(warnings('one more')).toBe(1_001)
  expect(warnings('n2')).toBe(1_001)
  expect(warnings('first')).toBe(1_002)
})
