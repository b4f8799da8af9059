/** The peers, in the order of the tables. Each is a file of this folder; `start.mjs` says what one is. */
import { betterCcflare } from './better-ccflare.mjs'
import { bitrouter } from './bitrouter.mjs'
import { npmFolder } from './install.mjs'
import { litellm } from './litellm.mjs'
import { nineRouter } from './nine-router.mjs'
import { portkey } from './portkey.mjs'
import { rolter } from './rolter.mjs'
import { routerV2 } from './router-v2.mjs'

/** A peer that cannot be had; the table says why. */
function absent(name, title, reason) {
  return { name, title, install: () => Promise.reject(new Error(reason)) }
}

export const PEERS = [
  rolter,
  bitrouter,
  litellm,
  routerV2,
  betterCcflare,
  nineRouter,
  portkey,
  {
    name: 'llm-router',
    title: 'llm-router 2.6.2 (Node)',
    install: () => npmFolder('llm-router', ['@khanglvm/llm-router@2.6.2']),
  },
  absent('bifrost', 'Bifrost (Go)', 'its npm package downloads the program from elsewhere'),
  absent(
    'ferrogw',
    'Ferro Labs AI Gateway 1.5.10 (Go)',
    'listens on every interface, which no setting changes',
  ),
  absent('llm-gateway', 'llm-gateway 0.1.1 (Rust)', 'a library, no server'),
]

/**
 * The peers that are named, in the order of the list; all without names.
 * @throws Error for an unknown name.
 */
export function chosen(names) {
  if (names === undefined) return PEERS
  const unknown = names.filter((name) => !PEERS.some((peer) => peer.name === name))
  if (unknown.length > 0) {
    const known = PEERS.map(({ name }) => name).join(', ')
    throw new Error(`unknown peer ${unknown.join(', ')}; there are ${known}`)
  }
  return PEERS.filter(({ name }) => names.includes(name))
}

/**
 * Installs peers, one after the other.
 * @returns `{ready: [{peer, bin}], absent: [{peer, reason}]}`
 */
export async function installAll(peers, { named, say }) {
  const ready = []
  const missing = []
  for (const peer of peers) {
    try {
      ready.push({ peer, bin: await peer.install({ named }) })
    } catch (error) {
      say(`${peer.title}: ${error.message}`)
      missing.push({ peer, reason: error.message })
    }
  }
  return { ready, absent: missing }
}
