import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { sessionRef } from '../../../session/identity.ts'
import { readRecord, writeRecord } from '../../../session/record.ts'
import { command as activate } from '../activate/activate.ts'
import { command } from './env.ts'
import { SHELLS } from '../../terminal/shells.ts'
import { variablesFor, variablesToRemove } from './variables.ts'
import { FISH, POSIX, ZSH } from '../../../../test/support/requires.ts'

const TOKEN = 'ccr-tok-of-a-test'
const CONFIG = {
  PORT: 34_567,
  Providers: [
    { name: "it's", api_base_url: 'http://127.0.0.1:1/v1', models: ['one', 'two'] },
    {
      name: 'anthropic',
      api_base_url: 'https://api.anthropic.com/v1/messages',
      models: ['claude-sonnet-5'],
    },
  ],
  Router: { default: "it's,one" },
}

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, JSON.stringify(CONFIG))
})
afterEach(() => home.remove())

/** The session was started once, and does not run now. */
function startedOnce(preference = '', port = 34_567): void {
  const ref = sessionRef({ ...home.env, CCR_MODEL_PREFERENCE: preference })
  writeRecord(ref, { port, token: TOKEN })
}

const FACTS = {
  baseUrl: 'http://127.0.0.1:1',
  token: TOKEN,
  alias: 'ccr-default',
  target: { provider: 'p', model: 'm' },
  firstParty: false,
  apiTimeoutMs: 600_000,
  contextWindow: 128_000,
  maxOutput: undefined,
}

describe('ccr env', () => {
  it('points a shell at the session as ccr code points claude', async () => {
    startedOnce()
    const { code, out, err } = await runCommand(command, ['--shell', 'bash'], {
      ...home.env,
      ANTHROPIC_API_KEY: 'inherited',
    })
    expect(code).toBe(0)
    expect(out).toContain("export ANTHROPIC_BASE_URL='http://127.0.0.1:34567'\n")
    expect(out).toContain(`export ANTHROPIC_AUTH_TOKEN='${TOKEN}'\n`)
    expect(out).toContain("export ANTHROPIC_MODEL='ccr-default'\n")
    expect(out).toContain('unset ANTHROPIC_API_KEY\n')
    expect(err).toContain('is not running; start it: ccr start')
  })

  it('means the session of the preference', async () => {
    startedOnce('anthropic,claude-sonnet-5')
    const env = { ...home.env, CCR_MODEL_PREFERENCE: 'anthropic,claude-sonnet-5' }
    const { out } = await runCommand(command, [], env)
    expect(out).toContain("export ANTHROPIC_MODEL='claude-sonnet-5'")
  })

  it('before the first start sets the port and the token that the session will have', async () => {
    const env = { ...home.env, CCR_MODEL_PREFERENCE: "it's,two" }
    const first = await runCommand(command, [], env)
    const record = readRecord(sessionRef(env))
    expect(record).toMatchObject({ desired: 'stopped', pid: null })
    expect(first.out).toContain(`ANTHROPIC_BASE_URL='http://127.0.0.1:${record.port ?? ''}'`)
    expect(first.out).toContain(`ANTHROPIC_AUTH_TOKEN='${record.token}'`)
    expect(record.token).toMatch(/^ccr-tok-/)
    expect(first.err).toContain(
      "is not running; start it: CCR_MODEL_PREFERENCE='it'\\''s,two' ccr start",
    )
    expect((await runCommand(command, [], env)).out).toBe(first.out)
    const other = await runCommand(command, [], { ...env, CCR_MODEL_PREFERENCE: "it's,one" })
    expect(other.out).not.toContain(`:${record.port ?? ''}'`)
  })

  it('before the first start of the default session sets PORT of the config', async () => {
    writeFileSync(home.configFile, JSON.stringify({ ...CONFIG, PORT: 41_234 }))
    const { out } = await runCommand(activate, [], home.env)
    expect(out).toContain("ANTHROPIC_BASE_URL='http://127.0.0.1:41234'")
  })

  it('gives nobody the token of a session whose port a stranger has', async () => {
    const stranger = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    const { port } = stranger.address() as AddressInfo
    startedOnce('', port)
    writeFileSync(home.configFile, JSON.stringify({ ...CONFIG, PORT: port }))
    const { code, out, err } = await runCommand(command, ['--shell', 'bash'], home.env)
    stranger.close()
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(`port ${port} of session default is in use by `)
    expect(err).toContain('is not its daemon')
    expect(err).toContain('ccr env --start')
    expect(err).not.toContain(TOKEN)
  })

  it('takes everything away again, but not proxies of the user', async () => {
    const { code, out } = await runCommand(command, ['--unset'], {
      ...home.env,
      NO_PROXY: 'intranet,127.0.0.1,localhost',
    })
    expect(code).toBe(0)
    expect(out).toContain('unset ANTHROPIC_BASE_URL\n')
    expect(out).toContain('unset CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST\n')
    expect(out).not.toContain('unset NO_PROXY\n')
  })

  it('is known as activate too, with its own help', async () => {
    startedOnce()
    const { out } = await runCommand(activate, ['--shell', 'fish'], home.env)
    expect(out).toContain(`set -gx ANTHROPIC_AUTH_TOKEN '${TOKEN}'\n`)
    expect((await runCommand(activate, ['--help'], home.env)).out).toContain('ccr activate')
  })

  it('refuses a shell that it does not know', async () => {
    const { code, err } = await runCommand(command, ['--shell', 'csh'], home.env)
    expect(code).toBe(2)
    expect(err).toContain('bash, zsh, sh, fish, powershell')
  })
})

