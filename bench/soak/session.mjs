/** Starts the session of the soak test. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ccr, ccrHome } from '../lib/contestants.mjs'

/** A session with a provider of each protocol on one upstream: `{home, url, pid, models}`. */
export async function startSoakSession(work, port) {
  const at = (path) => `http://127.0.0.1:${port}${path}`
  const provider = (name, path, more = {}) => ({
    ...{ name, api_base_url: at(path), api_key: 'k', models: ['m'] },
    timeouts: { idle: 1_000 },
    ...more,
  })
  const home = await ccrHome(work, 'soak', { name: 'chat' })
  const { PORT } = await import(join(home, 'config.json'), { with: { type: 'json' } }).then(
    (m) => m.default,
  )
  const providers = [
    provider('chat', '/v1/chat/completions', { fallback: ['responses,m'] }),
    provider('responses', '/v1/responses'),
    provider('anthropic', '/v1/messages'),
    provider('gemini', '/v1beta/models/', { transformer: { use: ['gemini'] } }),
  ]
  const config = { PORT, Providers: providers, Router: { default: 'chat,m' } }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  ccr(home, ['start'])
  const [session] = JSON.parse(ccr(home, ['sessions', '--json']))
  const models = providers.map(({ name }) => `${name},m`)
  return { home, pid: session.pid, url: `http://127.0.0.1:${session.port}/v1/messages`, models }
}
