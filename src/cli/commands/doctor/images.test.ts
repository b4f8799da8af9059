import { describe, expect, it } from 'vitest'
import type { Config } from '../../../config/config.ts'
import { emptyConfig } from '../../../config/defaults.ts'
import { imageChecks } from './images.ts'

const URL = { url: 'http://127.0.0.1:1/v1/chat/completions', apiKey: 'k', missing: [] }
const texts = {
  ...URL,
  name: 'texts',
  models: ['m'],
  modelDetails: { m: { abilities: { images: false } } },
}
const eyes = { ...URL, name: 'eyes', models: ['v'] }

function checks(config: Partial<Config>, preference: string) {
  const providers = [texts, eyes]
  return imageChecks({ preference }, { ...emptyConfig(), providers, ...config }, {})
}

const LEND = { lend: { vision: 'eyes,v' } }
const ROUTED = { router: { default: 'texts,m', image: 'eyes,v' } }

describe('who describes images', () => {
  it.each<[Partial<Config>, string, string, string]>([
    [LEND, 'texts,m', 'ok', 'eyes,v describes them for texts,m (Lend.vision)'],
    [LEND, 'eyes,v', 'ok', 'eyes,v describes them for models that take none (Lend.vision)'],
    [ROUTED, '', 'ok', 'eyes,v describes them for texts,m (Router.image)'],
    [ROUTED, 'texts,m', 'note', 'texts,m takes none, and nothing describes them'],
    [{}, 'texts,m', 'note', 'texts,m takes none, and nothing describes them'],
    [
      { lend: { vision: 'texts,m' } },
      'eyes,v',
      'warning',
      'Lend.vision (texts,m) describes none: it takes none itself',
    ],
    [
      { lend: { vision: 'nobody,v' } },
      'eyes,v',
      'warning',
      'Lend.vision (nobody,v) describes none: it is no model of the config',
    ],
  ])('%j, preference %j', (config, preference, level, text) => {
    expect(checks(config, preference)).toMatchObject([{ level, text }])
  })

  it('is not said where nobody needs it', () => {
    expect(checks({}, 'eyes,v')).toEqual([])
    expect(checks({ router: { default: 'eyes,v', image: 'eyes,v' } }, '')).toEqual([])
    expect(checks({ router: { default: 'gone,m' } }, '')).toEqual([])
  })
})
