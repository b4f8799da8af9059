/** Claude Code Router 2.0.0, which ccr succeeds. Its 3.x does not install: a dependency is missing. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmFolder } from './install.mjs'

export const routerV2 = {
  name: 'router-v2',
  title: 'Claude Code Router 2.0.0 (Node)',
  ways: ['translated', 'passed through'],
  install: () => npmFolder('router-v2', ['@musistudio/claude-code-router@2.0.0']),
  launch: (setting) => {
    const { script } = homeOf(setting)
    return { command: process.execPath, args: [script, 'start'] }
  },
}

/** Writes its config into a home; `script` is its command line. */
export function homeOf({ home, bin, port, upstream, way = 'translated', model }) {
  mkdirSync(join(home, '.claude-code-router'), { recursive: true })
  const path = way === 'translated' ? '/v1/chat/completions' : '/v1/messages'
  const provider = { name: 'up', api_base_url: `${upstream}${path}`, api_key: 'k', models: [model] }
  const transformer = way === 'translated' ? {} : { transformer: { use: ['Anthropic'] } }
  const config = {
    PORT: port,
    HOST: '127.0.0.1',
    APIKEY: 'k',
    LOG: false,
    Providers: [{ ...provider, ...transformer }],
    Router: { default: `up,${model}` },
  }
  writeFileSync(join(home, '.claude-code-router/config.json'), JSON.stringify(config))
  return { script: join(bin, '@musistudio/claude-code-router/dist/cli.js') }
}

/** The pid that its `start` wrote to its file. */
export function pidIn(home) {
  const file = join(home, '.claude-code-router/.claude-code-router.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
}
