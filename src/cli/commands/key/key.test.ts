import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BIN, type Ccr, collected, throwawayCcr } from '../../../../test/support/ccr.ts'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { inPty } from '../../../../test/support/pty.ts'
import { POSIX, PTY } from '../../../../test/support/requires.ts'
import {
  daemonEnvironment,
  keepEnvironment,
  keptEnvironment,
} from '../../../session/environment.ts'
import { changeKeys, keysFile } from '../../../session/kept-keys.ts'
import { sessionRef } from '../../../session/identity.ts'
import { writeRecord } from '../../../session/record.ts'
import { command } from './key.ts'
import { checked } from './read.ts'

const SECRET = 'sk-or-0123456789'
const CONFIG = {
  Providers: [
    {
      name: 'p',
      api_base_url: 'https://p.example.com/v1',
      api_key: '${P_KEY:-none}',
      models: ['m'],
    },
    { name: 'my relay', api_base_url: 'https://q.example.com/v1', models: ['m'] },
    { name: 'literal', api_base_url: 'https://r.example.com/v1', api_key: 'sk-old', models: ['m'] },
    {
      name: 'pool',
      api_base_url: 'https://s.example.com/v1',
      api_key: ['$A', '$B'],
      models: ['m'],
    },
  ],
  Router: { default: 'p,m' },
  Lend: { webSearch: { service: 'brave', api_key: '${BRAVE_KEY}' } },
}

describe('a key', () => {
  it.each([
    [`${SECRET}\n`, SECRET],
    [`\uFEFF  ${SECRET}\r\n`, SECRET],
    ['{"type": "service_account",\n "x": 1}', '{"type": "service_account",\n "x": 1}'],
  ])('is read from %j', (text, key) => expect(checked(text)).toBe(key))

  it.each([
    '',
    '\n',
    'two words',
    'one\ntwo',
    '${KEY}',
    '$KEY',
    '{ "a": ',
    'a\u0000b',
    'x'.repeat(70_000),
  ])('is not %j, and what was read is not repeated', (text) => {
    let message = ''
    try {
      checked(text)
    } catch (thrown) {
      message = thrown instanceof Error ? thrown.message : ''
    }
    expect(message).not.toBe('')
    if (text.length > 3) expect(message).not.toContain(text.trim())
  })
})

