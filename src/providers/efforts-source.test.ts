import { describe, expect, it } from 'vitest'
import { modelEffort } from '../formats/thinkers.ts'
import catalogue from './catalogue.json' with { type: 'json' }
import source from './efforts-source.json' with { type: 'json' }
import { providerOf } from './provider.ts'

/** What this says of thinking off and of efforts is compared with what each row sends. */
const URLS: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1/responses',
  azure: 'https://r.openai.azure.com/openai/v1/responses',
  deepseek: 'https://api.deepseek.com',
  zai: 'https://api.z.ai/api/paas/v4',
  moonshot: 'https://api.moonshot.ai/v1',
  'kimi-coding': 'https://api.kimi.com/coding/v1',
  dashscope: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  mistral: 'https://api.mistral.ai/v1',
  xai: 'https://api.x.ai/v1',
  groq: 'https://api.groq.com/openai/v1',
  together: 'https://api.together.xyz/v1',
  fireworks: 'https://api.fireworks.ai/inference/v1',
  cerebras: 'https://api.cerebras.ai/v1',
  openrouter: 'https://openrouter.ai/api/v1',
}

/** A word is sent though the source does not list it, or another one than it would be. */
const DIFFERENT: readonly (readonly [row: string, models: RegExp, why: string])[] = [
  [
    'azure',
    /./,
    'its documentation lists `none` from GPT-5.1 on, and the Pro models as OpenAI does',
  ],
  ['openai', /^gpt-5\.3-codex$/, 'low, which every Codex model knows'],
  ['xai', /^grok-4\.[35]$/, 'one of three providers lists xhigh for it'],
  [
    'mistral',
    /medium|small/,
    'low means not to think: https://docs.mistral.ai/capabilities/reasoning',
  ],
  ['dashscope', /^(deepseek-v4|glm-5\.2)/, 'enable_thinking is the switch of all models there'],
  [
    'openrouter',
    /codex|kimi-k3|deepseek-v4|qwen3\.8|-pro$/,
    'it translates words into those of makers',
  ],
]

/** OpenRouter takes any word for models of which nothing is known here. */
function different(row: string, model: string): boolean {
  if (row === 'openrouter' && modelEffort(model)?.words === undefined) return true
  return DIFFERENT.some(([name, models]) => name === row && models.test(model))
}

/** The word for an effort, and whether thinking is switched off, as they are sent. */
function told(row: string, model: string, effort: string) {
  const url = URLS[row] ?? ''
  const provider = providerOf({ name: 'p', url, apiKey: 'k', models: [model], missing: [] }).to(
    model,
  )
  const can = { ...provider.can(model), reasoning: true }
  const asks =
    effort === 'off'
      ? { thinking: { type: 'disabled' } }
      : { thinking: { type: 'adaptive' }, output_config: { effort } }
  const request = { model, messages: [{ role: 'user', content: 'q' }], ...asks }
  const { body } = provider.wire?.encode(request, { provider: 'p', model, can }) ?? {}
  const fields = body as {
    readonly reasoning_effort?: string
    readonly reasoning?: { readonly effort?: string; readonly enabled?: boolean }
    readonly thinking?: { readonly type?: string }
    readonly enable_thinking?: boolean
  }
  const isOff =
    fields.thinking?.type === 'disabled' ||
    fields.enable_thinking === false ||
    fields.reasoning?.enabled === false
  return { word: fields.reasoning_effort ?? fields.reasoning?.effort, isOff }
}

const MODELS = Object.entries(source.rows as Readonly<Record<string, readonly string[]>>)
  .filter(([row]) => row in URLS)
  .flatMap(([row, lines]) =>
    lines.map((line) => {
      const [model = '', stop = '', ...words] = line.split(' ')
      return { row, model, stop, words }
    }),
  )

describe('efforts, held against their source', () => {
  it('is of the version of the catalogue', () => {
    expect(source).toMatchObject({ source: catalogue.source, version: catalogue.version })
    expect(MODELS.length).toBeGreaterThan(150)
  })

  it('no model is told a word that it does not know', () => {
    const wrong = MODELS.flatMap(({ row, model, words }) =>
      different(row, model) || words.length === 0
        ? []
        : ['low', 'medium', 'high', 'xhigh', 'max'].flatMap((effort) => {
            const { word } = told(row, model, effort)
            return word === undefined || words.includes(word)
              ? []
              : [`${row},${model}: ${word} for ${effort}, of ${words.join(' ')}`]
          }),
    )
    expect(wrong).toEqual([])
  })

  it('a model gets the very effort that the user wants, where it knows it', () => {
    const wrong = MODELS.flatMap(({ row, model, words }) =>
      different(row, model)
        ? []
        : words.flatMap((effort) => {
            const { word } = told(row, model, effort)
            return word === undefined || word === effort
              ? []
              : [`${row},${model}: ${word} for ${effort}`]
          }),
    )
    expect(wrong).toEqual([])
  })

  it('no model that always thinks is told not to', () => {
    const wrong = MODELS.filter(({ row, model, stop, words }) => {
      if (stop !== 'never' || different(row, model)) return false
      const { word, isOff } = told(row, model, 'off')
      return isOff || (word !== undefined && words.length > 0 && !words.includes(word))
    })
    expect(wrong.map(({ row, model }) => `${row},${model}`)).toEqual([])
  })

  it('a model that can stop thinking is told to, where it is told at all', () => {
    const wrong = MODELS.filter(({ row, model, stop }) => {
      if (stop === 'never' || different(row, model)) return false
      const { word, isOff } = told(row, model, 'off')
      return !isOff && word !== 'none' && word !== undefined
    })
    expect(wrong.map(({ row, model }) => `${row},${model}`)).toEqual([])
  })
})
