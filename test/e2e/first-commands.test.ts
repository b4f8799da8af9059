/** What the real client makes of `ccr env`, `ccr statusline` and `ccr doctor`. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { text } from '../support/replies.ts'
import { startHarness, type Harness } from './harness.ts'
import { inTerminal } from './terminal.ts'

const BIN = process.env['CCR_BIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'ccr.js')

let on: Harness
beforeEach(async () => {
  on = await startHarness()
})
afterEach(() => on.close())

describe('ccr env', () => {
  it('points claude, started by itself, at the session of the preference', async () => {
    on.upstream.script(() => text('The answer from the fake.'))
    const preference = 'fake,model-a'
    const { stdout } = await on.ccr.run(['env', '--start', '--shell', 'sh'], { preference })
    const script = `${stdout}exec "$CLAUDE_PATH" -p hello`
    const env = on.ccr.environment({ env: { ANTHROPIC_API_KEY: 'another-key' } })
    const ran = promisify(execFile)('/bin/sh', ['-c', script], { cwd: on.ccr.work, env })
    ran.child.stdin?.end()
    expect((await ran).stdout).toContain('The answer from the fake.')
    expect(on.upstream.requests.map(({ body }) => body.model)).toContain('model-a')
  })
})

describe('ccr statusline', () => {
  it('is shown by claude: the model that answered, and how full its context is', async () => {
    on.upstream.script(() => text('The answer from the fake.'))
    const folder = join(on.ccr.home, '.claude')
    await mkdir(folder, { recursive: true })
    const command = `'${process.execPath}' '${BIN}' statusline`
    const settings = { statusLine: { type: 'command', command } }
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings))
    const terminal = inTerminal([process.execPath, BIN, 'code', 'say hello'], {
      cwd: on.ccr.work,
      env: on.ccr.environment({ preference: 'fake,model-a', env: { USE_SIMPLE_ICONS: 'true' } }),
    })
    onTestFailed(() => {
      process.stderr.write(`The screen at the end:\n${terminal.screen()}\n`)
    })
    await terminal.until(/The answer from the fake\./)
    await terminal.until(/work\s+fake,model-a\s+\d+% of 200k/)
    terminal.kill()
    await terminal.ended
  })
})

describe('ccr doctor', () => {
  it('tells the version of the client', async () => {
    const { stdout } = await on.ccr.run(['doctor'])
    expect(stdout).toMatch(/ok +claude 2\.\d+\.\d+/)
  })
})
