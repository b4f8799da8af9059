/**
 * Starts a peer in an empty home with an empty environment, on 127.0.0.1, and waits until it answers.
 *
 * A peer is `{name, title, front, models, ways, install, launch, prepare}`:
 * - `title`: its name and version, and what it is written in.
 * - `front`: what it takes, `messages` (the default) or `chat`.
 * - `ways`: which of `translated` (to Chat Completions) and `passed through` (to the same protocol) it can.
 * - `install({named})`: gives the folder of its programs; throws the reason in one line. `named`: the user named the peer.
 * - `launch({home, bin, port, upstream, way, model})`: writes its files; gives `{command, args, env, path, headers, model}`.
 * - `prepare(url, {upstream, way, model})`: configures what has no file, once the port is open; may give `{headers}`.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { clientOf } from '../fidelity/client.mjs'
import { end, freePort, sleep, start } from '../lib/process.mjs'

/** How long a peer may take to answer, ms: LiteLLM loads for 20 s on a busy machine. */
const READY_MS = 120_000

/**
 * @param upstream `http://127.0.0.1:PORT`. @param way of `peer.ways`.
 * @returns a contestant: `{name, url, pid, child, front, model, headers, stop}`.
 * @throws Error with the reason in one line.
 */
export async function startPeer(peer, bin, { work, upstream, way = 'translated', model = 'm' }) {
  const home = mkdtempSync(join(work, `${peer.name}-`))
  const port = await freePort()
  const setting = { home, bin, port, upstream, way, model }
  const { command, args, env, path, cwd, ...client } = peer.launch(setting)
  mkdirSync(join(home, 'tmp'))
  const output = openSync(join(home, 'output'), 'a')
  const child = start(command, args, {
    cwd: cwd ?? home,
    // Linux shares out processors by session: each contestant has one, as ccr's daemon has.
    detached: true,
    env: { HOME: home, TMPDIR: join(home, 'tmp'), PATH: PATHS, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const base = `http://127.0.0.1:${port}`
  const url = `${base}${path ?? '/v1/messages'}`
  const contestant = {
    name: peer.name,
    url,
    pid: child.pid,
    child,
    front: peer.front,
    model,
    ...client,
  }
  try {
    await ready(peer, contestant, { child, port, base, setting })
  } catch (error) {
    await end(child)
    throw new Error(`${error.message}${lastWords(join(home, 'output'))}`)
  }
  return { ...contestant, stop: () => end(child) }
}

const PATHS = `${dirname(process.execPath)}:/usr/bin:/bin`

async function ready(peer, contestant, { child, port, base, setting }) {
  const limit = performance.now() + READY_MS
  const waiting = async (condition, what) => {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`ends with status ${child.exitCode}`)
      const why = await condition()
      if (why === undefined) return
      if (performance.now() > limit) throw new Error(`${what}: ${why}`)
      await sleep(100)
    }
  }
  await waiting(() => listens(port), 'does not start')
  Object.assign(contestant, await peer.prepare?.(base, setting))
  const since = performance.now()
  await waiting(async () => {
    const why = await answersPlainly(contestant)
    // A server that listens and refuses will not change its mind.
    if (why !== undefined && performance.now() - since > 15_000) throw new Error(why)
    return why
  }, 'does not answer')
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(undefined))
    socket.once('error', () => resolve('its port stays closed'))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

/** Undefined, or why a plain streamed request has no answer. */
async function answersPlainly(contestant) {
  const request = { messages: [{ role: 'user', content: 'hello' }] }
  const { status, end, text } = await clientOf(contestant).ask(request, { withinMs: 10_000 })
  if (status === 200 && end === 'whole') return undefined
  if (status === 0) return text
  return `a plain streamed request ends with status ${status}`
}

function lastWords(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  const line = lines.findLast((one) => /error/i.test(one))
  return line
    ? ` (${line
        .trim()
        .replace(/^.*?([A-Z]\w*Error: )/, '$1')
        .slice(0, 80)})`
    : ''
}
