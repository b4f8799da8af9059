import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { savedModel, savedModelNote } from './saved-model.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-saved-'))
  mkdirSync(join(home, '.claude'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const write = (text: string): void => writeFileSync(join(home, '.claude', 'settings.json'), text)
const save = (model: unknown): void => write(JSON.stringify({ model }))
const env = () => ({ HOME: home })

it.each(['p,m', 'ccr-63cb3f01', 'ccr-m-0123456789ab', 'claude-ccr/p,m', 'a/claude-x'])(
  'a model that only ccr knows is named once it is saved: %s',
  (model) => {
    save('opus')
    const before = savedModel(env())
    expect(savedModelNote(before, env())).toBeUndefined()
    save(model)
    expect(savedModelNote(before, env())).toContain(`/model saved ${model} as the default`)
    expect(savedModelNote(savedModel(env()), env())).toBeUndefined()
  },
)

it.each([
  ...['opus', 'claude-opus-5-5', '', 7, null],
  'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-x',
])('a model of the client is not: %j', (model) => {
  save(model)
  expect(savedModelNote(undefined, env())).toBeUndefined()
})

it('a name that the config gives a model is named too', () => {
  save('Half Way')
  const modelDetails = { half: { name: 'Half Way' } }
  const providers = [{ name: 'p', models: ['half'], modelDetails }]
  expect(savedModelNote(undefined, env(), providers)).toContain('/model saved Half Way')
  expect(savedModelNote(undefined, env(), [])).toBeUndefined()
})

it('settings that are none say nothing', () => {
  write('{')
  expect(savedModel(env())).toBeUndefined()
  rmSync(join(home, '.claude'), { recursive: true })
  expect(savedModel(env())).toBeUndefined()
  expect(savedModelNote(undefined, env())).toBeUndefined()
})

it('what was saved cannot control the terminal', () => {
  save('p,\u001b[31mm')
  expect(savedModelNote(undefined, env())).toContain('p,\\x1b[31mm')
})
