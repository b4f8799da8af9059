/** LiteLLM's proxy: a gateway in Python. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipFolder } from './install.mjs'

/** Without it, a request of Claude Code to a model that is not Claude is refused. */
const DROP = 'litellm_settings:\n  drop_params: true\n'

export const litellm = {
  name: 'litellm',
  title: 'LiteLLM proxy 1.80.10 (Python)',
  ways: ['translated', 'passed through'],
  install: () => pipFolder('litellm', 'litellm.txt'),
  launch: ({ home, bin, port, upstream, way, model }) => {
    const target = way === 'translated' ? `openai/${model}` : `anthropic/${model}`
    const base = way === 'translated' ? `${upstream}/v1` : upstream
    const params = `model: ${target}\n      api_base: ${base}\n      api_key: k`
    writeFileSync(
      join(home, 'config.yaml'),
      `model_list:\n  - model_name: ${model}\n    litellm_params:\n      ${params}\n${DROP}`,
    )
    return {
      command: join(bin, 'litellm'),
      args: ['--config', 'config.yaml', '--host', '127.0.0.1', '--port', String(port)],
      // Its price list from the package, not from the network.
      env: {
        PATH: `${bin}:/usr/bin:/bin`,
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
        LITELLM_TELEMETRY: 'False',
      },
    }
  },
}
