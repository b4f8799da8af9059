/** The models in the real client: the banner, `/model`, and what `ccr code` leaves as it is. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest'
import type { Ccr } from '../support/ccr.ts'
import { answer, refusal, text } from '../support/replies.ts'
import { startUpstream, type Seen, type Upstream } from '../support/upstream.ts'
import { clientHome, messagesText, PATIENCE } from './harness.ts'
import { inTerminal, type TerminalProgram } from './terminal.ts'

let upstream: Upstream
let ccr: Ccr
let terminal: TerminalProgram | undefined

const BIN = process.env['CCR_BIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'ccr.js')

beforeAll(async () => {
  upstream = await startUpstream()
  ccr = await clientHome({})
})
afterEach(async () => {
  terminal?.kill()
  await terminal?.ended
  terminal = undefined
  await ccr.run(['stop', '--all'])
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

const fake = (models: readonly string[], more: object = {}): object => ({
  name: 'fake',
  api_base_url: upstream.chatUrl,
  api_key: 'a-key-of-the-provider',
  models,
  ...more,
})

function open(preference?: string, args: readonly string[] = []): TerminalProgram {
  const opened = inTerminal([process.execPath, BIN, 'code', ...args], {
    cwd: ccr.work,
    env: ccr.environment(preference === undefined ? {} : { preference }),
  })
  terminal = opened
  onTestFailed(() => {
    process.stderr.write(`The screen at the end:\n${opened.screen()}\n`)
  })
  return opened
}

/** The client in a terminal, ready for a prompt; gives its screen. */
async function ready(preference?: string, args?: readonly string[]): Promise<string> {
  await open(preference, args).until(/❯/)
  return terminal!.until(/auto mode on|manual mode/)
}

async function enter(line: string, shown: RegExp): Promise<string> {
  terminal!.type(line)
  await terminal!.until(new RegExp(`❯ ${line.replaceAll('/', '\\/')}`))
  terminal!.type('\r')
  return terminal!.until(shown)
}

/** The rows of `/model`, without their numbers. */
async function picker(): Promise<string[]> {
  const screen = await enter('/model', /Esc to cancel/)
  const rows = screen.slice(screen.lastIndexOf('Select model')).split('\n')
  return rows.flatMap((row) => /^[ ❯]*\d+\. (.*)$/.exec(row.trim())?.[1]?.trim() ?? [])
}

/** Chooses the row that is so many below the current one, for this session only. */
async function choose(steps: number, label: string): Promise<void> {
  const key = steps < 0 ? '\u001b[A' : '\u001b[B'
  for (let n = 0; n < Math.abs(steps); n++) terminal!.type(key)
  await terminal!.until(new RegExp(`❯ \\d+\\. +${label}`))
  terminal!.type('s')
  const screen = await terminal!.until(
    new RegExp(`Set model to ${label}|Switch model\\?\\s+Your next response`),
  )
  if (!screen.includes('Switch model?')) return
  terminal!.type('\r')
  await terminal!.until(new RegExp(`Set model to ${label}`))
}

/** Waits until the log says this of the session's last request. */
async function expectRoute(target: string, route: string): Promise<void> {
  await vi.waitFor(async () => {
    const { stdout } = await ccr.run(['sessions', '--json'])
    const [session] = JSON.parse(stdout) as { sessionId: string }[]
    const lines = (await ccr.log(session!.sessionId)).trim().split('\n')
    const entries = lines.map((line) => JSON.parse(line) as { target: string; route?: string })
    const last = entries.filter((entry) => entry.route !== undefined).at(-1)
    expect(last).toMatchObject({ target, route })
  }, PATIENCE)
}

