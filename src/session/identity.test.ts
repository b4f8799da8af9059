import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { onPlatform } from '../../test/support/platform.ts'
import { sessionFolder, sessionRef, sessionsFolder } from './identity.ts'

const env = { CCR_HOME: '/home/me/.claude-code-router' }
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

test('no preference, or an empty one, is the default session', () => {
  for (const preference of [undefined, '', '  \n']) {
    const ref = sessionRef({ ...env, CCR_MODEL_PREFERENCE: preference })
    expect(ref).toMatchObject({ id: 'default', preference: '', isCustomConfig: false })
    expect(ref.dir).toBe('/home/me/.claude-code-router/sessions/default')
    expect(ref.configFile).toBe('/home/me/.claude-code-router/config.json')
  }
})

test('a preference is known by the hash of its string, trimmed', () => {
  const ref = sessionRef({ ...env, CCR_MODEL_PREFERENCE: ' openrouter/gpt-4 ' })
  expect(ref).toMatchObject({ id: hash('openrouter/gpt-4'), preference: 'openrouter/gpt-4' })
})

test('two spellings of the same model are two sessions', () => {
  const id = (preference: string): string =>
    sessionRef({ ...env, CCR_MODEL_PREFERENCE: preference }).id
  expect(id('a/b')).not.toBe(id('a,b'))
})

test('a preference may be anything, and long', () => {
  const preference = `öäü 🙂\n"'$(x)/../..${'x'.repeat(4096)}`
  const ref = sessionRef({ ...env, CCR_MODEL_PREFERENCE: preference })
  expect(ref.id).toMatch(/^[0-9a-f]{8}$/)
  expect(ref.preference).toBe(preference)
})

test('an own config makes an own session, under every name of its file', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ccr-identity-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.json')
  writeFileSync(file, '{}')
  symlinkSync(file, join(folder, 'link.json'))
  const byOption = sessionRef(env, { config: file })
  const byLink = sessionRef({ ...env, CCR_CONFIG: join(folder, 'link.json') })
  expect(byOption.id).toBe(hash(`\0${file}`))
  expect(byOption).toMatchObject({ isCustomConfig: true, configFile: file })
  expect(byLink).toEqual(byOption)
  expect(sessionRef({ ...env, CCR_MODEL_PREFERENCE: 'a,b' }, { config: file }).id).toBe(
    hash(`a,b\0${file}`),
  )
})

test('an own config has one name on Windows, which gives it in the case that it has on disk', () => {
  onPlatform('win32')
  const native = vi.spyOn(realpathSync, 'native').mockReturnValue('C:\\Users\\Me\\config.json')
  onTestFinished(() => native.mockRestore())
  const lower = sessionRef(env, { config: 'c:\\users\\me\\CONFIG.json' })
  const other = sessionRef(env, { config: 'C:\\USERS\\me\\config.json' })
  expect([lower.configFile, lower.id]).toEqual(['C:\\Users\\Me\\config.json', other.id])
})

test('without CCR_HOME the home is in the user’s own', () => {
  expect(sessionRef({ HOME: '/home/me' }).home).toBe('/home/me/.claude-code-router')
})

test('without HOME the system says where the user’s own is; relative and empty ones are none', () => {
  const standard = join(homedir(), '.claude-code-router')
  expect(sessionRef({}).home).toBe(standard)
  expect(sessionRef({ HOME: '', CCR_HOME: '' }).home).toBe(standard)
  expect(sessionRef({ CCR_HOME: 'here' }).home).toBe(resolve('here'))
  expect(sessionRef({ HOME: 'me' }).home).toBe(resolve('me', '.claude-code-router'))
})

test('an own config that is not there yet keeps its path; an empty one is none', () => {
  expect(sessionRef({ ...env, CCR_CONFIG: 'later.json' }).configFile).toBe(resolve('later.json'))
  expect(sessionRef({ ...env, CCR_CONFIG: '' }).isCustomConfig).toBe(false)
  const both = sessionRef({ ...env, CCR_CONFIG: '/env.json' }, { config: '/option.json' })
  expect(both.configFile).toBe('/option.json')
})

test('the folders of sessions are beside each other in the home', () => {
  expect(sessionsFolder('/h')).toBe('/h/sessions')
  expect(sessionFolder('/h', '1a2b3c4d')).toBe('/h/sessions/1a2b3c4d')
})
