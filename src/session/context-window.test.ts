import { describe, expect, it } from 'vitest'
import { modelNotes } from './context-window.ts'

const providers = [
  {
    name: 'p',
    url: 'https://p.test/v1/chat/completions',
    apiKey: 'k',
    models: ['m', 'n'],
    missing: [],
    modelDetails: {
      m: { abilities: { contextWindow: 20_000, tools: false } },
      n: { abilities: { contextWindow: 20_000, maxOutput: 1_000 } },
    },
  },
]
const notes = (model: string, window?: number) =>
  modelNotes({ provider: 'p', model }, { providers }, window)

describe('the notes on a model', () => {
  it('name a window that leaves no room beside what the client sends', () => {
    expect(notes('m')[0]).toMatch(
      /^p,m takes 20,000 tokens, and .* 13,000 .*: too little is left for a conversation.*contextWindow of the model/,
    )
    expect(notes('n')).toEqual([])
    expect(notes('n', 13_000)[0]).toMatch(
      /^p,n takes 13,000 tokens.*: it will refuse to send any\./,
    )
  })

  it('name a model that calls no tools', () => {
    expect(notes('m', 200_000)).toEqual([
      expect.stringMatching(
        /^p,m calls no tools \(tools: false in the config\): Claude Code can talk/,
      ),
    ])
  })

  it('say nothing where nothing is known', () => {
    expect(notes('other')).toEqual([])
    expect(modelNotes({ provider: 'none', model: 'm' }, { providers })).toEqual([])
    expect(modelNotes(null, { providers })).toEqual([])
  })
})
