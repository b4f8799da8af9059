import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makePrivateFolder } from '../lib/files.ts'
import {
  changedVariables,
  daemonEnvironment,
  forgetValue,
  keepEnvironment,
  keptEnvironment,
} from './environment.ts'
import { sessionRef } from './identity.ts'
import { changeKeys } from './kept-keys.ts'
import { environmentFile } from './paths.ts'
import { SET_VARIABLES, setVariablesMark } from './variables-set-by-ccr.ts'
import { onPlatform } from '../../test/support/platform.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-env-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const ref = sessionRef({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
makePrivateFolder(ref.dir)

test('only the variables that the config names and those of the network are kept', () => {
  keepEnvironment(ref, ['KEY', 'EMPTY', 'UNSET'], {
    KEY: 'k',
    EMPTY: '',
    OTHER: 'o',
    https_proxy: 'http://p',
    SSL_CERT_FILE: '/ca',
  })
  expect(keptEnvironment(ref)).toEqual({ KEY: 'k', https_proxy: 'http://p', SSL_CERT_FILE: '/ca' })
  expect(statSync(environmentFile(ref)).mode & 0o777).toBe(0o600)
})

test.each([
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy'],
  ...['all_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS', 'NODE_USE_SYSTEM_CA', 'SSL_CERT_FILE'],
  ...['GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION', 'GOOGLE_APPLICATION_CREDENTIALS'],
  ...['CLOUDSDK_CONFIG', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
])('a revived session reaches its providers as before: %s', (name) => {
  keepEnvironment(ref, [], { [name]: 'value' })
  expect(daemonEnvironment(ref, {})).toMatchObject({ [name]: 'value' })
})

test('a daemon gets the session that was meant, whatever its caller has in his shell', () => {
  keepEnvironment(ref, [], {})
  const shell = { CCR_HOME: '/other', CCR_MODEL_PREFERENCE: 'other', CCR_CONFIG: '/other.json' }
  expect(daemonEnvironment(ref, shell)).toEqual({ CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' })
  const custom = { ...ref, isCustomConfig: true, configFile: '/own.json' }
  expect(daemonEnvironment(custom, shell)).toMatchObject({ CCR_CONFIG: '/own.json' })
})

test('what ccr has set for claude is no value of the caller', () => {
  keepEnvironment(ref, ['KEY', 'OTHER'], { KEY: 'kept' })
  const set = { KEY: 'of ccr', OTHER: 'of ccr' }
  const env = daemonEnvironment(ref, { ...set, [SET_VARIABLES]: setVariablesMark(set), EMPTY: '' })
  expect(env).toEqual({
    ...{ KEY: 'kept', EMPTY: '', CCR_HOME: home, CCR_MODEL_PREFERENCE: 'a,b' },
  })
})

test('where a cloud is and its credentials lie is kept, so that a revived session finds them', () => {
  const cloud = { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_APPLICATION_CREDENTIALS: '/c.json' }
  keepEnvironment(ref, [], { ...cloud, AWS_SECRET_ACCESS_KEY: 's' })
  expect(keptEnvironment(ref)).toEqual(cloud)
})

test('the caller’s value comes before the kept one; an empty one does not count', () => {
  keepEnvironment(ref, ['A', 'B', 'C'], { A: 'kept', B: 'kept', C: 'kept' })
  const shell = { A: 'mine', B: '', C: undefined, PATH: '/bin', CCR_CONFIG: '/x' }
  const env = daemonEnvironment(ref, shell)
  expect(env).toEqual({
    A: 'mine',
    B: 'kept',
    C: 'kept',
    PATH: '/bin',
    CCR_HOME: home,
    CCR_MODEL_PREFERENCE: 'a,b',
  })
})

test('a damaged file keeps nothing', () => {
  writeFileSync(environmentFile(ref), '{"A":')
  expect(keptEnvironment(ref)).toEqual({})
  for (const text of ['null', '7', '"text"']) {
    writeFileSync(environmentFile(ref), text)
    expect(keptEnvironment(ref)).toEqual({})
  }
  rmSync(environmentFile(ref))
  expect(keptEnvironment(ref)).toEqual({})
  writeFileSync(environmentFile(ref), '{"A":1,"B":"b"}')
  expect(keptEnvironment(ref)).toEqual({ B: 'b' })
})

test('variables of the config that the user has changed are named, those of ccr itself are not', () => {
  const names = ['SAME', 'CHANGED', 'NEW', 'GONE', 'OURS']
  keepEnvironment(ref, names, { SAME: 's', CHANGED: 'old', GONE: 'g', OURS: 'key' })
  const shell = { SAME: 's', CHANGED: 'new', NEW: 'n', GONE: '', OURS: 'ccr-tok-1', OTHER: 'o' }
  expect(changedVariables(ref, [...names, 'UNSET'], shell)).toEqual(['CHANGED', 'NEW'])
})

test('a key of `ccr key set` counts as changed where the shell has none', async () => {
  const names = ['SET', 'KEPT', 'SHELL', 'NONE']
  keepEnvironment(ref, names, { SET: 'old', KEPT: 'k', SHELL: 's' })
  await changeKeys(home, () => ({ SET: 'new', KEPT: 'k', SHELL: 'other' }))
  expect(changedVariables(ref, names, { SHELL: 's', SET: '' })).toEqual(['SET'])
  expect(daemonEnvironment(ref, { SHELL: 's' })).toMatchObject({ SET: 'new', SHELL: 's' })
  await changeKeys(home, () => ({}))
})

test('a key that was removed is no longer kept; another value of its variable, and other variables, are', () => {
  keepEnvironment(ref, ['KEY', 'OTHER'], { KEY: 'removed', OTHER: 'o' })
  const before = readFileSync(environmentFile(ref), 'utf8')
  for (const [name, value] of [
    ['KEY', 'another'],
    ['NONE', 'removed'],
  ] as const) {
    forgetValue(ref, name, value)
    expect(readFileSync(environmentFile(ref), 'utf8')).toBe(before)
  }
  forgetValue(ref, 'KEY', 'removed')
  expect(keptEnvironment(ref)).toEqual({ OTHER: 'o' })
  expect(readFileSync(environmentFile(ref), 'utf8')).toBe('{\n  "OTHER": "o"\n}\n')
  expect(statSync(environmentFile(ref)).mode & 0o777).toBe(0o600)
})

test('on Windows a variable is one in any case, and the caller’s counts', () => {
  const kept = { HTTPS_PROXY: 'http://old', KEY: 'k' }
  writeFileSync(environmentFile(ref), JSON.stringify(kept))
  expect(daemonEnvironment(ref, { https_proxy: 'http://new' })).toMatchObject({
    HTTPS_PROXY: 'http://old',
    https_proxy: 'http://new',
  })
  onPlatform('win32')
  const found = daemonEnvironment(ref, { https_proxy: 'http://new', key: '' })
  expect(found).toMatchObject({ https_proxy: 'http://new', KEY: 'k' })
  expect(found).not.toHaveProperty('HTTPS_PROXY')
})

test('on Windows an empty variable of another case does not stand beside the kept one', () => {
  writeFileSync(environmentFile(ref), JSON.stringify({ https_proxy: 'http://kept' }))
  expect(daemonEnvironment(ref, { HTTPS_PROXY: '' })).toMatchObject({
    HTTPS_PROXY: '',
    https_proxy: 'http://kept',
  })
  onPlatform('win32')
  const found = daemonEnvironment(ref, { HTTPS_PROXY: '', OTHER: '' })
  expect(found).toMatchObject({ https_proxy: 'http://kept', OTHER: '' })
  expect(found).not.toHaveProperty('HTTPS_PROXY')
})