describe('ccr key', () => {
  let ccr: Ccr
  beforeEach(async () => {
    ccr = await throwawayCcr(CONFIG)
  })
  afterEach(() => ccr.remove())

  const set = (name: string, key: string, env: Record<string, string> = {}) => {
    const child = ccr.spawn(['key', 'set', name], { env })
    child.stdin?.end(key)
    return collected(child)
  }
  const kept = (): unknown => JSON.parse(readFileSync(keysFile(ccr.ccrHome), 'utf8'))
  const config = (): string => readFileSync(join(ccr.ccrHome, 'config.json'), 'utf8')

  it('set keeps what it reads from stdin under the variable of the config, privately', async () => {
    const before = config()
    const { code, stdout, stderr } = await set('P', `${SECRET}\n`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Stored the key of p as P_KEY in ')
    expect(stdout).not.toContain(SECRET)
    expect(kept()).toEqual({ P_KEY: SECRET })
    expect(statSync(keysFile(ccr.ccrHome)).mode & 0o777).toBe(0o600)
    expect(config()).toBe(before)
  })

  it('set and rm know the search service of Lend', async () => {
    expect((await set('Brave', SECRET)).stdout).toContain('Stored the key of brave as BRAVE_KEY')
    expect(kept()).toEqual({ BRAVE_KEY: SECRET })
    expect((await ccr.run(['key', 'rm', 'brave'])).code).toBe(0)
    expect(kept()).toEqual({})
  })

  it('set replaces a key of the search service in the config by a variable', async () => {
    const Lend = { webSearch: { service: 'tavily', api_key: 'tvly-old' } }
    await ccr.configure({ ...CONFIG, Lend })
    expect((await set('tavily', SECRET)).code).toBe(0)
    expect(config()).toContain('"${TAVILY_API_KEY}"')
    expect(config()).not.toContain('tvly-old')
  })

  it.each([
    ['my relay', 'MY_RELAY_API_KEY'],
    ['literal', 'LITERAL_API_KEY'],
  ])('set gives %s its variable in the config', async (name, variable) => {
    const { code, stdout } = await set(name, SECRET)
    expect(code).toBe(0)
    expect(stdout).toContain(`"\${${variable}}"`)
    expect(kept()).toEqual({ [variable]: SECRET })
    expect(config()).toContain(`"\${${variable}}"`)
    expect(config()).not.toContain('sk-or')
    if (name === 'literal') expect(config()).not.toContain('sk-old')
  })

  it('set says that the variable of the shell comes first', async () => {
    const { stdout, stderr } = await set('p', SECRET, { P_KEY: 'sk-of-the-shell' })
    expect(stderr).toContain('this shell sets P_KEY to another value, which takes precedence')
    expect(stdout + stderr).not.toMatch(/sk-/)
  })

  it.each([
    [['set', 'p', SECRET], 2, 'Never put a key on a command line'],
    [['set', '--key', SECRET, 'p'], 2, "unknown option '--key'"],
    [['set', `--key=${SECRET}`, 'p'], 2, "unknown option '--key'"],
    [[SECRET], 2, 'unknown subcommand'],
    [['set'], 2, 'needs a provider'],
    [['set', 'nobody'], 1, 'no provider'],
    [['set', 'pool'], 1, 'several keys'],
    [['rm', 'p'], 1, 'no key is stored'],
  ])('%j is refused, and no key repeated', async (argv, exit, message) => {
    const { code, stdout, stderr } = await ccr.run(['key', ...argv])
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain(SECRET)
    expect(existsSync(keysFile(ccr.ccrHome))).toBe(false)
  })

  it('a session has it from its next start, and the shell’s comes first', async () => {
    await ccr.configure({ ...CONFIG, Providers: [{ ...CONFIG.Providers[0], api_key: '${P_KEY}' }] })
    expect((await ccr.run(['start'])).stderr).toContain('ccr key set p')
    await set('p', SECRET)
    const session = await ccr.start()
    const env = (): unknown =>
      JSON.parse(readFileSync(join(ccr.ccrHome, 'sessions', session.sessionId, 'env.json'), 'utf8'))
    expect(env()).toMatchObject({ P_KEY: SECRET })
    const { stdout } = await set('p', 'sk-new')
    expect(stdout).toContain('ccr restart --all')
    const { stderr } = await ccr.run(['start'])
    expect(stderr).toContain('P_KEY is not the same in the stored keys as in session')
    expect(stderr).not.toMatch(/sk-/)
    expect((await ccr.run(['restart'])).code).toBe(0)
    expect(env()).toMatchObject({ P_KEY: 'sk-new' })
    expect((await ccr.run(['key', 'rm', 'p'])).code).toBe(0)
    expect(kept()).toEqual({})
    expect(env()).not.toHaveProperty('P_KEY')
  })

  it('set asks on a terminal without showing what is typed', PTY, async () => {
    const env = ccr.environment()
    const terminal = inPty([process.execPath, BIN, 'key', 'set', 'p'], { cwd: ccr.work, env })
    await terminal.until(/Key of p \(not shown\): /)
    terminal.type(`wrong\u0015${SECRET}x\u007f\r`)
    const shown = await terminal.until(/Stored the key of p[^]*readable/)
    expect(await terminal.ended).toBe(0)
    expect(shown).not.toMatch(/sk-or|wrong/)
    expect(kept()).toEqual({ P_KEY: SECRET })
  })

  it('set keeps nothing after Ctrl-C', PTY, async () => {
    const env = ccr.environment()
    const terminal = inPty([process.execPath, BIN, 'key', 'set', 'p'], { cwd: ccr.work, env })
    await terminal.until(/not shown/)
    terminal.type('sk-half\u0003')
    await terminal.until(/nothing was stored/)
    expect(await terminal.ended).toBe(1)
    expect(existsSync(keysFile(ccr.ccrHome))).toBe(false)
  })
})

describe('kept keys', () => {
  let home: Home
  beforeEach(async () => {
    home = await emptyHome()
    mkdirSync(home.ccrHome, { mode: 0o700 })
    writeFileSync(home.configFile, JSON.stringify(CONFIG), { mode: 0o600 })
  })
  afterEach(() => home.remove())
  const run = (argv: readonly string[], env = {}) =>
    runCommand(command, argv, { ...home.env, ...env })

  it('stand between the shell and what a session was started with', async () => {
    const ref = sessionRef(home.env)
    writeRecord(ref, { port: 1, token: 't' })
    keepEnvironment(ref, ['P_KEY', 'OTHER'], { P_KEY: 'session', OTHER: 'o' })
    expect(daemonEnvironment(ref, {})).toMatchObject({ P_KEY: 'session', OTHER: 'o' })
    await changeKeys(home.ccrHome, () => ({ P_KEY: 'kept' }))
    expect(daemonEnvironment(ref, {})).toMatchObject({ P_KEY: 'kept', OTHER: 'o' })
    expect(daemonEnvironment(ref, { P_KEY: '' })).toMatchObject({ P_KEY: 'kept' })
    expect(daemonEnvironment(ref, { P_KEY: 'shell' })).toMatchObject({ P_KEY: 'shell' })
  })

  it('that are removed are forgotten by sessions too, which keep what they had from elsewhere', async () => {
    const ref = sessionRef(home.env)
    writeRecord(ref, { port: 1, token: 't' })
    await changeKeys(home.ccrHome, () => ({ P_KEY: 'kept', OTHER: 'other' }))
    keepEnvironment(ref, ['P_KEY', 'OTHER'], { P_KEY: 'kept', OTHER: 'of the shell' })
    await run(['rm', 'p'])
    await run(['rm', 'OTHER'])
    expect(keptEnvironment(ref)).toEqual({ OTHER: 'of the shell' })
  })

  it('are listed by where they come from, never by what they are', async () => {
    await changeKeys(home.ccrHome, () => ({ P_KEY: SECRET, OLD_KEY: SECRET }))
    const { code, out } = await run(['list'])
    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'PROVIDER | VARIABLE | KEY',
      'p | P_KEY | stored by ccr',
      'my relay | none',
      'literal | in the config itself',
      'pool | several, in the config',
      'brave | BRAVE_KEY | none',
      '(no provider) | OLD_KEY | stored by ccr',
      '',
    ])
    const asJson = (await run(['list', '--json'], { P_KEY: 'sk-shell' })).out
    expect(JSON.parse(asJson)).toMatchObject([
      { provider: 'p', variable: 'P_KEY', source: 'shell', kept: true },
      { provider: 'my relay', variable: null, source: 'none', kept: false },
      { provider: 'literal', source: 'config' },
      { provider: 'pool', source: 'several' },
      { provider: 'brave', variable: 'BRAVE_KEY', source: 'none', kept: false },
      { provider: null, variable: 'OLD_KEY', source: 'kept' },
    ])
    expect(out + asJson).not.toMatch(/sk-/)
  })

  it('of a damaged file are told by list, and the file stays', async () => {
    writeFileSync(keysFile(home.ccrHome), '{ "a": 1')
    const { code, err } = await run(['list'])
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('is damaged') as string })
    await expect(changeKeys(home.ccrHome, () => ({}))).rejects.toThrow('is damaged')
    expect(readFileSync(keysFile(home.ccrHome), 'utf8')).toBe('{ "a": 1')
    expect(daemonEnvironment(sessionRef(home.env), { P_KEY: 'x' })).toMatchObject({ P_KEY: 'x' })
  })

  it('are private again after a change', POSIX, async () => {
    await changeKeys(home.ccrHome, () => ({ A: '1' }))
    chmodSync(keysFile(home.ccrHome), 0o644)
    await changeKeys(home.ccrHome, (keys) => ({ ...keys, B: '2' }))
    expect(statSync(keysFile(home.ccrHome)).mode & 0o777).toBe(0o600)
  })

  it('lose nothing when many write at once', async () => {
    const names = [...Array(10).keys()].map((n) => `N${n}`)
    await Promise.all(
      names.map((name) => changeKeys(home.ccrHome, (keys) => ({ ...keys, [name]: name }))),
    )
    expect(
      Object.keys(JSON.parse(readFileSync(keysFile(home.ccrHome), 'utf8')) as object),
    ).toHaveLength(10)
  })
})
