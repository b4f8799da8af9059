/** The bare relay and ccr as contestants, each in a separate home; the peers are in ../peers/. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, listening } from './process.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
export const CCR = join(here, '../dist/ccr.js')

/** The floor: see relay.mjs. */
export async function startRelay(upstream) {
  const { port, pid, child } = await listening(join(here, 'relay.mjs'), [upstream])
  return { name: 'relay', url: `http://127.0.0.1:${port}/v1/messages`, pid, child }
}

/** A home of ccr with one provider; the provider `demo` needs only its name. */
export async function ccrHome(work, name, provider) {
  const home = join(work, name)
  mkdirSync(home)
  const port = await freePort()
  const first = { name: 'up', api_key: 'k', models: ['m'], ...provider }
  const config = {
    PORT: port,
    Providers: [first],
    Router: { default: `${first.name},${first.models[0]}` },
  }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  return home
}

export function ccrEnv(home, preference = '') {
  return { ...process.env, CCR_HOME: home, CCR_CONFIG: '', CCR_MODEL_PREFERENCE: preference }
}

/** Runs a command of ccr to its end and gives its output. */
export function ccr(home, args, preference) {
  const options = { env: ccrEnv(home, preference), encoding: 'utf8' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCR, ...args], options)
  if (status !== 0)
    throw new Error(`ccr ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
  return stdout
}

/** A session of ccr with the upstream as its provider. */
export async function startCcr(work, upstream, name = 'ccr', models = ['m']) {
  const home = await ccrHome(work, name, { api_base_url: upstream, models })
  ccr(home, ['start'])
  const [{ port, pid }] = JSON.parse(ccr(home, ['sessions', '--json']))
  const stop = () => ccr(home, ['stop', '--all', '--force'])
  return { name, home, url: `http://127.0.0.1:${port}/v1/messages`, pid, stop }
}

/** Has each answer one small request: peers have, before they count as started. */
export async function askedOnce(contestants) {
  const messages = [{ role: 'user', content: 'hello' }]
  const body = JSON.stringify({ model: 'm', max_tokens: 1_000, stream: true, messages })
  for (const { name, url } of contestants) {
    const headers = { 'content-type': 'application/json', 'x-api-key': 'k' }
    const answer = await fetch(url, { method: 'POST', body, headers })
    if (!answer.ok) throw new Error(`${name} answers with status ${answer.status}`)
    await answer.text()
  }
}
