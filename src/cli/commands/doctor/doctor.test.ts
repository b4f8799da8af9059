import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { claimPorts } from '../../../../test/support/ports.ts'
import { startUpstream, type Upstream } from '../../../../test/support/upstream.ts'
import { calls, htmlPage, http, text } from '../../../../test/support/replies.ts'
import { emptyConfig } from '../../../config/defaults.ts'
import { command } from './doctor.ts'
import type { Check } from './check.ts'
import { environmentChecks, proxyChecks } from './environment.ts'
import { settingsChecks } from './files.ts'
import { claudeCheck, nodeCheck } from './machine.ts'
import { POSIX } from '../../../../test/support/requires.ts'
import { shellWord } from '../../../lib/command-line.ts'
import { hider } from './redact.ts'

let home: Home
let env: Record<string, string>
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  env = { ...home.env, CLAUDE_PATH: fakeClaude() }
})
afterEach(() => home.remove())

/** An executable that says a version. */
function fakeClaude(): string {
  const file = join(home.path, 'claude')
  writeFileSync(file, `#!${process.execPath}\nconsole.log('2.1.330 (Claude Code)')\n`)
  chmodSync(file, 0o755)
  return file
}

function write(config: object, mode = 0o600): void {
  writeFileSync(home.configFile, JSON.stringify(config, null, 2), { mode })
}

interface Diagnosis {
  readonly healthy: boolean
  readonly checks: readonly Check[]
}

async function diagnose(argv: readonly string[] = []): Promise<Diagnosis & { code: number }> {
  const { code, out, err } = await runCommand(command, [...argv, '--json'], env)
  expect(err).toBe('')
  return { code, ...(JSON.parse(out) as Diagnosis) }
}

const PROVIDER = { name: 'p', api_base_url: 'http://127.0.0.1:1/v1', models: ['m'] }

