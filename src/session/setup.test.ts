import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ConfigError } from '../config/config-error.ts'
import { sessionRef } from './identity.ts'
import type { Env } from '../lib/env.ts'
import { readSetup, type Setup } from './setup.ts'

const homes: string[] = []
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))

/** What a daemon of this preference makes of a config. */
function setup(preference: string, config?: object | string, env: Env = {}): Setup {
  const home = mkdtempSync(join(tmpdir(), 'ccr-setup-'))
  homes.push(home)
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  if (config !== undefined) writeFileSync(join(home, 'config.json'), text)
  return readSetup(sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: preference }), env)
}

const provider = (name: string, models: string[], apiKey = 'k') => ({
  name,
  api_base_url: 'https://p.example/v1/chat/completions',
  api_key: apiKey,
  models,
})
const two = {
  Providers: [provider('one', ['org/big', 'small']), provider('two', ['other/big'])],
  Router: { default: 'one,small' },
}

test('the demo needs no config', () => {
  const { config, choice, demo, notes } = setup('demo,anything')
  expect(choice).toEqual({ provider: 'demo', model: 'anything' })
  expect([demo, notes, config.file]).toEqual([true, [], ''])
})

test('the demo beside a config takes its settings', () => {
  const { config, choice } = setup('demo,demo-a', { ...two, PORT: 4000 })
  expect(config.port).toBe(4000)
  expect(config.providers.map(({ name }) => name)).toEqual(['one', 'two', 'demo'])
  expect(choice?.provider).toBe('demo')
})

test('everybody else needs a config', () => {
  expect(() => setup('')).toThrow(ConfigError)
  expect(() => setup('openrouter/gpt-4')).toThrow(/there is no config/)
  expect(() => setup('demo,demo-a', '{')).toThrow(ConfigError)
})

test('no preference means Router.default', () => {
  const { choice, notes, demo } = setup('', two)
  expect([choice, notes, demo]).toEqual([{ provider: 'one', model: 'small' }, [], false])
})

test('a preference that is not configured is told, and what is used instead', () => {
  const { choice, notes } = setup('one,smal', two)
  expect(choice).toEqual({ provider: 'one', model: 'small' })
  expect(notes.join()).toMatch(/smal.*Did you mean.*small.*Requests go to one,small\./s)
})

test('a preference with several meanings names them all', () => {
  const { notes } = setup('big', two)
  expect(notes.join()).toContain("'one,org/big'")
  expect(notes.join()).toContain("'two,other/big'")
})

test('an unset variable stops only the sessions that need it', () => {
  const config = {
    Providers: [provider('keyed', ['m'], '${KEY_OF_MINE}'), provider('open', ['m2'])],
    Router: { default: 'open,m2' },
  }
  expect(() => setup('keyed,m', config)).toThrow(/keyed needs .* KEY_OF_MINE/)
  expect(setup('keyed,m', config, { KEY_OF_MINE: 'v' }).choice?.provider).toBe('keyed')
  expect(setup('open,m2', config).choice?.provider).toBe('open')
  expect(setup('', config).config.variables).toEqual(['KEY_OF_MINE'])
})

test('a session that has nowhere to send its requests says so', () => {
  const { Providers } = two
  expect(setup('', { Providers }).notes).toEqual([
    'The config has no Router.default. Requests that name no model of it will be refused.',
  ])
  for (const empty of [
    { Providers: [], Router: {} },
    { Providers: [], Router: { default: 'a,b' } },
  ]) {
    expect(setup('', empty).notes.join()).toMatch(/^The config has no providers; ccr init writes/)
  }
  const { choice, notes } = setup('', { Providers, Router: { default: 'nosuch,m' } })
  expect(choice).toBe(null)
  expect(notes.join()).toMatch(/^Router\.default is "nosuch,m", but .*nosuch/)
})

test('a model that its provider does not list is taken as Router.default has it', () => {
  const { choice } = setup('', { ...two, Router: { default: 'one,unlisted' } })
  expect(choice).toEqual({ provider: 'one', model: 'unlisted' })
})

test('a window that is smaller than what the client sends itself is told, with the way out', () => {
  const gpt4 = {
    ...provider('openai', ['gpt-4', 'gpt-4o']),
    api_base_url: 'https://api.openai.com/v1/chat/completions',
  }
  const notes = (preference: string, more: object = {}) =>
    setup(preference, {
      Providers: [{ ...gpt4, ...more }],
      Router: { default: 'openai,gpt-4o' },
    }).notes.join()
  expect(notes('openai/gpt-4')).toMatch(/openai,gpt-4 takes 8,192 tokens.*13,000.*contextWindow/)
  expect(notes('openai/gpt-4o')).toBe('')
  expect(notes('openai/gpt-4', { contextWindow: 32_768 })).toBe('')
  expect(notes('openai/gpt-4', { contextWindow: { 'gpt-4': '32768' } })).toBe('')
  expect(notes('openai/gpt-4o', { contextWindow: { '*': 8_000 } })).toContain('8,000')
})

const open = (name: string) => provider(name, ['m'], `\${${name.toUpperCase()}_KEY}`)
const many = {
  Providers: [open('used'), open('think'), open('next'), open('named'), open('unused')],
  Router: { default: 'used,m', think: 'think,gone' },
  fallback: { default: ['next,m'], preference: ['unused,m'] },
  Preferences: { fast: 'named,m' },
}

/** The providers whose unset keys a session tells of. */
function notesOf(preference: string, config: object, env: Env): string[] {
  const { notes } = setup(preference, config, env)
  return notes.flatMap((note) => /refers to (\w+)_KEY, which is not set/.exec(note)?.[1] ?? [])
}

test('an unset key is told by sessions that use its provider, and by no others', () => {
  expect(notesOf('', many, { USED_KEY: 'k' })).toEqual(['THINK', 'NEXT'])
  expect(notesOf('', many, { USED_KEY: 'k', THINK_KEY: 'k', NEXT_KEY: 'k' })).toEqual([])
  expect(notesOf('fast', many, { NAMED_KEY: 'k' })).toEqual(['UNUSED'])
  expect(notesOf('next,m', { ...many, fallback: {} }, { NEXT_KEY: 'k' })).toEqual([])
  expect(setup('', many, { USED_KEY: 'k' }).config.warnings).toHaveLength(4)
})

test('a router of the user’s own may choose any provider: all are told of', () => {
  const withRouter = { ...many, CUSTOM_ROUTER_PATH: './router.js' }
  expect(notesOf('', withRouter, { USED_KEY: 'k' })).toEqual(['THINK', 'NEXT', 'NAMED', 'UNUSED'])
})

test('other warnings about providers that are not used wait for ccr config check too', () => {
  const odd = { ...provider('odd', ['m']), api_kye: 'x', transformer: { use: ['no-such'] } }
  const config = { ...two, Providers: [...two.Providers, odd] }
  expect(setup('', config).notes).toEqual([])
  expect(setup('odd,m', config).notes.join()).toContain('api_kye')
})

test('what is a mistake beyond doubt is told by every session', () => {
  const config = { ...two, Providers: [...two.Providers, provider('two', ['m'])] }
  expect(setup('', config).notes.join()).toContain('a provider named "two" is already there')
})
