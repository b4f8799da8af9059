/** Every provider has what a provider must have; what is missing is said in a sentence. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { missingIn, missingInList } from '../../test/support/provider-checklist.ts'
import { defineProvider, type ProviderDefinition, sourced } from './definition.ts'
import { PROVIDERS } from './index.ts'
import { openaiCompatible } from './openai-compatible.ts'

/** Files of the folder that are no providers. */
const OTHER_FILES: ReadonlySet<string> = new Set(['index.ts', 'definition.ts'])

const FILES = readdirSync(new URL('.', import.meta.url)).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !OTHER_FILES.has(file),
)

describe('the providers', () => {
  it('are those of the folder, each with names, hosts and variables that no other has', () => {
    // The one for servers that are not recognised is in no list.
    expect(missingInList(FILES, [...PROVIDERS, openaiCompatible])).toEqual([])
  })

  it('have files that open with a comment, which says whose API it is', () => {
    const silent = FILES.filter(
      (file) => !/^\/\*\* \S/.test(readFileSync(new URL(file, import.meta.url), 'utf8')),
    )
    expect(silent).toEqual([])
  })

  it.each(PROVIDERS.map((provider) => [provider.id, provider] as const))(
    '%s has all that a provider must have',
    (_, provider) => {
      expect(missingIn(provider)).toEqual([])
    },
  )
})

const COMPLETE: ProviderDefinition = defineProvider({
  id: 'initech',
  kind: 'hosted',
  hosts: ['api.initech.example'],
  protocol: 'openai-chat',
  auth: 'bearer',
  quirks: { jsonSchema: sourced(false, 'https://initech.example/docs') },
  reasoning: sourced([{ effort: 'reasoning_effort' }], 'https://initech.example/docs'),
  init: {
    variables: ['INITECH_API_KEY'],
    url: 'https://api.initech.example/v1/chat/completions',
    models: ['initech-large'],
    keys: 'https://initech.example/keys',
  },
  live: [{ model: 'initech-small' }],
  catalogue: {
    models: { 'initech-large': { contextWindow: 128_000 } },
    source: 'https://initech.example/models',
    date: '2026-11-30',
  },
  docs: { addresses: ['https://api.initech.example/v1/chat/completions'] },
})

describe('the checklist', () => {
  it('finds nothing missing in a complete provider', () => {
    expect(missingIn(COMPLETE)).toEqual([])
  })

  it.each<[string, Partial<ProviderDefinition>, string]>([
    ['a host', { hosts: [] }, '`hosts` is empty: put the host of its API there'],
    [
      'a source',
      { quirks: { jsonSchema: sourced(false, 'somebody') } },
      '`quirks.jsonSchema` has no source: give `sourced` a URL',
    ],
    ['a source of its search', { webSearch: sourced('always', '') }, '`webSearch` has no source'],
    ['a reason', { live: { none: '' } }, '`live.none` gives no reason'],
    ['rules', { reasoning: sourced([], 'https://a.b') }, '`reasoning` has no rule'],
    [
      'a field for the effort',
      { reasoning: sourced([{ models: /a/ }], 'https://a.b') },
      'rule 1 of `reasoning` has neither `effort` nor `toggle`',
    ],
    [
      'a variable',
      { init: { ...COMPLETE.init, variables: [] } },
      '`init.variables` names no variable for its key',
    ],
    [
      'an address at its host',
      { init: { ...COMPLETE.init, url: 'https://api.initech.test/v1' } },
      '`init.url` (https://api.initech.test/v1) is at none of its `hosts`',
    ],
    [
      'limits of its models',
      { catalogue: { none: 'nobody lists them' } },
      'the catalogue has no `initech-large` of `init.models`: list it in `catalogue.models`',
    ],
    [
      'models in the catalogue',
      {
        catalogue: { piAi: ['initech'] },
        init: { none: 'it has no keys' },
        live: { none: 'it has no keys' },
      },
      'the catalogue has no models of it: run `npm run catalogue`',
    ],
    [
      'a variable for its live test',
      { init: { none: 'it has no keys' } },
      '`live` needs a `variable` for the key, since `init` names none',
    ],
    ['an address for its page', { docs: { addresses: [] } }, '`docs.addresses` is empty'],
    [
      'credentials explained',
      { auth: 'google' },
      '`docs.section` is missing: explain where its credentials come from',
    ],
  ])('misses %s', (_, change, sentence) => {
    const missing = missingIn({ ...COMPLETE, ...change })
    expect(missing.join('\n')).toContain(`src/providers/initech.ts: ${sentence}`)
  })

  it('misses files in the list, and providers that share what is one’s', () => {
    const [first, second] = [COMPLETE, { ...COMPLETE, id: 'initech-2' }]
    const missing = missingInList(['initech.ts', 'groq.ts'], [first, second]).join('\n')
    expect(missing).toContain(
      'src/providers/groq.ts is not listed: import it in src/providers/index.ts and add it to PROVIDERS',
    )
    expect(missing).toContain('the provider `initech-2` has no file src/providers/initech-2.ts')
    expect(missing).toContain('two providers have the host `api.initech.example`')
    expect(missing).toContain('two providers have the variable `INITECH_API_KEY`')
  })
})
