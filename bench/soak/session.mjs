/** Starts the session of the soak test. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ccr, ccrHome } from '../lib/contestants.mjs'
import { PATHS } from '../lib/answers.mjs'
import { fakeClaude } from './daemon.mjs'

/**
 * A session with a provider of each protocol on an upstream with faults, two on one without, and those
 * of real servers.
 * @returns `{home, url, pid, models, ways}`: `models` of the mixed load, `ways` of the conversations.
 */
export async function startSoakSession(work, { faultyPort, echoPort, realProviders }) {
  const at = (port, path) => `http://127.0.0.1:${port}${path}`
  const provider = (name, path, more = {}) => ({
    ...{ name, api_base_url: at(faultyPort, path), api_key: 'k', models: ['m'] },
    timeouts: { idle: 1_000 },
    ...more,
  })
  const home = await ccrHome(work, 'soak', { name: 'chat' })
  const { PORT } = JSON.parse(readFileSync(join(home, 'config.json'), 'utf8'))
  const faulty = [
    provider('chat', '/v1/chat/completions', { fallback: ['responses,m'] }),
    provider('responses', '/v1/responses'),
    provider('anthropic', '/v1/messages'),
    provider('gemini', '/v1beta/models/', { transformer: { use: ['gemini'] } }),
  ]
  const ways = [
    { name: 'translated', path: PATHS.chat },
    { name: 'forwarded', path: PATHS.messages },
  ].map((way) => ({ ...way, model: `${way.name},m`, givenUp: `${way.name},given-up` }))
  const echoes = ways.map(({ name, path }) => ({
    ...{ name, api_base_url: at(echoPort, path), api_key: 'k', models: ['m', 'given-up'] },
  }))
  const config = {
    PORT,
    CLAUDE_PATH: fakeClaude(work),
    Providers: [...faulty, ...echoes, ...realProviders],
    Router: { default: 'chat,m' },
  }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  ccr(home, ['start'])
  const [session] = JSON.parse(ccr(home, ['sessions', '--json']))
  const models = faulty.map(({ name }) => `${name},m`)
  const url = `http://127.0.0.1:${session.port}/v1/messages`
  return { home, pid: session.pid, url, models, ways }
}