describe('the variables', () => {
  it('of another session before do not stay', () => {
    const first = Object.fromEntries(
      variablesFor({}, { ...FACTS, firstParty: false, contextWindow: 1000 }),
    ) as Record<string, string>
    const next = { ...FACTS, firstParty: true, target: { provider: 'a', model: 'claude-x' } }
    const second = Object.fromEntries(variablesFor({ PATH: '/bin', ...first }, next))
    expect(second).toMatchObject({ ANTHROPIC_MODEL: 'claude-x' })
    expect(second['ANTHROPIC_CUSTOM_MODEL_OPTION']).toBeNull()
    expect(second['CLAUDE_CODE_ATTRIBUTION_HEADER']).toBeNull()
    expect(second).not.toHaveProperty('PATH')
  })

  it('that the user had are left when the others are taken away', () => {
    const user = { API_TIMEOUT_MS: '1234' }
    const set = Object.fromEntries(variablesFor(user, FACTS)) as Record<string, string>
    const removed = variablesToRemove({ ...user, ...set }).map(([name]) => name)
    expect(removed).toContain('ANTHROPIC_AUTH_TOKEN')
    expect(removed).toContain('CCR_SET_VARIABLES')
    expect(removed).not.toContain('API_TIMEOUT_MS')
  })

  it('that are set are all taken away', () => {
    const set = variablesFor({}, FACTS).map(([name]) => name)
    const removed = variablesToRemove({}).map(([name]) => name)
    expect(removed).toEqual(expect.arrayContaining(set))
  })
})

describe('a shell', () => {
  const HARD = `it's "so" $HOME \`id\` \\ ; & | 'end'`

  it('of the POSIX kind gets every value as it is', POSIX, () => {
    const script = `${SHELLS.bash.set('VALUE', HARD)}\nprintf %s "$VALUE"`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(HARD)
  })

  describe.each([
    ['zsh', ZSH],
    ['fish', FISH],
  ] as const)('%s', (name, here) => {
    it('gets every value as it is, and takes it away', here, () => {
      const shell = SHELLS[name]
      const show = `printf '%s|' "$VALUE"`
      const script = [shell.set('VALUE', HARD), show, shell.unset('VALUE'), show].join('; ')
      expect(execFileSync(name, ['-c', script], { encoding: 'utf8' })).toBe(`${HARD}||`)
    })
  })

  it('of another kind is quoted in its own way', () => {
    expect(SHELLS.fish.set('V', `a'b\\c`)).toBe(`set -gx V 'a\\'b\\\\c'`)
    expect(SHELLS.powershell.set('V', `a'b$c`)).toBe(`$env:V = 'a''b$c'`)
  })
})
