/** The words for efforts that are sent, compared with what the source of the catalogue says. */
import { describe, expect, it } from 'vitest'
import { modelEffort } from '../../protocols/reasoning.ts'
import catalogue from '../catalogue/catalogue.json' with { type: 'json' }
import source from '../catalogue/efforts-source.json' with { type: 'json' }
import { protocolOf } from '../../../test/support/protocol.ts'
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

type Deviation = readonly [row: string, models: string, effort: string, sends: string, why: string]

const CODEX = 'https://developers.openai.com/api/docs/models/gpt-5.3-codex lists no `none`'
const NONE_OF_AZURE =
  'https://learn.microsoft.com/javascript/api/@azure/ai-projects/reasoningeffort: `none` from GPT-5.1 on'
const PRO_OF_AZURE = 'https://platform.openai.com/docs/guides/reasoning, as the row of OpenAI says'
const UNSAID = 'the source says nothing of its words on Azure; a refusal has a second try'
const SWITCH = 'https://help.aliyun.com/en/model-studio/deep-thinking: they think or do not'

/** Another word is sent than the source says, of these models for this effort alone. */
const DEVIATIONS: readonly Deviation[] = [
  [
    'azure',
    'gpt-5.1 gpt-5.2 gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.5 gpt-5.6-luna gpt-5.6-sol gpt-5.6-terra',
    'off',
    'none',
    NONE_OF_AZURE,
  ],
  ['azure', 'gpt-5-pro', 'low', 'high', PRO_OF_AZURE],
  ['azure', 'gpt-5-pro', 'medium', 'high', PRO_OF_AZURE],
  ['azure', 'gpt-5.2-pro gpt-5.4-pro', 'low', 'medium', PRO_OF_AZURE],
  ['azure', 'deepseek-v4-pro', 'low', 'high', UNSAID],
  ['azure', 'deepseek-v4-pro', 'medium', 'high', UNSAID],
  ['azure', 'deepseek-v4-pro', 'max', 'max', UNSAID],
  ['openai', 'gpt-5.3-codex', 'off', 'low', CODEX],
  ['openrouter', 'openai/gpt-5.3-codex', 'off', 'low', CODEX],
  [
    'xai',
    'grok-4.3',
    'xhigh',
    'high',
    'none, low, medium and high: https://github.com/vercel/ai/releases/tag/%40ai-sdk%2Fxai%403.0.97, and what the source says of OpenRouter',
  ],
  [
    'xai',
    'grok-4.5',
    'xhigh',
    'high',
    'low, medium and high: https://github.com/anomalyco/opencode/issues/39448, and what the source says of OpenRouter',
  ],
  [
    'mistral',
    'mistral-medium-2604 mistral-medium-3.5 mistral-medium-latest mistral-small-2603 mistral-small-latest',
    'low',
    'none',
    'none and high alone, of which none is nearer: https://docs.mistral.ai/capabilities/reasoning',
  ],
  [
    'dashscope',
    'deepseek-v4-flash deepseek-v4-flash-0731 deepseek-v4-pro deepseek-v4-pro-0813 deepseek-v4.1-flash deepseek-v4.1-flash-1017 glm-5.2',
    'off',
    'off',
    SWITCH,
  ],
]

/** The word for an effort, and whether thinking is switched off, as they are sent. */
function sentFor(row: string, model: string, effort: string) {
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
  const { body } = protocolOf(provider)?.encode(request, { provider: 'p', model, can }) ?? {}
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

const MODELS: readonly Model[] = Object.entries(
  source.rows as Readonly<Record<string, readonly string[]>>,
)
  .filter(([row]) => row in URLS)
  .flatMap(([row, lines]) =>
    lines.map((line) => {
      const [model = '', stop = '', ...words] = line.split(' ')
      return { row, model, stop, words }
    }),
  )

interface Model {
  readonly row: string
  readonly model: string
  readonly stop: string
  readonly words: readonly string[]
}

/** What is sent for an effort, `off` by a switch, where the source says otherwise. */
function deviationOf({ row, model, stop, words }: Model, effort: string): string | undefined {
  const { word, isOff } = sentFor(row, model, effort)
  const sent = isOff ? 'off' : word
  if (sent === undefined) return undefined
  const isListed = words.length === 0 || words.includes(sent)
  if (effort === 'off') {
    const isAsListed = stop === 'never' ? !isOff && isListed : isOff || sent === 'none'
    return isAsListed ? undefined : sent
  }
  if (words.includes(effort)) return sent === effort ? undefined : sent
  // OpenRouter takes any word for models of which nothing is known here, and translates it.
  const isTranslated = row === 'openrouter' && modelEffort(model)?.words === undefined
  return isListed || (isTranslated && sent === effort) ? undefined : sent
}

const EFFORTS = ['off', 'low', 'medium', 'high', 'xhigh', 'max']
const lineOf = (row: string, model: string, effort: string, sends: string) =>
  `${row},${model}: ${sends} for ${effort}`

const FOUND = MODELS.flatMap((model) =>
  EFFORTS.flatMap((effort) => {
    const sends = deviationOf(model, effort)
    return sends === undefined ? [] : [lineOf(model.row, model.model, effort, sends)]
  }),
)
const EXPECTED = DEVIATIONS.flatMap(([row, models, effort, sends]) =>
  models.split(' ').map((model) => lineOf(row, model, effort, sends)),
)

describe('efforts, held against their source', () => {
  it('is of the version of the catalogue', () => {
    expect(source).toMatchObject({ source: catalogue.source, version: catalogue.version })
    expect(MODELS.length).toBeGreaterThan(150)
  })

  it('no model is told another word than the one that is wanted, one that it does not know, or not to think where it must', () => {
    const known = new Set(EXPECTED)
    expect(FOUND.filter((line) => !known.has(line))).toEqual([])
  })

  it('each deviation is needed: what is listed here is not so any more', () => {
    const found = new Set(FOUND)
    expect(EXPECTED.filter((line) => !found.has(line))).toEqual([])
  })

  it('each deviation has its source', () => {
    const unsourced = DEVIATIONS.filter(([, , , , why]) => !/https:|the source/.test(why))
    expect(unsourced).toEqual([])
  })
})
