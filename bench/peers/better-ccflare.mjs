/** better-ccflare: a load balancer for Claude Code, compiled with Bun; its package carries the program. */
import { join } from 'node:path'
import { npmFolder } from './install.mjs'

export const betterCcflare = {
  name: 'better-ccflare',
  title: 'better-ccflare 3.5.4 (Bun)',
  ways: ['translated', 'passed through'],
  install: () => npmFolder('better-ccflare', ['better-ccflare@3.5.4']),
  launch: ({ bin, port }) => ({
    command: join(bin, 'better-ccflare/dist/better-ccflare'),
    args: ['--serve', '--port', String(port)],
    env: { BETTER_CCFLARE_HOST: '127.0.0.1' },
    // It knows Claude's models by name and maps them.
    model: 'claude-sonnet-4-5',
  }),
  prepare: async (base, { upstream, way, model }) => {
    const kind = way === 'translated' ? 'openai-compatible' : 'anthropic-compatible'
    const mapped = { opus: model, sonnet: model, haiku: model }
    const account = { name: 'up', apiKey: 'k', priority: 0, customEndpoint: upstream }
    const answer = await fetch(`${base}/api/accounts/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...account, modelMappings: mapped }),
    })
    if (!answer.ok) throw new Error(`its account is refused with status ${answer.status}`)
  },
}
