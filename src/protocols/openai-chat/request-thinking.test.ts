import { describe, expect, it } from 'vitest'
import type { MessagesRequest } from '../../messages/request.ts'
import { COMPATIBLE } from '../../providers/definition.ts'
import { thinkingOf } from './request.ts'
import type { ReasoningQuirk } from './types.ts'

type Asks = Partial<MessagesRequest>

const HIGH = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }
const ON = { thinking: { type: 'adaptive' } }
const OFF = { thinking: { type: 'disabled' } }
const EFFORT = { output_config: { effort: 'high' } }
const TOOLS = { tools: [{ name: 'T' }] }

/** What is said to a model, and what cannot be. */
function sent(
  model: string,
  quirk: ReasoningQuirk | undefined,
  asks: Asks,
  { isForced = false, thinksOrIsForced = false } = {},
) {
  const reasoning = quirk === undefined ? {} : { reasoning: [quirk] }
  const quirks = { ...COMPATIBLE, thinksOrIsForced, ...reasoning }
  const request = { model: 'x', messages: [], ...asks }
  const dropped = new Set<string>()
  const thinking = thinkingOf(
    { request, target: { provider: 'p', model }, quirks, isForced },
    dropped,
  )
  return { ...thinking, dropped: [...dropped] }
}

const WORD: ReasoningQuirk = { effort: 'reasoning_effort' }
const WORDS: ReasoningQuirk = { ...WORD, words: { off: 'least', low: 'little', high: 'most' } }
const SWITCH: ReasoningQuirk = { toggle: 'thinking' }
const SWITCH_AND_WORD: ReasoningQuirk = { ...SWITCH, ...WORD }
const BESIDE: ReasoningQuirk = { ...WORDS, besideTools: 'none' }
const enabled = { thinking: { type: 'enabled' } }
const disabled = { thinking: { type: 'disabled' } }
const word = (reasoning_effort: string): object => ({ reasoning_effort })

type Row = [
  what: string,
  model: string,
  quirk: ReasoningQuirk | undefined,
  asks: Asks,
  fields: object,
  dropped?: readonly string[],
]

