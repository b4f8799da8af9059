/**
 * ccr and its peers side by side: speed, memory and fidelity, in one run, with the same upstream and the
 * same bodies. What cannot be installed or started has a row that says why; the rest goes on.
 */
import { fidelity } from './fidelity/index.mjs'
import { startUpstream } from './fidelity/upstream.mjs'
import { PATHS } from './lib/answers.mjs'
import { askedOnce, startCcr, startRelay } from './lib/contestants.mjs'
import { hasNginx, startProxy } from './lib/nginx.mjs'
import { sleep } from './lib/process.mjs'
import { FIRST_SIGHT, firstSight } from './lanes/latency.mjs'
import { peerMemory, peerSpeed, warmUp } from './lanes/peers.mjs'
import { startPeer } from './peers/start.mjs'

const WAYS = ['translated', 'passed through']
const SIZES = [5, 50, 500, 2000]
/** Checks need a model that reasons and sees; every contestant is configured with it. */
const MODEL = 'gpt-5-mini'
/** Peers whose fidelity is checked at once: most of the time they wait. */
const AT_ONCE = 4

/**
 * @param setting `{ready, absent, count, port, step, lanes, open}`: what `installAll` gave, rounds, the port of the
 *   instant upstream, a function that reports progress, which of `speed` and `fidelity` are measured, and
 *   what keeps a session of ccr, so that it is stopped in the end.
 * @returns `{titles, ways: {WAY: {speed: {SIZE: lane}, many: lane, memory: {idle, underLoad}}}, fidelity:
 *   {NAME: verdicts}, absent: [{title, reason}]}`
 */
export async function compare(work, setting) {
  const { ready, lanes } = setting
  const absent = [...setting.absent]
  const ways = {}
  for (const way of lanes.includes('speed') ? WAYS : [])
    ways[way] = await oneWay(work, way, { ...setting, absent })
  const verdicts = lanes.includes('fidelity') ? await allFidelity(work, { ...setting, absent }) : {}
  const title = ({ name, title }) => [name, title]
  return {
    titles: { ...OURS, ...Object.fromEntries(ready.map(({ peer }) => title(peer))) },
    ways,
    fidelity: verdicts,
    absent: absent.map(({ peer, reason }) => ({ name: peer.name, title: peer.title, reason })),
  }
}

const OURS = {
  ccr: 'ccr',
  [FIRST_SIGHT]: 'ccr, each request the first of a conversation',
  proxy: 'nginx, passing bytes on',
  relay: 'bare relay (Node)',
}

async function oneWay(work, way, { ready, absent, count, port, step, open }) {
  const upstream = `http://127.0.0.1:${port}`
  const path = way === 'translated' ? PATHS.chat : PATHS.messages
  const url = `${upstream}${path}`
  const session = await open(await startCcr(work, url, `ccr-${way.replace(' ', '-')}`))
  const ccr = { ...session, name: 'ccr' }
  const proxy = hasNginx() ? [await startProxy(work, url, `proxy-${way.replace(' ', '-')}`)] : []
  const relay = way === 'translated' ? [await startRelay(url)] : []
  const started = []
  for (const { peer, bin } of ready.filter(({ peer }) => peer.ways.includes(way))) {
    step(`${peer.title}, ${way}`)
    await startPeer(peer, bin, { work, upstream, way }).then(
      (contestant) => started.push(contestant),
      (error) => absent.push({ peer, reason: `${way}: ${error.message}` }),
    )
  }
  try {
    // What passes bytes on answers in the upstream's protocol.
    const answers = way === 'translated' ? 'chat' : 'messages'
    const bytes = [{ name: 'direct', url }, ...proxy].map((one) => ({ ...one, answers }))
    const all = [...bytes, ...relay, ccr, firstSight(ccr), ...started]
    // The others have answered a request, too, before they counted as started.
    await askedOnce([...proxy, ...relay, ccr])
    await sleep(1_000)
    const idle = peerMemory(all)
    step(`peers, ${way}, warm-up`)
    await warmUp(work, all)
    const speed = {}
    for (const kilobytes of SIZES) {
      step(`peers, ${way}, ${kilobytes} KB`)
      speed[kilobytes] = await peerSpeed(work, all, { kilobytes, count })
    }
    step(`peers, ${way}, 16 connections`)
    const crowd = { kilobytes: 50, connections: 16, count: Math.ceil(count / 2), seconds: 2 }
    const many = await peerSpeed(work, all, crowd)
    return { speed, many, memory: { idle, underLoad: peerMemory(all) } }
  } finally {
    for (const { stop } of started) await stop()
  }
}

/** The verdicts by name, ccr's first; a peer that does not start is added to `absent`. */
async function allFidelity(work, { ready, absent, step, open }) {
  step('fidelity: 2 to 4 minutes')
  const verdicts = { ccr: {} }
  const failed = new Set(absent.map(({ peer }) => peer.name))
  const waiting = ready.filter(({ peer }) => !failed.has(peer.name))
  const jobs = [
    async () => (verdicts.ccr = await checkCcr(work, open)),
    ...waiting.map(({ peer, bin }) => async () => {
      verdicts[peer.name] = {}
      await checkPeer(work, peer, bin).then(
        (found) => (verdicts[peer.name] = found),
        (error) => {
          delete verdicts[peer.name]
          absent.push({ peer, reason: `fidelity: ${error.message}` })
        },
      )
    }),
  ]
  const next = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return verdicts
}

async function checkCcr(work, open) {
  const upstream = await startUpstream()
  const url = `http://127.0.0.1:${upstream.port}${PATHS.chat}`
  const ccr = await open(await startCcr(work, url, 'ccr-fidelity', [MODEL]))
  try {
    return await fidelity({ ...ccr, model: MODEL }, upstream, () => Promise.resolve(ccr))
  } finally {
    await upstream.close()
  }
}

async function checkPeer(work, peer, bin) {
  const upstream = await startUpstream()
  const begin = () =>
    startPeer(peer, bin, { work, upstream: `http://127.0.0.1:${upstream.port}`, model: MODEL })
  let running = await begin()
  try {
    return await fidelity(running, upstream, async () => {
      await running.stop()
      running = await begin()
      return running
    })
  } finally {
    await running.stop()
    await upstream.close()
  }
}
