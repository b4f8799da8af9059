/** Checks of who may use a gateway: pages of other sites must not. */
import { answer } from '../upstream.mjs'

const ASK = { messages: [{ role: 'user', content: 'hello' }] }
const BOTH = ['messages', 'chat']

export const ACCESS = [
  {
    name: 'a page of another site asks',
    right: 'no leave by CORS',
    fronts: BOTH,
    run: otherOrigin,
  },
  { name: 'a request for another host name', right: 'refused', fronts: BOTH, run: otherHost },
]

async function otherOrigin({ client, upstream }) {
  upstream.play(answer({ text: 'ok' }))
  const { status, headers } = await client.ask(ASK, { extra: { origin: 'https://evil.example' } })
  const allowed = headers['access-control-allow-origin']
  const isAllowed = allowed === '*' || allowed === 'https://evil.example'
  return {
    right: !isAllowed,
    seen: isAllowed ? `allows \`${allowed}\`` : `no leave, status ${status}`,
  }
}

/** A name that an attacker points to this machine (DNS rebinding). */
async function otherHost({ client, upstream }) {
  upstream.play(answer({ text: 'ok' }))
  const { status } = await client.ask(ASK, { extra: { host: 'evil.example' } })
  return { right: status >= 400, seen: `status ${status}` }
}
