/**
 * Fake local servers: Ollama, the server of llama.cpp, LM Studio, vLLM. Their answers are written by
 * hand after the documents and sources that src/providers/model-reports/ names.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface SeenQuery {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

/** What a path answers: JSON, a text as it is, or `undefined` for 404. A list: one after the other, the last for ever. */
export type Answers = Readonly<Record<string, unknown>>

export interface LocalServer {
  readonly origin: string
  readonly port: number
  readonly queries: readonly SeenQuery[]
  /** What to answer from now on. */
  answer(answers: Answers): void
  close(): Promise<void>
}

/** `answers`: by method and path, `GET /api/ps`; a function of the parsed body for a POST. */
export async function startLocalServer(answers: Answers, port = 0): Promise<LocalServer> {
  let current = answers
  const queries: SeenQuery[] = []
  const server = createServer((req, res) => {
    void textOf(req).then((body) => {
      const path = req.url ?? ''
      const method = req.method ?? ''
      queries.push({ method, path, authorization: req.headers.authorization, body })
      const found = current[`${method} ${path}`] ?? current[`${method} ${path.split('?')[0] ?? ''}`]
      const value: unknown =
        typeof found === 'function' ? (found as (body: unknown) => unknown)(parsed(body)) : found
      if (value === HANG) return
      if (isRedirect(value)) res.writeHead(307, { location: value.redirect }).end()
      else if (value === undefined) res.writeHead(404).end('{"error":"not found"}')
      else if (isStream(value)) res.writeHead(200, SSE).end(value.stream)
      else {
        res.writeHead(200, { 'content-type': 'application/json' })
        res.end(typeof value === 'string' ? value : JSON.stringify(value))
      }
    })
  })
  await listening(server, port)
  const address = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${String(address.port)}`,
    port: address.port,
    queries,
    answer(next) {
      current = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An answer that never comes. */
export const HANG = Symbol('no answer')

const SSE = { 'content-type': 'text/event-stream' }

function isRedirect(value: unknown): value is { readonly redirect: string } {
  return typeof value === 'object' && value !== null && 'redirect' in value
}

function isStream(value: unknown): value is { readonly stream: string } {
  return typeof value === 'object' && value !== null && 'stream' in value
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}

async function textOf(req: IncomingMessage): Promise<string> {
  let text = ''
  req.setEncoding('utf8')
  for await (const part of req) text += String(part)
  return text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A model of the fake Ollama. */
export interface OllamaModel {
  readonly name: string
  /** What it was made for, tokens. */
  readonly made: number
  /** The context with which it is loaded; absent: it is not loaded. */
  readonly running?: number
  /** `PARAMETER num_ctx` of its Modelfile. */
  readonly numCtx?: number
  readonly capabilities?: readonly string[]
}

/** Ollama: https://github.com/ollama/ollama/blob/main/docs/api.md */
export function ollama(...models: readonly OllamaModel[]): Answers {
  const named = (name: string): OllamaModel | undefined =>
    models.find((model) => model.name === name || model.name === `${name}:latest`)
  return {
    'GET /v1/models': {
      object: 'list',
      data: models.map(({ name }) => ({ id: name, object: 'model', owned_by: 'library' })),
    },
    'GET /api/ps': {
      models: models
        .filter(({ running }) => running !== undefined)
        .map(({ name, running }) => ({
          name,
          model: name,
          size: 6_654_289_920,
          digest: 'sha256:0',
          details: { format: 'gguf', family: 'qwen3' },
          expires_at: '2026-11-30T12:00:00Z',
          size_vram: 6_654_289_920,
          context_length: running,
        })),
    },
    'POST /api/show': (body: unknown) => {
      const model = named((body as { model: string }).model)
      return model && shown(model)
    },
    'POST /v1/chat/completions': { stream: CHAT },
  }
}

function shown({ name, made, numCtx, capabilities = ['completion', 'tools'] }: OllamaModel) {
  const parameters = [
    'num_keep                       24',
    ...(numCtx === undefined ? [] : [`num_ctx                        ${String(numCtx)}`]),
    'stop                           "<|im_end|>"',
  ]
  return {
    license: 'Apache License',
    modelfile: `# Modelfile generated by "ollama show"\nFROM ${name}\n`,
    parameters: parameters.join('\n'),
    template: '{{ .Prompt }}',
    details: { format: 'gguf', family: 'qwen3', parameter_size: '8.2B' },
    model_info: {
      'general.architecture': 'qwen3',
      'qwen3.context_length': made,
      'tokenizer.ggml.tokens': [],
    },
    capabilities,
  }
}

/** A short answer of Chat Completions, with what the server counted. */
export function chatAnswer(promptTokens: number): string {
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: 3,
    total_tokens: promptTokens + 3,
  }
  return [
    { id: 'c1', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello.' } }] },
    { id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { id: 'c1', choices: [], usage },
  ]
    .map((chunk) => `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...chunk })}\n\n`)
    .concat('data: [DONE]\n\n')
    .join('')
}

const CHAT = chatAnswer(12)

/** llama-server with one model: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md */
export function llamacpp({ made = 131_072, running = 32_768, vision = false } = {}): Answers {
  return {
    'GET /v1/models': {
      object: 'list',
      data: [
        {
          id: 'models/qwen3-8b.gguf',
          object: 'model',
          owned_by: 'llamacpp',
          meta: { vocab_type: 2, n_vocab: 151_936, n_ctx_train: made, n_embd: 4096 },
        },
      ],
    },
    'GET /props': {
      default_generation_settings: { id: 0, n_ctx: running, params: { n_predict: -1 } },
      total_slots: 1,
      model_path: 'models/qwen3-8b.gguf',
      chat_template: '…',
      chat_template_caps: { supports_tools: true, supports_tool_calls: true },
      modalities: { vision, audio: false },
    },
    'POST /v1/chat/completions': { stream: CHAT },
  }
}

/** LM Studio 0.4: https://lmstudio.ai/docs/developer/rest/list */
export function lmstudio(...models: readonly object[]): Answers {
  return { 'GET /api/v1/models': { models }, 'POST /v1/chat/completions': { stream: CHAT } }
}

/** vLLM: entrypoints/openai/models/serving.py of https://github.com/vllm-project/vllm */
export function vllm(maxModelLen: unknown): Answers {
  return {
    'GET /v1/models': {
      object: 'list',
      data: [
        {
          id: 'Qwen/Qwen3-8B',
          object: 'model',
          created: 1,
          owned_by: 'vllm',
          root: 'Qwen/Qwen3-8B',
          parent: null,
          max_model_len: maxModelLen,
          permission: [],
        },
        { id: 'sql-lora', object: 'model', owned_by: 'vllm', parent: 'Qwen/Qwen3-8B' },
      ],
    },
    'POST /v1/chat/completions': { stream: CHAT },
  }
}