describe('ccr doctor', POSIX, () => {
  it('finds nothing broken where all is well, and exits 0', async () => {
    const ports = await claimPorts()
    write({ PORT: ports.port, Providers: [PROVIDER], Router: { default: 'p,m' } })
    const { code, out } = await runCommand(command, [], env)
    await ports.release()
    expect(out).toContain('claude 2.1.330')
    expect(out).toContain('Router.default: requests go to p,m')
    expect(out).toMatch(/Nothing is broken(, \d+ warnings?)?\.\n$/)
    expect(code).toBe(0)
  })

  it('says what is missing where there is nothing, and exits 1', async () => {
    env = { ...home.env }
    const { code, healthy, checks } = await diagnose()
    expect({ code, healthy }).toEqual({ code: 1, healthy: false })
    const broken = checks.filter(({ level }) => level === 'broken').map(({ area }) => area)
    expect(broken).toEqual(expect.arrayContaining(['claude', 'config']))
    expect(checks.find(({ area }) => area === 'config')?.hint).toBe('Write one: ccr init')
  })

  it('tells a variable of the used provider from one of another', async () => {
    const needs = (name: string, variable: string) => ({
      ...PROVIDER,
      name,
      api_key: `\${${variable}}`,
    })
    write({ Providers: [needs('a', 'A_KEY'), needs('b', 'B_KEY')], Router: { default: 'a,m' } })
    const { checks } = await diagnose()
    const levels = checks.filter(({ text }) => text.includes('_KEY, which is not set'))
    expect(levels.map(({ level, hint }) => [level, hint])).toEqual([
      ['broken', 'export A_KEY=…, or let ccr store it: ccr key set a'],
      ['warning', 'export B_KEY=…, or let ccr store it: ccr key set b'],
    ])
  })

  it('says where requests go instead when the preference means nothing', async () => {
    write({ Providers: [PROVIDER], Router: { default: 'p,m' }, Preferences: { fast: 'p,m' } })
    const targets = async (preference: string): Promise<Check | undefined> => {
      env = { ...env, CCR_MODEL_PREFERENCE: preference }
      return (await diagnose()).checks.find(({ area }) => area === 'providers')
    }
    expect(await targets('fast')).toMatchObject({ level: 'ok' })
    expect(await targets('p,nothing')).toMatchObject({
      level: 'warning',
      text: expect.stringContaining('; requests go to p,m') as string,
    })
    write({ Providers: [PROVIDER] })
    expect(await targets('')).toMatchObject({ level: 'broken', hint: 'Choose one: ccr model' })
  })

  it('names who holds the port of the default session', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    write({ PORT: port, Providers: [PROVIDER], Router: { default: 'p,m' } })
    const { checks } = await diagnose()
    server.close()
    const ports = checks.find(({ area }) => area === 'ports')
    expect(ports?.level).toBe('broken')
    if (process.platform === 'linux') {
      expect(ports?.text).toContain(`(pid ${process.pid})`)
    }
  })

  it('warns of files that others can read', async () => {
    write({ Providers: [PROVIDER], Router: { default: 'p,m' } })
    chmodSync(home.configFile, 0o644)
    const { checks } = await diagnose()
    expect(checks).toContainEqual({
      area: 'permissions',
      level: 'warning',
      text: '~/.claude-code-router/config.json can be read by others',
      hint: 'chmod go-rwx ~/.claude-code-router/config.json',
    })
  })

  it('gives commands that a shell understands, also where a name has spaces', () => {
    const hide = hider(null, [], { HOME: '/home/u' })
    const hint = `chmod go-rwx ${shellWord('/home/u/my router/config.json')}`
    expect(hide(hint)).toBe("chmod go-rwx ~/'my router/config.json'")
  })

  it('shows no secret and no home folder', async () => {
    const secret = 'my-own-0123456789'
    env = {
      ...env,
      MY_API_KEY: secret,
      HTTPS_PROXY: 'http://user:proxy-password@127.0.0.1:1',
      ANTHROPIC_API_KEY: 'sk-ant-0123456789',
    }
    write({ Providers: [{ ...PROVIDER, api_key: secret }], APIKEY: 'client-secret-1', Router: {} })
    mkdirSync(join(home.path, '.claude'))
    writeFileSync(
      join(home.path, '.claude', 'settings.json'),
      JSON.stringify({ apiKeyHelper: `echo ${secret}`, env: { ANTHROPIC_AUTH_TOKEN: secret } }),
    )
    for (const argv of [[], ['--json']]) {
      const { out, err } = await runCommand(command, argv, env)
      for (const hidden of [secret, 'proxy-password', 'sk-ant-', 'client-secret', home.path]) {
        expect(out + err).not.toContain(hidden)
      }
      expect(out).toContain('apiKeyHelper')
      expect(out).toContain('HTTPS_PROXY')
    }
  })

  it('takes names of providers only with --live', async () => {
    const { code, err } = await runCommand(command, ['openrouter'], env)
    expect(code).toBe(2)
    expect(err).toContain('ccr doctor --live openrouter')
  })
})

