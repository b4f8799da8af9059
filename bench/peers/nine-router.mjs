/**
 * 9router: an application of Next.js. Its server is started directly: its command line ends processes
 * by name and opens a tunnel if told to.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { npmFolder } from './install.mjs'

/** Of the dashboard of this run; its default is refused here. */
const PASSWORD = randomBytes(12).toString('hex')

export const nineRouter = {
  name: '9router',
  title: '9router 0.5.69 (Node, Next.js)',
  ways: ['translated', 'passed through'],
  // It needs a database; its packaged one lacks its WebAssembly.
  install: () => npmFolder('9router', ['9router@0.5.69'], ['better-sqlite3@12.6.2']),
  launch: ({ home, bin, port, model }) => ({
    command: process.execPath,
    args: [join(bin, '9router/app/custom-server.js')],
    env: {
      DATA_DIR: join(home, 'data'),
      NODE_PATH: bin,
      PORT: String(port),
      HOSTNAME: '127.0.0.1',
      INITIAL_PASSWORD: PASSWORD,
    },
    model: `up/${model}`,
  }),
  prepare: async (base, { upstream, way }) => {
    const login = await post(`${base}/api/auth/login`, { password: PASSWORD })
    const cookie = login.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
    const type = way === 'translated' ? 'openai-compatible' : 'anthropic-compatible'
    const node = { type, name: 'up', prefix: 'up', apiType: 'chat', baseUrl: `${upstream}/v1` }
    const made = await (await post(`${base}/api/provider-nodes`, node, cookie)).json()
    const provider = { provider: made.node.id, name: 'up', apiKey: 'k', priority: 1 }
    await post(`${base}/api/providers`, provider, cookie)
    const { key } = await (await post(`${base}/api/keys`, { name: 'bench' }, cookie)).json()
    return { headers: { 'x-api-key': key } }
  },
}

async function post(url, body, cookie = '') {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${new URL(url).pathname} ends with status ${answer.status}`)
  return answer
}