describe('what a model is told of its thinking', () => {
  it.each<Row>([
    // Of `m` nothing is known; the others are in thinkers.ts.
    ["the provider's word", 'm', WORDS, HIGH, word('most')],
    ["the provider's word for none", 'm', WORDS, OFF, word('least')],
    ['nothing that was not asked', 'm', WORDS, {}, {}],
    ['no word where thinking is wanted and no effort', 'm', WORDS, ON, {}],
    ['an effort alone', 'm', WORDS, EFFORT, word('most')],
    ['no effort that has no word', 'm', WORD, HIGH, {}, ['output_config.effort']],
    ['no effort where there is no field', 'm', { words: { high: 'most' } }, HIGH, {}],
    ['the switch', 'm', SWITCH, ON, enabled],
    ['the switch the other way', 'm', SWITCH, OFF, disabled],
    ['the switch, not how much', 'm', SWITCH, HIGH, enabled, ['output_config.effort']],
    [
      'the switch, by an effort alone',
      'm',
      SWITCH_AND_WORD,
      EFFORT,
      enabled,
      ['output_config.effort'],
    ],
    ['the switch unless asked', 'm', SWITCH, {}, {}],
    ["OpenRouter's switch", 'm', { toggle: 'reasoning' }, ON, { reasoning: { enabled: true } }],
    ["DashScope's switch", 'm', { toggle: 'enable_thinking' }, OFF, { enable_thinking: false }],
    [
      "OpenRouter's word",
      'm',
      { ...WORDS, effort: 'reasoning' },
      HIGH,
      { reasoning: { effort: 'most' } },
    ],
    [
      'nothing where there is no way',
      'm',
      undefined,
      HIGH,
      {},
      ['thinking', 'output_config.effort'],
    ],
    ["the model's own word", 'glm-5.2', WORDS, { output_config: { effort: 'max' } }, word('max')],
    [
      "the provider's word for this very model",
      'glm-5.2',
      { ...WORDS, models: /glm/ },
      HIGH,
      word('most'),
    ],
    [
      "the model's own word where that has none",
      'glm-5.2',
      { ...WORD, models: /glm/ },
      HIGH,
      word('high'),
    ],
    ["the model's own word for none", 'gpt-5.1', WORD, OFF, word('none')],
    [
      'the least that a model which cannot stop knows',
      'gpt-oss-120b',
      WORD,
      OFF,
      word('low'),
      ['thinking'],
    ],
    ['its least, whichever that is', 'gpt-5-pro', WORDS, OFF, word('high'), ['thinking']],
    ['no word for none beside a switch', 'glm-5.2', SWITCH_AND_WORD, OFF, disabled],
    ['switch and word', 'glm-5.2', SWITCH_AND_WORD, HIGH, { ...enabled, ...word('high') }],
    ['no switch that it cannot obey', 'kimi-k2-thinking', SWITCH, OFF, {}, ['thinking']],
    ['the switch that it can obey', 'kimi-k2-thinking', SWITCH, ON, enabled],
    [
      'no word to a model that knows none',
      'kimi-k2-thinking',
      WORD,
      HIGH,
      {},
      ['output_config.effort'],
    ],
    ["not the provider's word to such a model", 'minimax-m2', WORDS, OFF, {}, ['thinking']],
    [
      'a word for none to a model that stops here though it does not elsewhere',
      'gpt-oss-120b',
      { ...WORD, models: /gpt-oss/, words: { off: 'none' } },
      OFF,
      word('none'),
    ],
    [
      'another word, which does not stop it',
      'gpt-oss-120b',
      { ...WORDS, models: /gpt-oss/ },
      OFF,
      word('least'),
      ['thinking'],
    ],
    [
      'a word to models whose words are known',
      'gpt-5.1',
      { ...WORD, models: 'known' },
      HIGH,
      word('high'),
    ],
    [
      'nothing to others',
      'm',
      { ...WORDS, models: 'known' },
      HIGH,
      {},
      ['thinking', 'output_config.effort'],
    ],
    [
      'nothing to a model that is known, but not its words',
      'minimax-m2',
      { ...WORDS, ...SWITCH, models: 'known' },
      HIGH,
      {},
      ['thinking', 'output_config.effort'],
    ],
    [
      'the one word beside tools',
      'm',
      BESIDE,
      { ...HIGH, ...TOOLS },
      word('none'),
      ['output_config.effort'],
    ],
    ['that word, unasked', 'm', BESIDE, TOOLS, word('none')],
    [
      'that word, which is what was asked',
      'm',
      BESIDE,
      { ...OFF, ...EFFORT, ...TOOLS },
      word('none'),
    ],
    ['another without tools', 'm', BESIDE, { ...HIGH, tools: [] }, word('most')],
    ['another where it cannot stop', 'gpt-oss-120b', BESIDE, { ...HIGH, ...TOOLS }, word('high')],
  ])('is %s', (_, model, quirk, asks, fields, dropped = []) => {
    expect(sent(model, quirk, asks)).toEqual({ fields, canForce: true, dropped })
  })

  const stopped = { fields: disabled, canForce: true }
  type Forced = [what: string, result: object, ...of: Parameters<typeof sent>]
  const REFUSES = { isForced: true, thinksOrIsForced: true }
  it.each<Forced>([
    ['it stops for once', { ...stopped, dropped: ['thinking'] }, 'glm-5.2', SWITCH, ON, REFUSES],
    ['it was not to think', { ...stopped, dropped: [] }, 'glm-5.2', SWITCH, OFF, REFUSES],
    ['it stops unasked', { ...stopped, dropped: [] }, 'glm-5.2', SWITCH, {}, REFUSES],
    [
      'no provider forces this one',
      { ...stopped, dropped: ['thinking'] },
      'deepseek-v4-pro',
      SWITCH,
      ON,
      { isForced: true },
    ],
    [
      'it cannot stop',
      { fields: enabled, canForce: false, dropped: [] },
      'kimi-k2-thinking',
      SWITCH,
      ON,
      REFUSES,
    ],
    [
      'whether it can stop here is not known',
      { fields: word('high'), canForce: false, dropped: [] },
      'gpt-5.1',
      { ...WORD, models: 'known' },
      HIGH,
      REFUSES,
    ],
    [
      'there is no way to tell it',
      { fields: {}, canForce: false, dropped: ['thinking'] },
      'deepseek-v4-pro',
      undefined,
      ON,
      { isForced: true },
    ],
    [
      'it thinks meanwhile',
      { fields: enabled, canForce: true, dropped: [] },
      'glm-5.2',
      SWITCH,
      ON,
      { isForced: true },
    ],
    [
      'no call is demanded',
      { fields: enabled, canForce: true, dropped: [] },
      'deepseek-v4-pro',
      SWITCH,
      ON,
      { thinksOrIsForced: true },
    ],
  ])('allows for a call that is demanded: %s', (_, result, model, quirk, asks, forced) => {
    expect(sent(model, quirk, asks, forced)).toEqual(result)
  })
})
