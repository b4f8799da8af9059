import { describe, expect, it } from 'vitest'
import { durationMs } from './upstream-error-body.ts'
import {
  decodeSignature,
  earlierSignatures,
  encodeSignature,
  signatureFrom,
  stateFrom,
} from './reasoning-signature.ts'
import { EFFORTS, type Reasoning, reasoningOf } from './reasoning.ts'

describe('what a request says about thinking', () => {
  const of = (more: object): Reasoning => reasoningOf({ model: 'x', messages: [], ...more })
  const NOTHING: Reasoning = { mode: undefined, budget: undefined, effort: undefined }

  it.each<[object, Partial<Reasoning>]>([
    [{}, {}],
    [{ thinking: null, output_config: null }, {}],
    [{ thinking: { type: 'disabled' } }, { mode: 'off' }],
    [{ thinking: { type: 'between_tools' } }, { mode: 'off' }],
    [{ thinking: { type: 'adaptive' } }, { mode: 'on' }],
    [{ thinking: { type: 'enabled', budget_tokens: 2_048 } }, { mode: 'budget', budget: 2_048 }],
    [{ thinking: { type: 'enabled', budget_tokens: 'many' } }, { mode: 'budget' }],
    [{ thinking: { type: 'of_tomorrow' } }, {}],
    ...EFFORTS.map((effort): [object, Partial<Reasoning>] => [
      { output_config: { effort } },
      { effort },
    ]),
    [{ output_config: { effort: 'endless' } }, {}],
  ])('%o', (more, expected) => {
    expect(of(more)).toEqual({ ...NOTHING, ...expected })
  })

  const system = (effort?: string) => ({
    role: 'system',
    content: 'x',
    ...(effort === undefined ? {} : { output_config: { effort } }),
  })
  const user = { role: 'user', content: 'x', output_config: { effort: 'max' } }

  it('is what the newest system message says of effort, before the request itself', () => {
    const messages = [system('low'), user, system('high'), user, system()]
    expect(of({ messages, output_config: { effort: 'medium' } }).effort).toBe('high')
    expect(of({ messages: [user, system()], output_config: { effort: 'medium' } }).effort).toBe(
      'medium',
    )
  })
})

describe('sealed thinking', () => {
  const maker = { provider: 'p', model: 'm', account: 'a' }
  const thought = (provider: string, payload: string) => ({
    role: 'assistant',
    content: [
      {
        type: 'text',
        text: 'x',
        signature: encodeSignature({ provider, model: 'm', payload: 'no' }),
      },
      {
        type: 'thinking',
        thinking: 't',
        signature: encodeSignature({ provider, model: 'm', payload }),
      },
    ],
  })

  it('is found with the newest first, of one provider alone', () => {
    const messages = [
      thought('p', 'first'),
      thought('q', 'other'),
      { role: 'user', content: thought('p', 'quoted').content },
      { role: 'assistant', content: 'text' },
      thought('p', 'last'),
    ]
    expect([...earlierSignatures(messages, 'p')].map(({ payload }) => payload)).toEqual([
      'last',
      'first',
    ])
  })

  it.each([
    ['a vendor’s own', 'EqoBCkYIBBgC'],
    ['cut', signatureFrom(maker, { payload: 's' }).slice(0, 20)],
    ['no JSON', `ccr1.${Buffer.from('x').toString('base64url')}`],
    ['null', `ccr1.${Buffer.from('null').toString('base64url')}`],
    ['without a maker', `ccr1.${Buffer.from('{"model":"m"}').toString('base64url')}`],
    ['without a model', `ccr1.${Buffer.from('{"provider":"p"}').toString('base64url')}`],
    ['missing', undefined],
  ])('is none that is %s', (_, signature) => {
    expect(decodeSignature(signature)).toBeUndefined()
    expect(stateFrom(signature, maker)).toBeUndefined()
  })
})

describe('a duration', () => {
  it.each([
    ['120ms', 120],
    ['1s', 1_000],
    ['2.5s', 2_500],
    ['20 seconds', 20_000],
    ['3m', 180_000],
    ['1 minute', 60_000],
    ['2h', 7_200_000],
    ['6 hours', 21_600_000],
    ['1d', 86_400_000],
    ['1m2.5s', 62_500],
    ['1h 2m 3s', 3_723_000],
    ['1H', 3_600_000],
    ['', undefined],
    ['soon', undefined],
    ['7', undefined],
    ['7 apples', undefined],
    ['in 7s', undefined],
    ['1s '.repeat(40), undefined],
  ])('%j is %s ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })
})
