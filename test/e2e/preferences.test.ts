/** What the real client shows of models, keys and providers that are not what the user thinks. */
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import type { Ccr } from '../support/ccr.ts'
import { text, wrongKey } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { clientHome } from './harness.ts'
import { inTerminal, type TerminalProgram } from './terminal.ts'

const BIN = process.env['CCR_BIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'ccr.js')

let upstream: Upstream
let ccr: Ccr
const closing: (() => unknown)[] = []
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await ccr.remove()
  await upstream.close()
})

function config(parts: object): object {
  const fake = {
    name: 'openrouter',
    api_base_url: upstream.chatUrl,
    api_key: 'fake-key',
    models: ['openai/gpt-4', 'openai/gpt-5'],
    ...parts,
  }
  return { Providers: [fake], Router: { default: 'openrouter,openai/gpt-5' } }
}

async function home(parts: object): Promise<void> {
  ccr = await clientHome(config(parts))
}

const ask = (preference: string, args: readonly string[] = [], env = {}) =>
  ccr.run(['code', '-p', 'say hello', ...args], { preference, env })

const models = () => upstream.requests.map(({ body }) => body.model)

function open(preference: string, env = {}): TerminalProgram {
  const terminal = inTerminal([process.execPath, BIN, 'code'], {
    cwd: ccr.work,
    env: ccr.environment({ preference, env }),
  })
  closing.push(async () => {
    terminal.kill()
    await terminal.ended
  })
  onTestFailed(() => {
    process.stderr.write(`The screen at the end:\n${terminal.screen()}\n`)
  })
  return terminal
}

describe("the guide's first example", () => {
  it('gpt-4 is too small for the client: said before it refuses; contextWindow is the way out', async () => {
    await home({ contextWindow: { 'openai/gpt-4': 8_191 } })
    upstream.script(() => text('hello from gpt-4'))
    const small = await ask('openrouter/gpt-4')
    expect(small.stderr).toMatch(/openrouter,openai\/gpt-4 takes 8,191 tokens.*contextWindow/)
    expect(small.code).not.toBe(0)
    expect(models()).toEqual([])
    const status = await ccr.run(['status'], { preference: 'openrouter/gpt-4' })
    expect(status.stdout).toMatch(/Note: openrouter,openai\/gpt-4 takes 8,191 tokens/)
    await ccr.configure(config({ contextWindow: 32_768 }))
    const large = await ask('openrouter/gpt-4')
    expect(large).toMatchObject({ code: 0, stdout: 'hello from gpt-4\n' })
    expect(large.stderr).not.toContain('tokens')
  })
})

describe('--model', () => {
  it.each(['gpt-4', 'openrouter/gpt-4', 'openrouter,openai/gpt-4'])(
    'takes what a preference takes: %s',
    async (name) => {
      await home({ contextWindow: 64_000 })
      upstream.script(() => text('hello'))
      expect(await ask('', ['--model', name])).toMatchObject({ code: 0, stdout: 'hello\n' })
      expect(models()).toContain('openai/gpt-4')
    },
  )

  it('is told when it is nothing, and what is asked instead', async () => {
    await home({})
    upstream.script(() => text('hello'))
    const ran = await ask('', ['--model', 'gtp-5'])
    expect(ran.stderr).toMatch(/--model gtp-5: .*Did you mean.*gpt-5.*Requests go to/)
    expect(ran.stdout).toBe('hello\n')
    expect(models()).toContain('openai/gpt-5')
  })
})

describe('a key that has changed', () => {
  beforeEach(async () => {
    await home({ api_key: '${E2E_KEY}' })
    upstream.script((request) =>
      request.headers.authorization === 'Bearer new-key' ? text('the new key works') : wrongKey(),
    )
    await ccr.run(['start'], { env: { E2E_KEY: 'old-key' } })
  })

  it('is told, and the refusal names its variable and the command that mends it', async () => {
    const ran = await ask('', [], { E2E_KEY: 'new-key' })
    expect(ran.stderr).toMatch(/E2E_KEY is not the same in this shell.*ccr restart/)
    expect(ran.stdout + ran.stderr).toMatch(
      /the value of E2E_KEY: .*export E2E_KEY=.*ccr key set openrouter.*run: ccr restart/,
    )
    expect(ran.stdout + ran.stderr).not.toMatch(/old-key|new-key/)
    await ccr.run(['restart'], { env: { E2E_KEY: 'new-key' } })
    expect((await ask('', [], { E2E_KEY: 'new-key' })).stdout).toBe('the new key works\n')
  })

  it('is taken over by the restart that is offered on a terminal', async () => {
    const terminal = open('', { E2E_KEY: 'new-key' })
    await terminal.until(/restart the session now\?/)
    terminal.type('\r')
    await terminal.until(/❯/)
    terminal.type('say hello')
    await terminal.until(/❯ say hello/)
    terminal.type('\r')
    await terminal.until(/the new key works/)
  })
})

