/** The contestants: the bare relay, ccr and the peer, each in a separate home. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, listening, start, until } from './process.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
export const CCR = join(here, '../dist/ccr.js')
const PEER = '@musistudio/claude-code-router@2.0.0'

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
  const providers = [{ name: 'up', api_key: 'k', models: ['m'], ...provider }]
  const config = { PORT: port, Providers: providers, Router: { default: `${providers[0].name},m` } }
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
export async function startCcr(work, upstream, name = 'ccr') {
  const home = await ccrHome(work, name, { api_base_url: upstream })
  ccr(home, ['start'])
  const [{ port, pid }] = JSON.parse(ccr(home, ['sessions', '--json']))
  const stop = () => ccr(home, ['stop', '--all', '--force'])
  return { name, home, url: `http://127.0.0.1:${port}/v1/messages`, pid, stop }
}

/** The peer's command line, installed from the npm registry into a cache; it is no dependency of ccr. */
export function peerScript() {
  const folder = join(here, '../node_modules/.cache/bench-peer')
  const script = join(folder, 'node_modules/@musistudio/claude-code-router/dist/cli.js')
  if (existsSync(script)) return script
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const args = ['install', '--no-save', '--ignore-scripts', PEER]
  spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  return script
}

/** A home of the peer. */
export async function peerHome(work, upstream, name = 'peer') {
  const home = join(work, name)
  mkdirSync(join(home, '.claude-code-router'), { recursive: true })
  const port = await freePort()
  const provider = { name: 'up', api_base_url: upstream, api_key: 'k', models: ['m'] }
  const config = { PORT: port, APIKEY: 'k', LOG: false, Providers: [provider] }
  writeFileSync(
    join(home, '.claude-code-router/config.json'),
    JSON.stringify({ ...config, Router: { default: 'up,m' } }),
  )
  return { home, port, env: { ...process.env, HOME: home } }
}

export async function startPeer(work, upstream, name) {
  const { home, port, env } = await peerHome(work, upstream, name)
  const child = start(process.execPath, [peerScript(), 'start'], { env, stdio: 'ignore' })
  const health = `http://127.0.0.1:${port}/health`
  await until(
    () =>
      fetch(health).then(
        (r) => r.ok,
        () => false,
      ),
    'the peer',
  )
  return {
    name: 'peer',
    url: `http://127.0.0.1:${port}/v1/messages`,
    pid: child.pid,
    child,
    home,
    env,
  }
}

/** The pid that the peer's `start` wrote to its file. */
export function peerPid(home) {
  const file = join(home, '.claude-code-router/.claude-code-router.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
}
