/** llama.cpp's server with its Chat, Messages and Responses APIs, prebuilt in the Python package xllamacpp. */
import { installOnce, installVenv } from '../install.ts'
import { requirements } from '../requirements.ts'
import type { Abilities, RealServer, Way } from '../server.ts'
import { HERMES_CALL, installSmollm2, SMOLLM2, startWithSmollm2 } from './smollm2.ts'

const NAME = 'llama'
const PINS = requirements(NAME)
const VERSION = PINS.version('xllamacpp')

const CAN: Abilities = {
  tools: true,
  toolChoice: true,
  images: 'SmolLM2 takes none',
  countTokens: 'only its Messages API counts',
}

const provider = { name: 'llamacpp' }
const WAYS: readonly Way[] = [
  { name: 'chat', path: '/v1/chat/completions', provider, can: CAN },
  {
    name: 'messages',
    path: '/v1/messages',
    provider,
    can: { ...CAN, countTokens: true },
  },
  {
    name: 'responses',
    path: '/v1/responses',
    provider,
    can: { ...CAN, namedTool: 'it takes a named tool for auto' },
  },
]

let gguf = ''

export const llama: RealServer = {
  id: NAME,
  title: 'llama.cpp',
  version: `xllamacpp ${VERSION}`,
  ways: WAYS,
  downloads: `xllamacpp ${VERSION} from PyPI (34 MB, llama.cpp as a prebuilt library), ${SMOLLM2.downloads}`,
  stretches: true,
  async install(log) {
    await installOnce(NAME, PINS.text, log, (installation) => installVenv(installation, PINS.file))
    gguf = await installSmollm2(log)
  },
  async start(window = SMOLLM2.window) {
    const script = 'llama.py'
    const server = await startWithSmollm2({ name: NAME, script, gguf, window, ready: '/health' })
    return {
      ...server,
      model: SMOLLM2.model,
      toolPrompt: HERMES_CALL,
      window,
      async isBusy() {
        const slots = (await (await fetch(`${server.origin}/slots`)).json()) as {
          readonly is_processing: boolean
        }[]
        return slots.some(({ is_processing: isProcessing }) => isProcessing)
      },
    }
  },
}
