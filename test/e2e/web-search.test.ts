/** The real client's WebSearch with a model that cannot search: a service or another model does, and the links arrive. */
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { calls, events, type Reply, text } from '../support/replies.ts'
import { BRAVE, SEARXNG, type SearchServer, startSearchServer } from '../support/search-service.ts'
import { type Seen, type SeenMessage, startUpstream, type Upstream } from '../support/upstream.ts'
import type { Ccr } from '../support/ccr.ts'
import { by, clientHome, messagesText, PATIENCE } from './harness.ts'
import { inTerminal } from './terminal.ts'

let upstream: Upstream
let service: SearchServer
let ccr: Ccr
let before: number

beforeAll(async () => {
  upstream = await startUpstream()
  service = await startSearchServer({ body: SEARXNG })
  ccr = await clientHome(config())
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
  await service.close()
})
beforeEach(() => {
  before = upstream.requests.length
})

/** A model without a search, and one whose provider is known by its name to have one. */
function config(Lend?: object): object {
  const provider = (name: string, models: readonly string[]) => ({
    name,
    api_base_url: upstream.chatUrl,
    api_key: 'fake-key',
    models,
  })
  const Providers = [provider('blind', ['model-a']), provider('openrouter', ['seer'])]
  return { Providers, ...(Lend && { Lend }) }
}

const sent = (): readonly Seen[] => upstream.requests.slice(before)
const isSearch = (request: Seen): boolean => messagesText(request).includes('Perform a web search')

/** The client asks its model, which calls WebSearch, and gives it what was found. */
async function searched(Lend?: object): Promise<string> {
  await ccr.configure(config(Lend))
  upstream.script(searching)
  const ran = await ccr.run(['code', '-p', 'search the web', '--dangerously-skip-permissions'], {
    preference: 'blind,model-a',
    env: { ENABLE_TOOL_SEARCH: 'false', FAKE_KEY: 'key-of-brave' },
  })
  expect(ran).toMatchObject({ code: 0, stdout: 'searched\n' })
  return JSON.stringify(by('tool', sent().at(-1)!))
}

/** A model that searches once and then answers with the first link that it was given. */
function searching(request: Seen): Reply {
  if (isSearch(request)) return request.body.model === 'seer' ? foundOtters() : text('I cannot.')
  const results = by('tool', request)
  if (results.length === 0) return calls([{ name: 'WebSearch', input: { query: 'otters' } }])
  return text(isTalk(request) ? `See ${linkIn(results)}` : 'searched')
}

const isTalk = (request: Seen): boolean => messagesText(request).includes('talk about otters')

function linkIn(results: readonly SeenMessage[]): string {
  return /https:[\w./-]+/.exec(JSON.stringify(results))?.[0] ?? 'no link'
}

function foundOtters(): Reply {
  const cited = { url: 'https://otters.example/hands', title: 'How otters hold hands' }
  const annotations = [{ type: 'url_citation', url_citation: cited }]
  return events([
    { choices: [{ index: 0, delta: { role: 'assistant', content: 'They do.' } }] },
    { choices: [{ index: 0, delta: { annotations }, finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: 10, completion_tokens: 3 } },
    '[DONE]',
  ])
}

describe('WebSearch of the real client through a model without a search', () => {
  it('shows the links that a search service found', async () => {
    service.script({ body: SEARXNG })
    const result = await searched({ webSearch: { service: 'searxng', url: service.origin } })
    expect(result).toContain('https://otters.example/hands')
    expect(result).toContain('How otters hold hands')
    expect(result).toContain('They do so to stay together.')
    expect(result).toContain('Links:')
    expect(service.requests.at(-1)?.url.searchParams.get('q')).toBe('otters')
    expect(sent().some(isSearch)).toBe(false)
  })

  it('sends the key of a service to that service alone, and records what the search cost', async () => {
    service.script({ body: BRAVE })
    const result = await searched({
      webSearch: { service: 'brave', url: service.origin, api_key: '${FAKE_KEY}', price: 5 },
    })
    expect(result).toContain('https://otters.example/hands')
    expect(service.requests.at(-1)?.headers['x-subscription-token']).toBe('key-of-brave')
    expect(JSON.stringify(sent())).not.toContain('key-of-brave')
    await vi.waitFor(async () => {
      const usage = await ccr.run(['usage', '--by', 'model', '--json'])
      const { groups } = JSON.parse(usage.stdout) as { groups: readonly object[] }
      expect(groups).toContainEqual(
        expect.objectContaining({ key: 'brave,web-search', requests: 1, cost: 0.005 }),
      )
    }, PATIENCE)
  })

  it('shows the links that another model found', async () => {
    const result = await searched({ webSearch: 'openrouter,seer' })
    expect(result).toContain('https://otters.example/hands')
    expect(result).toContain('They do.')
    const asked = sent().filter(isSearch)
    expect(asked.map(({ body }) => body.model)).toEqual(['seer'])
    expect(asked[0]?.body['plugins']).toEqual([{ id: 'web' }])
  })

  it('goes on without links where the service fails, or nothing is set', async () => {
    service.script({ status: 500, body: 'down' })
    expect(await searched({ webSearch: { service: 'searxng', url: service.origin } })).toContain(
      'I cannot.',
    )
    expect(messagesText(sent().find(isSearch)!)).toContain('Lend.webSearch')
    before = upstream.requests.length
    expect(await searched()).toContain('I cannot.')
    expect(messagesText(sent().find(isSearch)!)).toContain('Lend')
  })
})

it('a search in the terminal of the real client is shown, and its links are what the model answers with', async () => {
  service.script({ body: SEARXNG })
  await ccr.configure(config({ webSearch: { service: 'searxng', url: service.origin } }))
  upstream.script(searching)
  const bin = process.env['CCR_BIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'ccr.js')
  const args = ['code', '--allowedTools', 'WebSearch', '--', 'talk about otters']
  const env = ccr.environment({ preference: 'blind,model-a', env: { ENABLE_TOOL_SEARCH: 'false' } })
  const terminal = inTerminal([process.execPath, bin, ...args], { cwd: ccr.work, env })
  try {
    const screen = await terminal.until(/See https/)
    expect(screen).toContain('Web Search("otters")')
    expect(screen).toContain('Did 1 search')
    expect(screen).toContain('See https://otters.example/hands')
  } finally {
    terminal.kill()
    await terminal.ended
  }
})
