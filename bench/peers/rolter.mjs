/** rolter: a gateway in Rust, whose wheel carries the program. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipFolder } from './install.mjs'

export const rolter = {
  name: 'rolter',
  title: 'rolter 0.1.0 (Rust)',
  ways: ['translated', 'passed through'],
  install: () => pipFolder('rolter', 'rolter.txt'),
  launch: ({ home, bin, port, upstream, way, model }) => {
    const kind = way === 'translated' ? 'openai_compatible' : 'anthropic'
    const config = [
      `[server]\nhost = "127.0.0.1"\nport = ${port}`,
      `[[providers]]\nname = "up"\nkind = "${kind}"\napi_base = "${upstream}"\napi_key_env = "UP_KEY"`,
      kind === 'anthropic' ? 'allow_custom_api_base = true' : '',
      `[[routes]]\nmodel = "${model}"\nstrategy = "round_robin"`,
      `[[routes.targets]]\nprovider = "up"\nmodel = "${model}"\n`,
    ]
    writeFileSync(join(home, 'rolter.toml'), config.join('\n'))
    return {
      command: join(bin, 'rolter'),
      args: ['gateway', '-c', 'rolter.toml'],
      env: { UP_KEY: 'k', ROLTER_UPDATE_CHECK: 'false' },
    }
  },
}
