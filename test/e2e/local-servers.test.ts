/** The real client with a fake Ollama: it knows the window that the server reports, and no prompt is cut. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Ccr } from '../support/ccr.ts'
import {
  chatAnswer,
  type LocalServer,
  ollama,
  type OllamaModel,
  startLocalServer,
} from '../support/local-servers.ts'
import { clientHome } from './harness.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const MODEL = 'qwen3-coder:30b'
const answers = (more: Partial<OllamaModel>) => ({
  ...ollama({ name: MODEL, made: 262_144, ...more }),
  'POST /v1/chat/completions': { stream: chatAnswer(13_000) },
})

async function withOllama(
  model: Partial<OllamaModel>,
): Promise<{ readonly ccr: Ccr; readonly server: LocalServer }> {
  const server = await startLocalServer(answers(model))
  opened.push(() => server.close())
  const url = `${server.origin}/v1/chat/completions`
  const ccr = await clientHome({
    Providers: [{ name: 'ollama', api_base_url: url, models: [MODEL] }],
    Router: { default: `ollama,${MODEL}` },
  })
  opened.push(() => ccr.remove())
  return { ccr, server }
}

const ask = (ccr: Ccr) => ccr.run(['code', '-p', 'Say hello', '--output-format', 'json'])

interface Result {
  readonly result: string
  readonly is_error: boolean
  readonly modelUsage: Readonly<Record<string, { readonly contextWindow: number }>>
}

describe('the client', () => {
  it('has the window with which the model runs', async () => {
    const { ccr } = await withOllama({ running: 131_072 })
    const { stdout, stderr } = await ask(ccr)
    const { result, modelUsage } = JSON.parse(stdout) as Result
    expect(result, stderr).toBe('Hello.')
    expect(Object.values(modelUsage)[0]?.contextWindow).toBe(131_072)
    expect(stderr).not.toContain('Ollama')
  })

  it('gets no answer to a prompt that would be cut, but the line that mends the server; then it works', async () => {
    const { ccr, server } = await withOllama({ running: 4_096 })
    const cure = 'OLLAMA_CONTEXT_LENGTH=65536 ollama serve'
    const { stdout, stderr } = await ask(ccr)
    expect(stderr).toContain(cure)
    const { result, is_error: isError } = JSON.parse(stdout) as Result
    expect(isError).toBe(true)
    expect(result).toContain(`would cut off the rest without an error`)
    expect(result).toContain(cure)
    server.answer(answers({ running: 65_536 }))
    const mended = JSON.parse((await ask(ccr)).stdout) as Result
    expect(mended.result).toBe('Hello.')
  })
})
