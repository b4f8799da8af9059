/** Portkey's gateway, which takes its configuration from headers. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmFolder } from './install.mjs'

const LOOPBACK = fileURLToPath(new URL('loopback.mjs', import.meta.url))

export const portkey = {
  name: 'portkey',
  title: 'Portkey gateway 1.15.2 (Node)',
  front: 'chat',
  // Chat to Chat; it forwards Messages only to a server of Messages.
  ways: ['passed through'],
  install: () => npmFolder('portkey', ['@portkey-ai/gateway@1.15.2']),
  launch: ({ bin, port, upstream }) => ({
    command: process.execPath,
    args: [
      '--import',
      LOOPBACK,
      join(bin, '@portkey-ai/gateway/build/start-server.js'),
      `--port=${port}`,
      '--headless',
    ],
    env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1', NODE_ENV: 'production' },
    path: '/v1/chat/completions',
    headers: {
      authorization: 'Bearer k',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
    },
  }),
}
