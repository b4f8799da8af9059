/** llama_cpp.server, the OpenAI-compatible server of llama-cpp-python. */
import { installOnce, installVenv } from '../install.ts'
import { requirements } from '../requirements.ts'
import type { RealServer, Way } from '../server.ts'
import { installSmollm2, SMOLLM2, startWithSmollm2 } from './smollm2.ts'

const NAME = 'llama-cpp-python'
const PINS = requirements(NAME)
const VERSION = PINS.version('llama-cpp-python')

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
  ways: WAYS,
  downloads: `llama-cpp-python ${VERSION} (77 MB, source; only its Python part is built) and 24 packages from PyPI (60 MB), ${SMOLLM2.downloads}`,
  stretches: true,
  async install(log) {
    await installOnce(NAME, PINS.text, log, (installation) =>
      installVenv(installation, PINS.file, { env: { CMAKE_ARGS: '-DLLAMA_BUILD=OFF' } }),
    )
    gguf = await installSmollm2(log)
  },
  async start(window = SMOLLM2.window) {
    const script = 'llama-cpp-python.py'
    const server = await startWithSmollm2({ name: NAME, script, gguf, window, ready: '/v1/models' })
    return { ...server, model: SMOLLM2.model, toolPrompt: TOOL_PROMPT, window }
  },
}
