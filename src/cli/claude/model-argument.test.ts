import { formatModelRef } from '../../lib/model-ref.ts'
import { describe, expect, it } from 'vitest'
import type { Config, ProviderConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { resolveModelArgument, modelArgument } from './model-argument.ts'

describe('the model that the arguments of claude name', () => {
  it.each([
    [['--model', 'a,b'], 'a,b'],
    [['-p', 'hi', '--model=a/b'], 'a/b'],
    [['--model', 'a', '--model', 'b'], 'b'],
    [['-p', 'hi'], undefined],
    [['--', '--model', 'x'], undefined],
    [['--model'], undefined],
    [['--models', 'x'], undefined],
  ])('%j: %s', (argv, name) => {
    expect(modelArgument(argv)).toBe(name)
  })
})

const provider = (name: string, ...models: string[]): ProviderConfig => ({
  name,
  url: `https://${name}.example/v1/chat/completions`,
  apiKey: 'k',
  models,
  missing: [],
})
const config: Config = {
  ...emptyConfig(),
  providers: [
    provider('openrouter', 'openai/gpt-4o', 'openai/gpt-5'),
    provider('anthropic', 'claude-3-opus-20240229'),
  ],
  router: { default: 'openrouter,openai/gpt-5' },
  preferences: { fast: 'openrouter,openai/gpt-4o' },
}
const usual = { provider: 'openrouter', model: 'openai/gpt-5' }
const meaning = (name: string) => {
  const { choice, notes } = resolveModelArgument(name, config, usual)
  return { goes: choice && formatModelRef(choice), notes: notes.join('\n') }
}

describe('what a model named to claude means', () => {
  it.each([
    ['openrouter,openai/gpt-4o', 'openrouter,openai/gpt-4o', ''],
    ['openrouter/gpt-4o', 'openrouter,openai/gpt-4o', 'taken as openrouter,openai/gpt-4o'],
    ['gpt-4o', 'openrouter,openai/gpt-4o', 'taken as openrouter,openai/gpt-4o'],
    ['openai/gpt-4o', 'openrouter,openai/gpt-4o', ''],
    ['fast', 'openrouter,openai/gpt-4o', ''],
    ['claude-3-opus', 'anthropic,claude-3-opus-20240229', 'taken as anthropic,'],
    ['openrouter', 'openrouter,openai/gpt-5', 'is a provider'],
    ['openrouter,new/model', 'openrouter,new/model', 'it is taken as written'],
    ['gpt-4o[1m]', 'openrouter,openai/gpt-4o', 'taken as'],
  ])('%s: %s', (name, goes, note) => {
    const found = meaning(name)
    expect(found.goes).toBe(goes)
    if (note === '') expect(found.notes).toBe('')
    else expect(found.notes).toContain(note)
  })

  it('is told, with what may be meant and where requests go, when it is nothing', () => {
    const { goes, notes } = meaning('gpt-4p')
    expect(goes).toBeNull()
    expect(notes).toMatch(
      /^--model gpt-4p: no provider lists the model "gpt-4p".*Did you mean.*gpt-4o.*Requests go to openrouter,openai\/gpt-5/,
    )
  })

  it.each(['sonnet', 'opus[1m]'])('%s is a name that claude reads itself', (name) => {
    expect(meaning(name)).toMatchObject({
      goes: null,
      notes: expect.stringContaining('selects no model here') as string,
    })
  })
})