describe('the name of a provider alone', () => {
  it('is its default model, and told as such', async () => {
    await home({})
    upstream.script(() => text('hello'))
    const ran = await ask('openrouter')
    expect(ran.stdout).toBe('hello\n')
    expect(ran.stderr).toContain('openrouter is a provider: taken as openrouter,openai/gpt-5')
    expect(new Set(models())).toEqual(new Set(['openai/gpt-5']))
  })

  it('is refused in words where it lists no model, and seen with what answers instead', async () => {
    await home({})
    const list = config({}) as { Providers: object[] }
    const bare = { name: 'bare', api_base_url: upstream.chatUrl, api_key: 'k', models: [] }
    await ccr.configure({ ...list, Providers: [...list.Providers, bare] })
    upstream.script(() => text('hello'))
    const ran = await ask('bare')
    expect(ran.stderr).toMatch(/bare.*Requests go to openrouter,openai\/gpt-5/)
    expect((await ccr.run(['sessions'])).stdout).toContain('Model: bare -> openrouter,openai/gpt-5')
  })
})

/** Shows `ccr statusline` below the prompt. */
async function statusLine(): Promise<void> {
  const folder = join(ccr.home, '.claude')
  await mkdir(folder, { recursive: true })
  const command = `'${process.execPath}' '${BIN}' statusline`
  const settings = { statusLine: { type: 'command', command } }
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings))
}

describe('a preference that is no configured model', () => {
  it('is in the status line before and behind an answer, and told when claude has ended', async () => {
    await home({})
    await statusLine()
    upstream.script(() => text('the answer of the fake'))
    const terminal = open('nope', { USE_SIMPLE_ICONS: 'true' })
    await terminal.until(/work\s+nope -> openrouter,openai\/gpt-5/)
    terminal.type('say hello')
    await terminal.until(/❯ say hello/)
    terminal.type('\r')
    await terminal.until(/the answer of the fake/)
    await terminal.until(/work\s+nope -> openrouter,openai\/gpt-5\s+\d+%/)
    terminal.type('/exit')
    await terminal.until(/❯ \/exit/)
    terminal.type('\r')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).toMatch(/no provider lists the model "nope"/)
  })

  it('is seen with the model that answers, while the client talks to it', async () => {
    await home({})
    upstream.script(() => text('hello'))
    const ran = await ask('nope')
    expect(ran.stdout).toBe('hello\n')
    expect(ran.stderr).toMatch(/no provider lists the model "nope".*Requests go to openrouter/)
    const { stdout } = await ccr.run(['sessions'])
    expect(stdout).toContain('Model: nope -> openrouter,openai/gpt-5')
  })
})

describe('a provider that is not there', () => {
  it('is seen on a terminal after a few requests', async () => {
    await home({
      api_base_url: `http://127.0.0.1:${String(await closedPort())}/v1/chat/completions`,
    })
    const terminal = open('')
    await terminal.until(/❯/)
    terminal.type('say hello')
    await terminal.until(/❯ say hello/)
    terminal.type('\r')
    await terminal.until(/refused the connection: is it running/)
  })

  it('is told of after a few requests, not after all retries of the client', async () => {
    await home({
      api_base_url: `http://127.0.0.1:${String(await closedPort())}/v1/chat/completions`,
    })
    const ran = await ask('')
    expect(ran.code).not.toBe(0)
    expect(ran.stdout + ran.stderr).toContain('refused the connection: is it running')
    const { stdout } = await ccr.run(['status', '--json'])
    const { requests } = JSON.parse(stdout) as { requests: { served: number } }
    expect(requests.served).toBeLessThan(4)
  })
})

/** A port on which no program listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
