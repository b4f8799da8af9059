/**
 * Small conversations with the real model servers of `npm run test:real`, through the same daemon: short
 * answers one after the other for each API, some given up in the middle.
 */
import { setTimeout as later } from 'node:timers/promises'
import { Agent, request } from 'undici'

const PAUSE_MS = 1_000
const ABORT_EVERY = 5

/**
 * Installs and starts the servers that can be had; says of each that cannot why.
 * @returns `{servers: {id, title, ways, running}[], missing: string[]}`
 */
export async function startRealServers(ids, log) {
  const servers = []
  const missing = []
  let known = []
  try {
    ;({ SERVERS: known } = await import('../../test/real/servers/index.ts'))
  } catch (thrown) {
    missing.push(`real servers: ${messageOf(thrown)}`)
  }
  const chosen = known.filter(({ id }) => ids === undefined || ids.includes(id))
  for (const { title, downloads } of chosen) log(`${title}: ${downloads} (once)`)
  for (const server of chosen) {
    try {
      await server.install(log)
      const { id, title, ways } = server
      servers.push({ id, title, ways, running: await server.start() })
    } catch (thrown) {
      missing.push(`${server.title}: ${messageOf(thrown)}`)
    }
  }
  return { servers, missing }
}

/** Providers of the config for them, and the models by which they are asked. */
export function realProviders(servers) {
  return servers.flatMap(({ id, ways, running }) =>
    ways.map((way) => ({
      title: `${id} ${way.name}`,
      // Two APIs of one server are two providers; the kind of server is known by the beginning of the name.
      provider: {
        ...way.provider,
        name: `${way.provider.name}-${id}-${way.name}`,
        api_base_url: `${running.origin}${way.path}`,
        models: [running.model],
      },
      model: `${way.provider.name}-${id}-${way.name},${running.model}`,
    })),
  )
}

/** Asks each in turn until `goesOn` says no. Gives counts by outcome for each. */
export async function askReal(url, ways, goesOn) {
  const agent = new Agent({ bodyTimeout: 120_000, headersTimeout: 120_000 })
  const counts = Object.fromEntries(ways.map(({ title }) => [title, {}]))
  for (let n = 0; goesOn() && ways.length > 0; n += 1) {
    const { title, model } = ways[n % ways.length]
    const isAborted = Math.floor(n / ways.length) % ABORT_EVERY === ABORT_EVERY - 1
    const outcome = await askOnce({ url, agent, model, isAborted, n })
    counts[title][outcome] = (counts[title][outcome] ?? 0) + 1
    await later(PAUSE_MS)
  }
  await agent.close()
  return counts
}

async function askOnce({ url, agent, model, isAborted, n }) {
  const abort = new globalThis.AbortController()
  const messages = [{ role: 'user', content: `Say the number ${n} and a word about otters.` }]
  const body = JSON.stringify({ model, max_tokens: 24, stream: true, messages })
  const headers = {
    'content-type': 'application/json',
    'x-api-key': 'k',
    'anthropic-version': '2023-06-01',
    'x-claude-code-session-id': `soak-real-${n % 10}`,
  }
  try {
    const options = { method: 'POST', dispatcher: agent, headers, body, signal: abort.signal }
    const answer = await request(url, options)
    let text = ''
    for await (const chunk of answer.body) {
      text += chunk
      if (isAborted && text.includes('content_block_delta')) abort.abort()
    }
    if (answer.statusCode !== 200) return `status ${answer.statusCode}`
    if (text.includes('event: error')) return 'ended in an error event'
    return text.includes('event: message_stop') ? 'whole' : 'broken off'
  } catch {
    return abort.signal.aborted ? 'hung up' : 'broken off'
  }
}

function messageOf(thrown) {
  return thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
}