describe('ccr doctor --live', POSIX, () => {
  let upstream: Upstream
  beforeEach(async () => {
    upstream = await startUpstream()
  })
  afterEach(() => upstream.close())

  const live = (checks: readonly Check[]): Check[] => checks.filter(({ area }) => area === 'live')

  it('asks each provider through the path of a session', async () => {
    upstream.script(({ body }) =>
      body.messages.length > 1
        ? text('blue-47')
        : calls([{ name: 'look_up', input: { word: 'otter' } }]),
    )
    write({
      Providers: [
        { name: 'chat', api_base_url: upstream.chatUrl, api_key: 'k-0123456789', models: ['m1'] },
        { name: 'own', api_base_url: upstream.messagesUrl, models: ['m2'] },
      ],
      Router: { default: 'chat,m1' },
    })
    const { checks } = await diagnose(['--live'])
    expect(live(checks)).toMatchObject([
      { level: 'ok', text: expect.stringMatching(/^chat,m1 answers and uses tools/) as string },
      { level: 'ok', text: expect.stringMatching(/^own,m2 answers/) as string },
    ])
    const models = upstream.requests.map(({ body }) => body.model)
    expect(models.sort()).toEqual(['m1', 'm1', 'm2', 'm2'])
  })

  it('sends what the config says to send along', async () => {
    upstream.script(() => text('ok'))
    const provider = { name: 'p', api_base_url: upstream.chatUrl, models: ['m'] }
    write({ Providers: [{ ...provider, headers: { 'X-Team': 'blue' } }] })
    await diagnose(['--live'])
    expect(upstream.requests.map(({ headers }) => headers['x-team'])).toContain('blue')
  })

  it('gives up an answer of megabytes', async () => {
    upstream.script(() => text('no end '.repeat(700_000)))
    write({ Providers: [{ name: 'p', api_base_url: upstream.chatUrl, models: ['m'] }] })
    expect(live((await diagnose(['--live'])).checks)).toMatchObject([
      { level: 'broken', text: expect.stringContaining('the answer is far too long') as string },
    ])
  })

  it('warns of a model that does not call the tool it is asked to', async () => {
    upstream.script(() => text('ok'))
    const provider = { name: 'p', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m'] }
    write({ Providers: [provider], Router: { default: 'p,m' } })
    const { checks } = await diagnose(['--live'])
    expect(live(checks)).toMatchObject([
      { level: 'warning', text: expect.stringContaining('did not call the tool') as string },
    ])
  })

  it('tells what a provider says when it refuses, and exits 1', async () => {
    const refusal = { error: { message: 'Incorrect API key provided: k-0123456789' } }
    upstream.script(() => http(401, refusal))
    const provider = { name: 'p', api_base_url: upstream.chatUrl, models: ['m'] }
    write({
      Providers: [
        { ...provider, api_key: 'k-0123456789' },
        { ...provider, name: 'other' },
      ],
      Router: { default: 'p,m' },
    })
    const { code, checks } = await diagnose(['--live', 'P'])
    expect(code).toBe(1)
    expect(live(checks)).toMatchObject([{ level: 'broken' }])
    expect(live(checks)[0]?.text).toMatch(/^p,m: 401 .*Incorrect API key/)
    expect(JSON.stringify(checks)).not.toContain('k-0123456789')
  })

  it.each([
    ['a web page', htmlPage()],
    ['a stream that is cut', text('ok', { frames: 2, ending: 'cut' })],
    ['a stream without an end', text('ok', { finish: null, withoutDone: true })],
  ])('counts %s as no answer', async (_, reply) => {
    upstream.script(() => reply)
    write({ Providers: [{ name: 'p', api_base_url: upstream.chatUrl, models: ['m'] }] })
    expect(live((await diagnose(['--live'])).checks)).toMatchObject([{ level: 'broken' }])
  })

  it('does not ask a provider whose variable is not set, and refuses an unknown one', async () => {
    write({ Providers: [{ ...PROVIDER, name: 'openrouter', api_key: '${NONE}' }] })
    const { checks } = await diagnose(['--live'])
    expect(live(checks)).toMatchObject([
      { level: 'warning', text: 'openrouter: not tested, NONE is not set' },
    ])
    const { code, err } = await runCommand(command, ['--live', 'opnrouter'], env)
    expect(code).toBe(2)
    expect(err).toContain('Did you mean openrouter?')
  })
})

describe('a check', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.2.0', 'ok'],
    ['24.0.0', 'ok'],
    ['22.1.0', 'broken'],
    ['21.7.3', 'broken'],
    ['20.18.3', 'broken'],
    ['18.20.0', 'broken'],
  ])('of Node %s says %s', (version, level) => {
    expect(nodeCheck(version).level).toBe(level)
  })

  it('of claude tells one that fails from none', POSIX, async () => {
    const file = join(home.path, 'broken')
    writeFileSync(file, '#!/bin/sh\nexit 3\n', { mode: 0o755 })
    expect(await claudeCheck(file, env)).toMatchObject({
      level: 'broken',
      text: `${file} --version fails`,
    })
    expect(await claudeCheck('', home.env)).toMatchObject({ level: 'broken' })
  })

  it('recognises ccr behind a proxy variable and behind a provider', () => {
    const provider = {
      name: 'p',
      url: 'http://localhost:3456/v1/messages',
      apiKey: '',
      models: [],
      missing: [],
    }
    const config = { ...emptyConfig(), proxyUrl: 'http://127.0.0.1:3456', providers: [provider] }
    const checks = proxyChecks(config, { HTTPS_PROXY: 'http://127.0.0.1:7890' }, [3456])
    expect(checks.map(({ level, text }) => [level, text])).toEqual([
      ['broken', 'PROXY_URL of the config is ccr itself: http://127.0.0.1:3456'],
      ['note', 'HTTPS_PROXY: http://127.0.0.1:7890'],
      ['broken', 'the provider p is ccr itself: http://localhost:3456/v1/messages'],
    ])
  })

  it('names variables that ccr code replaces, never their values', () => {
    const [check, ...others] = environmentChecks({ ANTHROPIC_API_KEY: 'secret', PATH: '' })
    expect(others).toEqual([])
    expect(check?.text).toContain('ANTHROPIC_API_KEY')
    expect(check?.text).not.toContain('secret')
  })

  it('names what settings files say of model, URL and keys', () => {
    const project = join(home.path, 'project')
    const put = (folder: string, name: string, text: string): void => {
      mkdirSync(join(folder, '.claude'), { recursive: true })
      writeFileSync(join(folder, '.claude', name), text)
    }
    put(
      home.path,
      'settings.json',
      '{"model": "opus", "env": {"ANTHROPIC_BASE_URL": "x", "A": "1"}}',
    )
    put(project, 'settings.json', '{"theme": "dark"}')
    put(project, 'settings.local.json', '{')
    const found = settingsChecks({ HOME: home.path }, project).map(({ level, text }) => [
      level,
      text,
    ])
    expect(found).toEqual([
      ['note', expect.stringContaining('sets env.ANTHROPIC_BASE_URL, model: ccr code overrides')],
      ['warning', expect.stringContaining('settings.local.json is not valid JSON')],
    ])
  })

  it('says that managed settings of the machine count alone', () => {
    const file = join(home.path, 'managed-settings.json')
    writeFileSync(file, '{"model": "opus"}')
    const found = settingsChecks({ HOME: home.path }, home.path, [file, `${file}.d`])
    expect(found.map(({ level, text }) => [level, text])).toEqual([
      ['warning', expect.stringContaining("your administrator's settings may override")],
      ['note', expect.stringContaining(`${file} and 1 more: managed settings of this machine`)],
    ])
  })

  it('names a default model of claude that only ccr knows, and what to do about it', () => {
    mkdirSync(join(home.path, '.claude'))
    writeFileSync(join(home.path, '.claude', 'settings.json'), '{"model": "p,m"}')
    expect(settingsChecks({ HOME: home.path }, home.path, []).at(-1)).toMatchObject({
      level: 'note',
      text: expect.stringContaining('"p,m"') as string,
      hint: expect.stringContaining('/model') as string,
    })
  })

  it('of claude says when it is too old for the names of models', POSIX, async () => {
    const file = join(home.path, 'old')
    const install = (version: string): void =>
      writeFileSync(file, `#!/bin/sh\necho '${version} (Claude Code)'\n`, { mode: 0o755 })
    install('2.1.242')
    expect(await claudeCheck(file, env)).toMatchObject({
      level: 'note',
      text: expect.stringContaining('too old to be given the names') as string,
    })
    install('2.1.243')
    expect(await claudeCheck(file, env)).toMatchObject({ level: 'ok' })
  })
})
