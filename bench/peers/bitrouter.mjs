/** BitRouter: a gateway in Rust, built from its crate. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cargoFolder } from './install.mjs'

const CRATE = { name: 'bitrouter', version: '1.0.0-alpha.35', features: 'core' }

export const bitrouter = {
  name: 'bitrouter',
  title: 'BitRouter 1.0.0-alpha.35 (Rust)',
  ways: ['translated', 'passed through'],
  install: ({ named }) => cargoFolder(CRATE, { build: named }),
  launch: ({ home, bin, port, upstream, way, model }) => {
    const protocol = way === 'translated' ? 'chat_completions' : 'messages'
    const config = {
      server: { listen: `127.0.0.1:${port}`, skip_auth: true },
      inherit_defaults: false,
      // No list of providers from the network, and no file for its records.
      registry: { enabled: false },
      database: { url: 'sqlite::memory:' },
      providers: {
        up: {
          api_base: `${upstream}/v1`,
          api_key: 'k',
          api_protocol: [{ '*': [protocol] }],
          models: [{ id: model }],
        },
      },
    }
    // JSON is YAML, too.
    writeFileSync(join(home, 'bitrouter.yaml'), JSON.stringify(config))
    return {
      command: join(bin, 'bro'),
      args: ['serve', '-c', 'bitrouter.yaml'],
      model: `up:${model}`,
    }
  },
}
