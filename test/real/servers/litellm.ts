/** LiteLLM's proxy with its Chat, Messages and Responses APIs, in front of the server of llama.cpp. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, installOnce, installVenv, venvProgram } from '../install.ts'
import { startServer } from '../process.ts'
import { requirements } from '../requirements.ts'
import type { Abilities, RealServer, RunningServer, Way } from '../server.ts'
import { llama } from './llama.ts'

const NAME = 'litellm'
const PINS = requirements(NAME)
const VERSION = PINS.version('litellm')

/** The proxy refuses requests without it. */
const KEY = 'sk-of-this-test'

const CAN: Abilities = {
  tools: true,
  toolChoice: true,
  images: 'SmolLM2 takes none',
  countTokens: 'it counts with a tokenizer of another model',
  windows: 'its list of models has no limits',
}

const provider = { name: NAME, api_key: KEY }
const WAYS: readonly Way[] = [
  { name: 'chat', path: '/v1/chat/completions', provider, can: CAN },
  { name: 'messages', path: '/v1/messages', provider, can: CAN },
  { name: 'responses', path: '/v1/responses', provider, can: CAN },
]

export const litellm: RealServer = {
  id: NAME,
  title: 'LiteLLM’s proxy',
  version: VERSION,
  ways: WAYS,
  downloads: `litellm[proxy] ${VERSION} from PyPI with what it needs (130 MB, all by hash); ${llama.downloads}`,
  stretches: true,
  async install(log) {
    await installOnce(NAME, PINS.text, log, (installation) =>
      installVenv(installation, PINS.file, { args: ['--only-binary', ':all:'] }),
    )
    await llama.install(log)
  },
  async start(window) {
    const behind = await llama.start(window)
    try {
      const proxy = await startProxy(behind)
      const { model, window, toolPrompt } = behind
      return {
        ...{ ...proxy, model, window },
        ...(toolPrompt === undefined ? {} : { toolPrompt }),
        // The proxy reads the model's answer to its end after its client has hung up (1.80.10).
        stopsWhenLeft: false,
        output: () => `${proxy.output()}\n${behind.output()}`,
        stop: async () => {
          await proxy.stop()
          await behind.stop()
        },
      }
    } catch (thrown) {
      await behind.stop()
      throw thrown
    }
  },
}

/** Nothing is fetched by it: prices come from its package, and it reports to nobody. */
async function startProxy({ origin, model }: RunningServer) {
  const folder = cacheFolder(NAME)
  const config = join(folder, `config-${String(process.pid)}.yaml`)
  // `hosted_vllm` is any server of Chat Completions; requests for Responses are translated by the proxy.
  const params = { model: `hosted_vllm/${model}`, api_base: `${origin}/v1`, api_key: 'none' }
  const settings = {
    model_list: [{ model_name: model, litellm_params: params }],
    litellm_settings: { telemetry: false, num_retries: 0 },
    general_settings: { master_key: KEY },
  }
  // YAML reads JSON.
  await writeFile(config, JSON.stringify(settings))
  return startServer({
    program: venvProgram(folder, 'litellm'),
    args: (port) => ['--config', config, '--host', '127.0.0.1', '--port', String(port)],
    env: () => ({
      PATH: '/usr/bin:/bin',
      HOME: join(folder, 'home'),
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      LITELLM_TELEMETRY: 'False',
      DISABLE_ADMIN_UI: 'True',
    }),
    cwd: folder,
    ready: '/health/liveliness',
    limitMs: 300_000,
  })
}
