/** What users read of models whose servers take too little, and what mends it. */
import { describe, expect, it } from 'vitest'
import type { ProviderConfig, ReportedModel } from '../config/config.ts'
import { modelNotes } from './context-window.ts'
import { windowAdvice } from './server-notes.ts'

const provider = (
  report: ReportedModel | undefined,
  more: Partial<ProviderConfig> = {},
): ProviderConfig => ({
  name: 'p',
  url: 'http://127.0.0.1:11434/v1/chat/completions',
  apiKey: '',
  models: ['m'],
  missing: [],
  ...(report === undefined ? {} : { reported: new Map([['m', report]]) }),
  ...more,
})

const running = (contextWindow: number, more: Partial<ReportedModel> = {}): ReportedModel => ({
  server: 'ollama',
  contextWindow,
  basis: 'running',
  modelWindow: 131_072,
  ...more,
})

describe('the advice on a window', () => {
  it.each<[string, ReportedModel, RegExp, string]>([
    [
      'Ollama that runs it with too little',
      running(4_096),
      /^Ollama runs p,m with 4,096 tokens, and Claude Code sends about 13,000 .*: what does not fit is cut off without an error\.$/,
      'OLLAMA_CONTEXT_LENGTH=65536 ollama serve',
    ],
    [
      'one that ran it so before it unloaded it',
      running(4_096, { basis: 'seen' }),
      /^Ollama ran p,m with 4,096/,
      'ollama serve',
    ],
    [
      'a parameter of the model, which the variable does not change',
      running(4_096, { basis: 'set', isParameter: true }),
      /^Ollama will run p,m with 4,096/,
      String.raw`printf 'FROM m\nPARAMETER num_ctx 65536\n' > ccr.Modelfile && ollama create m -f ccr.Modelfile`,
    ],
    [
      'a model that was made for less than is good',
      running(4_096, { modelWindow: 40_960 }),
      /4,096/,
      'OLLAMA_CONTEXT_LENGTH=40960',
    ],
    [
      'a model that takes no more',
      running(8_192, { modelWindow: 8_192 }),
      /8,192/,
      'The model itself takes no more: choose another one.',
    ],
    [
      'llama.cpp',
      running(8_192, { server: 'llamacpp' }),
      /^llama\.cpp runs .* refused\.$/,
      'llama-server with -c 65536',
    ],
    [
      'LM Studio',
      running(4_096, { server: 'lmstudio' }),
      /^LM Studio runs/,
      'lms load m --context-length 65536',
    ],
    ['vLLM', running(8_192, { server: 'openai' }), /^the server runs/, '--max-model-len 65536'],
    [
      'Ollama that has not loaded the model yet',
      running(131_072, { basis: 'model' }),
      /^Ollama has not loaded p,m yet/,
      'OLLAMA_CONTEXT_LENGTH=65536 ollama serve',
    ],
  ])('names %s, and what mends it', (_, report, problem, cure) => {
    const advice = windowAdvice(provider(report), 'm')
    expect(advice?.problem).toMatch(problem)
    expect(advice?.cure).toContain(cure)
  })

  it('names a window of the config that is larger than what Ollama takes', () => {
    const advice = windowAdvice(provider(running(32_768), { contextWindow: 100_000 }), 'm')
    expect(advice?.problem).toMatch(/config gives p,m .* 100,000 tokens, but Ollama runs .* 32,768/)
    expect(advice?.cure).toMatch(/OLLAMA_CONTEXT_LENGTH=100000 .*correct the window in the config/)
  })

  it.each<[string, ProviderConfig]>([
    ['enough', provider(running(32_768))],
    [
      'less than the config, but refuses the rest',
      provider(running(32_768, { server: 'openai' }), { contextWindow: 100_000 }),
    ],
    ['what a variable of ccr sets', provider(running(65_536, { basis: 'model' }))],
    ['an unknown window', provider({ server: 'ollama' })],
    ['nothing known', provider(undefined)],
  ])('is none for a server that takes %s', (_, entry) => {
    expect(windowAdvice(entry, 'm')).toBeUndefined()
    expect(windowAdvice(entry, 'other')).toBeUndefined()
  })

  it('quotes a model of a strange name for the shell', () => {
    const report = running(4_096, { server: 'lmstudio' })
    const entry = { ...provider(report), reported: new Map([['a b; rm -rf ~', report]]) }
    expect(windowAdvice(entry, 'a b; rm -rf ~')?.cure).toContain("lms load 'a b; rm -rf ~' --")
  })
})

describe('the notes on a model', () => {
  const notes = (entry: ProviderConfig) =>
    modelNotes({ provider: 'p', model: 'm' }, { providers: [entry] })

  it('say it once where the server is the reason', () => {
    expect(notes(provider(running(4_096)))).toEqual([expect.stringMatching(/^Ollama runs/)])
  })

  it('name a model that calls no tools by its server, unless the config says otherwise', () => {
    const report = running(65_536, { tools: false })
    expect(notes(provider(report))).toEqual([
      expect.stringMatching(/^p,m calls no tools \(as its server reports\)/),
    ])
    const modelDetails = { m: { abilities: { tools: true } } }
    expect(notes(provider(report, { modelDetails }))).toEqual([])
  })
})
