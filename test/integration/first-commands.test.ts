/** The commands that people meet first, with the built ccr. */
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ccr, collected, throwawayCcr } from '../support/ccr.ts'
import { inPty, type PtyProgram } from '../support/pty.ts'
import { LINUX, POSIX, PTY } from '../support/requires.ts'

const BIN = process.env['CCR_BIN'] ?? fileURLToPath(new URL('../../dist/ccr.js', import.meta.url))
const CONFIG = {
  Providers: [
    { name: 'demo' },
    { name: 'p', api_base_url: 'http://127.0.0.1:1/v1', models: ['one', 'two', 'three'] },
  ],
  Router: { default: 'demo,demo-a' },
}

let ccr: Ccr
const open: PtyProgram[] = []
beforeEach(async () => {
  ccr = await throwawayCcr(CONFIG)
})
afterEach(async () => {
  for (const program of open.splice(0)) program.kill()
  await ccr.remove()
})

interface Diagnosis {
  readonly checks: readonly {
    readonly area: string
    readonly level: string
    readonly text: string
  }[]
}

describe('ccr doctor', () => {
  it('sees running sessions and the port of the default one', async () => {
    const { pid } = await ccr.start()
    const { stdout } = await ccr.run(['doctor', '--json'])
    const { checks } = JSON.parse(stdout) as Diagnosis
    expect(checks).toContainEqual({
      area: 'ports',
      level: 'ok',
      text: `${ccr.port}: session default (pid ${pid})`,
    })
    expect(checks).toContainEqual({
      area: 'sessions',
      level: 'ok',
      text: `the default session: running on ${ccr.port} (pid ${pid})`,
    })
  })

  it('names a daemon whose folder is gone', LINUX, async () => {
    const { pid, sessionId } = await ccr.start('demo,demo-b')
    await rm(join(ccr.ccrHome, 'sessions', sessionId), { recursive: true })
    try {
      const { stdout } = await ccr.run(['doctor', '--json'])
      const { checks } = JSON.parse(stdout) as Diagnosis
      const orphan = checks.find(({ text }) => text.includes(`(pid ${pid})`))
      expect(orphan).toMatchObject({
        area: 'sessions',
        level: 'warning',
        text: expect.stringContaining(`serves session ${sessionId} of ~`) as string,
      })
    } finally {
      process.kill(pid, 'SIGKILL')
    }
  })
})

describe('ccr env', POSIX, () => {
  it('starts the session with --start, and a shell that takes the lines reaches it', async () => {
    const { stdout, code } = await ccr.run(['env', '--start', '--shell', 'sh'])
    expect(code).toBe(0)
    const ask = `
      const headers = { authorization: 'Bearer ' + process.env.ANTHROPIC_AUTH_TOKEN }
      const messages = [{ role: 'user', content: 'hello' }]
      const body = JSON.stringify({ model: process.env.ANTHROPIC_MODEL, max_tokens: 100, messages })
      fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', { method: 'POST', headers, body })
        .then((response) => console.log(response.status))`
    await writeFile(join(ccr.work, 'ask.cjs'), ask)
    const script = `${stdout}'${process.execPath}' ask.cjs`
    const options = { cwd: ccr.work, env: ccr.environment() }
    const ran = await promisify(execFile)('/bin/sh', ['-c', script], options)
    expect(ran.stdout).toBe('200\n')
  })
})

describe('ccr statusline', () => {
  it('prints one line for what claude says, and an empty one for nonsense', async () => {
    for (const [input, line] of [
      ['{"model":{"display_name":"Some Model"}}', '🤖 Some Model\n'],
      ['nonsense', '\n'],
    ]) {
      const child = ccr.spawn(['statusline'], { env: { NO_COLOR: '1' } })
      child.stdin?.end(input)
      expect(await collected(child)).toMatchObject({ code: 0, stdout: line, stderr: '' })
    }
  })

  it('counts what the session could not pass on', async () => {
    const { baseUrl, token } = await ccr.start()
    const messages = [{ role: 'user', content: 'hello' }]
    const body = JSON.stringify({ model: 'x', max_tokens: 100, top_k: 5, messages })
    const headers = { authorization: `Bearer ${token}` }
    await (await fetch(`${baseUrl}/v1/messages`, { method: 'POST', headers, body })).text()
    const child = ccr.spawn(['statusline'], {
      env: {
        NO_COLOR: '1',
        ANTHROPIC_BASE_URL: baseUrl,
        ANTHROPIC_AUTH_TOKEN: token,
        ANTHROPIC_MODEL: 'ccr-default',
      },
    })
    child.stdin?.end('{}')
    expect((await collected(child)).stdout).toMatch(/^⚠ \d+ dropped\n$/)
  })
})

describe('on a terminal', PTY, () => {
  const terminal = (args: readonly string[], env: Record<string, string> = {}): PtyProgram => {
    const options = { cwd: ccr.work, env: { ...ccr.environment({ env }), TERM: 'xterm' } }
    const program = inPty([process.execPath, BIN, ...args], options)
    open.push(program)
    return program
  }
  const config = () => readFile(join(ccr.ccrHome, 'config.json'), 'utf8')

  it('ccr model lets the user choose until Escape', async () => {
    const program = terminal(['model'])
    await program.until(/Which requests\?/)
    await program.until(/Esc: cancel/)
    program.type('\u001b[B')
    await program.until(/> longContext/)
    program.type('\r')
    await program.until(/Model for longContext/)
    program.type('tw')
    await program.until(/filter: tw/)
    program.type('\r')
    await program.until(/Router\.longContext is p,two/)
    await program.until(/Which requests\?/)
    program.type('\u0003')
    expect(await program.ended).toBe(0)
    expect(JSON.parse(await config())).toMatchObject({
      Router: { default: 'demo,demo-a', longContext: 'p,two' },
    })
  })

  it('ccr init asks for the default model', async () => {
    const program = terminal(['init', '--force'], { DEEPSEEK_API_KEY: 'k', GROQ_API_KEY: 'k' })
    await program.until(/Default model/)
    program.type('groq')
    await program.until(/filter: groq/)
    program.type('\r')
    await program.until(/Wrote [^]*status line of Claude Code\?[^]*Esc: cancel/)
    program.type('\u001b')
    expect(await program.ended).toBe(0)
    expect(await config()).toMatch(/"default": "groq,/)
  })

  it('ccr init writes nothing when the user gives up', async () => {
    const before = await config()
    const program = terminal(['init', '--force'], { DEEPSEEK_API_KEY: 'k' })
    await program.until(/Default model/)
    program.type('\u0003')
    await program.until(/nothing was written/)
    expect(await program.ended).toBe(1)
    expect(await config()).toBe(before)
  })

  it('ccr config edit opens the editor and checks afterwards', async () => {
    const editor = join(ccr.work, 'editor.cjs')
    await writeFile(editor, `require('fs').writeFileSync(process.argv[2], '{ "PORT": "abc" }')`)
    const program = terminal(['config', 'edit'], { EDITOR: `${process.execPath} ${editor}` })
    await program.until(/PORT is "abc"/)
    expect(await program.ended).toBe(1)
    await writeFile(join(ccr.ccrHome, 'config.json'), '{}')
  })
})
