/** The number of dropped fields, for the status line. */
/** The number of dropped fields, for the status line. */
import { TOKEN_PREFIX } from '../../../lib/secret.ts'
import type { Env } from '../../../lib/env.ts'

/** How long to wait for the daemon, which answers in milliseconds. */
const LIMIT_MS = 2_000

/** The id of the session whose alias the client uses; '' if there is none. */
export function sessionOf(env: Env): string {
  return /^ccr-(default|[0-9a-f]{8})$/.exec(env['ANTHROPIC_MODEL'] ?? '')?.[1] ?? ''
}

/** The number of request fields that the session has dropped; '' for none or outside a session. */
export async function droppedFields(env: Env): Promise<string> {
  const id = sessionOf(env)
  const token = env['ANTHROPIC_AUTH_TOKEN'] ?? ''
  const base = env['ANTHROPIC_BASE_URL'] ?? ''
  if (id === '' || !token.startsWith(TOKEN_PREFIX) || !URL.canParse(base)) return ''
  const { hostname: host, port } = new URL(base)
  const dropped = await askDropped({ id, host, port: Number(port), token })
  return typeof dropped === 'number' && dropped > 0 ? String(dropped) : ''
}

interface Address {
  readonly id: string
  readonly host: string
  readonly port: number
  readonly token: string
}

async function askDropped(address: Address): Promise<unknown> {
  const { provePeer, readJson } = await import('../../../session/peer.ts')
  const { within } = await import('../../../lib/within.ts')
  const peer = await provePeer(address, LIMIT_MS)
  if (peer === null) return undefined
  try {
    const status = peer.ask('GET', '/control/status').then(readJson)
    return (await within(status, LIMIT_MS))?.['dropped']
  } catch {
    return undefined
  } finally {
    peer.close()
  }
}
