/** What other commands print and do on Windows. */
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { installFakeClaude } from './fake-claude.ts'
import { type Home, toWindows, WINDOWS, windowsHome } from './harness.ts'

let upstream: Upstream
let home: Home
let npm: string

beforeAll(async () => {
  upstream = await startUpstream(() => text('Grüße', { usage: { input: 1_000, output: 100 } }))
  const provider = { name: 'p', api_base_url: upstream.chatUrl, api_key: 'k', models: ['m', 'n'] }
  home = await windowsHome({
    Providers: [provider, { name: 'demo' }],
    Router: { default: 'p,m' },
    Prices: { p: { input: 1, output: 1 } },
  })
  npm = join(home.folder, 'npm')
  await installFakeClaude(npm)
})
afterAll(async () => {
  await home.remove()
  await upstream.close()
})

describe('ccr env', WINDOWS, () => {
  it('prints commands for PowerShell, the shell of Windows, unless another is wanted', async () => {
    await home.succeed(['start'])
    const url = `http://127.0.0.1:${String(home.port)}`
    const printed = await home.succeed(['env'])
    expect(printed).toContain(`$env:ANTHROPIC_BASE_URL = '${url}'\n`)
    expect(printed).toContain(`$env:ANTHROPIC_AUTH_TOKEN = '${home.token('default')}'\n`)
    expect(await home.succeed(['env', '--shell', 'bash'])).toContain(
      `export ANTHROPIC_BASE_URL='${url}'`,
    )
  })

  it('prints commands that cmd runs, and takes them back', async () => {
    const batch = async (name: string, command: string): Promise<string> => {
      const lines = await home.succeed(command.split(' '))
      const file = join(home.work, name)
      const show = '@echo [%ANTHROPIC_BASE_URL%]'
      await writeFile(file, `${lines.replaceAll(/^/gm, '@')}\r\n${show}\r\n`.replace(/^@$/gm, ''))
      return home.node<string>(
        `require('node:child_process').execFileSync('cmd.exe', ['/d', '/c', ${JSON.stringify(name)}], { encoding: 'utf8' })`,
      )
    }
    expect(await batch('apply.cmd', 'env --shell cmd')).toContain(
      `[http://127.0.0.1:${String(home.port)}]`,
    )
    expect(await batch('undo.cmd', 'env --shell cmd --unset')).toContain('[]')
  })
})

describe('ccr compare', WINDOWS, () => {
  it('shows the answers of two models in text', async () => {
    const printed = await home.succeed(['compare', '-m', 'p,m', '-m', 'demo,demo-b', 'Grüß & mich'])
    expect(printed).toContain('Grüße')
    expect(printed).toContain('demo,demo-b')
    expect(upstream.requests.at(-1)?.body.messages.at(-1)?.content).toBe('Grüß & mich')
  })
})

describe('ccr doctor', WINDOWS, () => {
  it('finds nothing broken where nothing is', async () => {
    const { code, stdout } = await home.run(['doctor'], { path: [npm] })
    expect(stdout).not.toMatch(/^ {2}broken/m)
    expect([code, stdout]).toEqual([0, expect.stringContaining('~\\.claude-code-router')])
  })

  it('names a claude that cannot be determined', async () => {
    const folder = join(home.folder, 'odd')
    await installFakeClaude(folder)
    await writeFile(join(folder, 'claude.cmd'), '@echo off\r\nvolta run claude %*\r\n')
    const { code, stdout } = await home.run(['doctor'], { path: [folder] })
    expect([code, stdout]).toEqual([1, expect.stringContaining('claude.cmd')])
  })
})

describe('a config', WINDOWS, () => {
  let fresh: Home
  const config = (): string => join(fresh.ccrHome, 'config.json')
  beforeAll(async () => {
    fresh = await windowsHome({})
    await rm(config())
  })
  afterAll(() => fresh.remove())

  it('is written by ccr init, with the key that the environment has by name', async () => {
    const env = { OPENROUTER_API_KEY: 'fake-key' }
    expect(await fresh.succeed(['init', '--yes'], { env })).toContain(toWindows(config()))
    expect(readFileSync(config(), 'utf8')).toContain('${OPENROUTER_API_KEY}')
  })

  it('gets a key that ccr key set keeps', async () => {
    await fresh.succeed(['key', 'set', 'openrouter'], { input: 'sk-or-fake\n' })
    const listed = await fresh.succeed(['key', 'list'])
    expect(listed).toContain('stored by ccr')
    expect(listed).not.toContain('sk-or-fake')
  })

  it('is changed by ccr pref and ccr use, and stays one that is read', async () => {
    await fresh.configure({ Providers: [{ name: 'demo' }] })
    await fresh.succeed(['pref', 'set', 'fast', 'demo,demo-b'])
    expect(JSON.parse(readFileSync(config(), 'utf8'))).toMatchObject({
      Preferences: { fast: 'demo,demo-b' },
    })
    expect(await fresh.succeed(['models'])).toContain('demo-a')
  })
})
