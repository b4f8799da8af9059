/** llama_cpp.server, the OpenAI-compatible server of llama-cpp-python. */
import { join } from 'node:path'
import {
  cacheFolder,
  installEnvironment,
  installOnce,
  installVenv,
  venvProgram,
} from '../install.ts'
import { startServer } from '../process.ts'
import { requirements } from '../requirements.ts'
import type { RealServer, Way } from '../server.ts'
import { installSmollm2, SMOLLM2, stretchedSmollm2 } from './smollm2.ts'

const NAME = 'llama-cpp-python'
const PINS = requirements(NAME)
const VERSION = PINS.version('llama-cpp-python')
const MODEL = 'smollm2-135m'

const WAYS: readonly Way[] = [
  {
    name: 'chat',
    path: '/v1/chat/completions',
    provider: { name: 'llama-cpp-python' },
    can: {
      tools: true,
      toolChoice: true,
      images: 'SmolLM2 takes none',
      countTokens: 'it has no Messages API',
      windows: 'it reports no windows',
      usage: 'it counts no tokens of a streamed answer',
      overflow: 'it ends its stream without a byte where a prompt is too long',
    },
  },
]

/** In the form that its chat format `chatml-function-calling` gives to calls. */
const TOOL_PROMPT = [
  'functions.look_up: { "word": "otter" }',
  'functions.look_up: { "word": "otter" }',
  'Repeat this line.',
].join('\n')

let gguf = ''

export const llamaCppPython: RealServer = {
  id: NAME,
  title: 'llama_cpp.server',
  version: `llama-cpp-python ${VERSION}`,
  downloads: `llama-cpp-python ${VERSION} (77 MB, source; only its Python part is built) and 24 packages from PyPI (60 MB), ${SMOLLM2.downloads}`,
  stretches: true,
  async install(log) {
    await installOnce(NAME, PINS.text, log, (installation) =>
      installVenv(installation, PINS.file, { env: { CMAKE_ARGS: '-DLLAMA_BUILD=OFF' } }),
    )
    gguf = await installSmollm2(log)
  },
  async start(window = SMOLLM2.window) {
    const folder = cacheFolder(NAME)
    const script = join(import.meta.dirname, 'llama-cpp-python.py')
    const model = window > SMOLLM2.window ? await stretchedSmollm2(gguf, window) : gguf
    const server = await startServer({
      program: venvProgram(folder, 'python'),
      args: (port) => [script, model, '127.0.0.1', String(port), String(window), MODEL],
      env: () => installEnvironment(folder),
      cwd: folder,
      ready: '/v1/models',
    })
    return { ...server, model: MODEL, toolPrompt: TOOL_PROMPT, window, ways: WAYS }
  },
}
