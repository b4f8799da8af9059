/** What the servers of models do with prompts that are too long, and the setting that gives them more room. */
import type { ReportedModel, ReportingServer } from '../../config/config.ts'
import { isPowerShell, powershellQuoted, shellWord, withVariables } from '../../lib/command-line.ts'
import { providerById } from '../index.ts'

/** What people call the server of a report. */
export function serverTitle({ server }: Pick<ReportedModel, 'server'>): string {
  return server === 'openai' ? 'the server' : (providerById(server)?.title ?? server)
}

/** What becomes of a prompt that is too long. */
export const EFFECTS: Readonly<Record<ReportingServer, string>> = {
  ollama: 'what does not fit is cut off without an error',
  lmstudio: 'longer prompts are refused or cut off',
  llamacpp: 'longer prompts are refused',
  openai: 'longer prompts are refused',
}

/**
 * The tokens beyond which the server is known to cut a prompt without an error: Ollama removes the
 * oldest messages (server/prompt.go), then the middle of the last one (0.17.4, run on 2026-11-30).
 * Undefined for all others, and for a model that neither is loaded nor has a parameter that says how it
 * will be.
 */
export function cutsAt(report: ReportedModel): number | undefined {
  const { server, basis, contextWindow, isParameter } = report
  const isKnown = basis === 'running' || (basis === 'set' && isParameter === true)
  return server === 'ollama' && isKnown ? contextWindow : undefined
}

/** What Ollama takes at least: https://docs.ollama.com/context-length */
const LEAST_OLLAMA = 4_096

/** Whether a server reads a prompt of so many tokens to its end, as far as that is known. */
export function readsWhole(report: ReportedModel | undefined, tokens: number): boolean {
  return report?.server !== 'ollama' || tokens <= (cutsAt(report) ?? LEAST_OLLAMA)
}

/** The line that gives a model `wanted` tokens, or as many as it was made for. */
export function cureFor(model: string, report: ReportedModel, wanted: number): string {
  const { server, contextWindow = 0, modelWindow, isParameter } = report
  if (modelWindow !== undefined && modelWindow <= contextWindow && report.basis !== 'model') {
    return 'The model itself takes no more: choose another one.'
  }
  const tokens = String(Math.min(wanted, modelWindow ?? wanted))
  if (server === 'ollama' && isParameter) return ollamaParameter(model, tokens)
  return CURES[server](shellWord(model), tokens)
}

const CURES: Readonly<Record<ReportingServer, (model: string, tokens: string) => string>> = {
  // https://docs.ollama.com/context-length
  ollama: (_, tokens) =>
    `Restart Ollama with more: ${withVariables([['OLLAMA_CONTEXT_LENGTH', tokens]], 'ollama serve')} (in its app: Settings, Context length).`,
  // https://lmstudio.ai/docs/cli/local-models/load
  lmstudio: (model, tokens) => `Load it with more: lms load ${model} --context-length ${tokens}`,
  llamacpp: (_, tokens) =>
    `Restart llama-server with -c ${tokens}, times the slots of --parallel where they do not share it.`,
  openai: (_, tokens) =>
    `Restart the server with more (vLLM: --max-model-len ${tokens}, SGLang: --context-length ${tokens}).`,
}

/**
 * The parameter takes precedence over OLLAMA_CONTEXT_LENGTH, and the OpenAI API has no field for it:
 * https://docs.ollama.com/api/openai-compatibility#setting-the-context-size
 */
function ollamaParameter(model: string, tokens: string): string {
  const lines = [`FROM ${model}`, `PARAMETER num_ctx ${tokens}`]
  const create = `ollama create ${shellWord(model)} -f ccr.Modelfile`
  const commands = isPowerShell()
    ? `${lines.map(powershellQuoted).join(',')} | Set-Content -Encoding ascii ccr.Modelfile; ${create}`
    : `printf ${shellWord(lines.map((line) => `${line}\\n`).join(''))} > ccr.Modelfile && ${create}`
  return `The model itself sets that (num_ctx); give it another value: ${commands}`
}