describe('the demo in the real client', () => {
  it('has its name in the banner and in /model, and no model of the client', async () => {
    await ccr.configure({ Providers: [{ name: 'demo', models: ['demo-a', 'demo-b'] }] })
    const banner = await ready('demo,demo-a')
    expect(banner).toContain('demo,demo-a')
    expect(banner).not.toMatch(/ccr-|Opus|Sonnet|isn't recognized/)
    const rows = await picker()
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([
      'Default (recommended)',
      'demo,demo-a ✔',
      'demo,demo-b',
    ])
    expect(rows[0]).toContain('currently demo,demo-a')
    expect(terminal!.screen()).not.toMatch(/Opus|Sonnet|Haiku/)
    await choose(1, 'demo,demo-b')
    await enter('hello', /❯ hello[^]*● [^]*demo-b/)
    await expectRoute('demo,demo-b', 'explicit')
  })
})

describe('a provider in the real client', () => {
  it('a chosen model is asked with the next request, and the session’s again after that', async () => {
    await ccr.configure({
      Providers: [fake(['model-a', 'model-b'])],
      Router: { default: 'fake,model-b' },
    })
    upstream.script((request) => text(`Answered by ${request.body.model}.`))
    await ready('fake,model-a')
    await enter('first', /Answered by model-a\./)
    await expectRoute('fake,model-a', 'preference')
    await picker()
    await choose(1, 'fake,model-b')
    await enter('second', /Answered by model-b\./)
    await expectRoute('fake,model-b', 'explicit')
    await picker()
    await choose(-1, 'fake,model-a')
    await enter('third', /❯ third[^]*Answered by model-a\./)
    await expectRoute('fake,model-a', 'preference')
  })

  it('a model with a name of Claude is shown by it, and asked like any other', async () => {
    await ccr.configure({ Providers: [fake(['model-a', 'anthropic/claude-sonnet-4'])] })
    upstream.script((request) => text(`Answered by ${request.body.model}.`))
    await ready('fake,model-a')
    await enter('first', /Answered by model-a\./)
    const rows = await picker()
    expect(rows[2]).toContain('fake,anthropic/claude-sonnet-4')
    await choose(1, 'fake,anthropic/claude-sonnet-4')
    await enter('second', /Answered by anthropic\/claude-sonnet-4\./)
    await expectRoute('fake,anthropic/claude-sonnet-4', 'explicit')
    // For Claude Sonnet 4 the client would send no system message in the conversation.
    const last = upstream.requests.at(-1)!
    expect(last.body.messages.filter(({ role }) => role === 'system').length).toBeGreaterThan(0)
  })

  it('a name of Preferences and one that matches nothing are shown with the model', async () => {
    await ccr.configure({
      Providers: [fake(['model-a', 'model-b'])],
      Router: { default: 'fake,model-b', think: 'fake,model-a' },
      Preferences: { fast: 'fake,model-a' },
    })
    expect(await ready('fast')).toContain('fake,model-a')
    terminal!.kill()
    await terminal!.ended
    expect(await ready('nope,nothing')).toContain('nope,nothing -> fake,model-b')
    terminal!.kill()
    await terminal!.ended
    expect(await ready()).toContain('fake,model-b')
    expect((await picker())[1]).toContain('Router takes others')
  })

  it('400 models are all in /model', async () => {
    const models = Array.from(
      { length: 400 },
      (_, n) => `maker-${String(n % 9)}/model-${String(n)}`,
    )
    await ccr.configure({ Providers: [fake(models)] })
    upstream.script((request) => text(`Answered by ${request.body.model}.`))
    expect(await ready(`fake,${models[0]!}`)).toContain(`fake,${models[0]!}`)
    const rows = await picker()
    expect(rows[1]).toContain(`fake,${models[0]!}`)
    await choose(2, `fake,${models[2]!}`)
    await enter('hello', new RegExp(`Answered by ${models[2]!}\\.`))
  })

  it('a smaller window than that of the session ends in a compaction, and the conversation goes on', async () => {
    await ccr.configure({
      Providers: [fake(['large', 'small'], { contextWindow: { large: 200_000, small: 32_000 } })],
    })
    upstream.script(windowed({ large: 200_000, small: 32_000 }))
    await ready('fake,large')
    for (const turn of ['one', 'two', 'three', 'four'])
      await enter(`tell me ${turn}`, new RegExp(`End of ${turn}`))
    await picker()
    await choose(1, 'fake,small')
    await enter('go on', /Going on with small\./)
    const last = upstream.requests.at(-1)!
    expect(last.body.model).toBe('small')
    expect(messagesText(last)).toContain('The summary by small.')
  })
})

/** A provider that refuses what is longer than the window of its model, at 4 characters a token. */
function windowed(windows: Readonly<Record<string, number>>) {
  return (request: Seen) => {
    const { model } = request.body
    const tokens = Math.round(request.raw.length / 4)
    const most = windows[model] ?? 0
    if (tokens > most) {
      const message = `This model's maximum context length is ${String(most)} tokens. However, your messages resulted in ${String(tokens)} tokens.`
      return refusal(400, message, { code: 'context_length_exceeded' })
    }
    const history = messagesText(request)
    const usage = { input: tokens, output: 10 }
    if (history.includes('Respond with TEXT ONLY')) {
      return text(`<summary>The summary by ${model}.</summary>`, { usage })
    }
    const turn = [...history.matchAll(/tell me (one|two|three|four)/g)].at(-1)?.[1] ?? ''
    if (history.includes('go on') || turn === '') return text(`Going on with ${model}.`, { usage })
    return answer([{ text: `${'A long story. '.repeat(2_000)}End of ${turn}` }], { usage })
  }
}

describe('what is the user’s', () => {
  it('subcommands, --version and --help are as without ccr', async () => {
    await ccr.configure({ Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } })
    await ccr.start()
    const commands = ['--version', '--help', 'mcp list', 'plugin list', 'update --help', 'logs']
    const more = ['attach', 'mcp --help', 'config --help', 'remote-control --help', 'doctor --help']
    for (const command of [...commands, ...more]) {
      const argv = command.split(' ')
      const [direct, ours] = await Promise.all([plain(argv), ccr.run(['code', ...argv])])
      expect([command, ours.code, ours.stdout]).toEqual([command, direct.code, direct.stdout])
    }
  })

  it('their --managed-settings count alone', async () => {
    await ccr.configure({ Providers: [fake(['model-a', 'model-b'])] })
    const options = [{ model: 'fake,model-b', label: 'My name for it' }]
    const theirs = JSON.stringify({ modelPicker: { options, replaceBuiltInOptions: true } })
    await ready('fake,model-a', ['--managed-settings', theirs])
    expect((await picker()).map((row) => row.split(/ {2,}/)[0])).toContain('My name for it')
  })

  it('their --settings and --model count, also in one print', async () => {
    await ccr.configure({ Providers: [fake(['model-a', 'model-b'])] })
    upstream.script((request) => text(`Answered by ${request.body.model}.`))
    const settings = join(ccr.work, 'mine.json')
    await writeFile(settings, JSON.stringify({ env: { OF_MINE: 'set' } }))
    const words = ['--settings', settings, '--model', 'fake,model-b', '-p', 'hello']
    const ran = await ccr.run(['code', ...words], { preference: 'fake,model-a' })
    expect(ran).toMatchObject({ code: 0, stdout: 'Answered by model-b.\n' })
    await expectRoute('fake,model-b', 'explicit')
  })
})

/** The client without ccr, in the same home. */
function plain(argv: readonly string[]): Promise<{ code: number; stdout: string }> {
  const env = ccr.environment()
  return new Promise((resolve) => {
    const options = { env, cwd: ccr.work }
    const child = execFile(env['CLAUDE_PATH']!, argv, options, (error, stdout) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout })
    })
    child.stdin?.end()
  })
}
