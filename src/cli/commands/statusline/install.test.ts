import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BIN, throwawayCcr } from '../../../../test/support/ccr.ts'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { inPty } from '../../../../test/support/pty.ts'
import { POSIX, PTY } from '../../../../test/support/requires.ts'
import { command as init } from '../init/init.ts'
import { command } from './statusline.ts'
import { hasNoStatusLine } from './install.ts'

let home: Home
let file: string
beforeEach(async () => {
  home = await emptyHome()
  file = join(home.path, '.claude', 'settings.json')
})
afterEach(() => home.remove())

const run = () => runCommand(command, ['--install'], home.env)
function settings(text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
const LINE = '"statusLine": { "type": "command", "command": "ccr statusline" }'

describe('ccr statusline --install', () => {
  it('writes the settings where there are none', async () => {
    expect(hasNoStatusLine(home.env)).toBe(true)
    expect((await run()).code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(`{ ${LINE} }`))
    expect(hasNoStatusLine(home.env)).toBe(false)
  })

  it.each([
    [
      '{\n  "model": "opus",\n  "env": {\n    "A": "1"\n  }\n}\n',
      `  }\n}\n`,
      `  },\n  ${LINE}\n}\n`,
    ],
    ['{"model":"opus"}', '"opus"}', `"opus", ${LINE}}`],
    ['{}', '{}', `{ ${LINE} }`],
    ['\n', '\n', `{ ${LINE} }\n`],
  ])('adds it to %j, where all else stays', async (text, before, after) => {
    settings(text)
    expect((await run()).code).toBe(0)
    const changed = readFileSync(file, 'utf8')
    expect(changed).toBe(text.replace(before, () => after))
    JSON.parse(changed)
    expect(await run()).toMatchObject({
      code: 0,
      out: `The status line of ccr is already in ${file}.\n`,
    })
    expect(readFileSync(file, 'utf8')).toBe(changed)
  })

  it.each([
    [
      '{ "statusLine": { "type": "command", "command": "mine" } }',
      'already has another status line',
    ],
    ['{ "model": ', 'is not valid JSON'],
    ['{ // mine\n }', 'is not valid JSON'],
    ['[]', 'is not valid JSON'],
  ])('changes nothing in %j', async (text, message) => {
    settings(text)
    const { code, err } = await run()
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) as string })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('keeps permissions, and changes what a link points to', POSIX, async () => {
    const target = join(home.path, 'dotfiles.json')
    writeFileSync(target, '{}')
    chmodSync(target, 0o640)
    mkdirSync(dirname(file))
    symlinkSync(target, file)
    expect((await run()).code).toBe(0)
    expect(readFileSync(target, 'utf8')).toContain(LINE)
    expect(statSync(target).mode & 0o777).toBe(0o640)
  })
})

describe('ccr init', () => {
  it.each([[['--yes']], [[]]])(
    'with %j and no terminal leaves the settings of Claude Code alone',
    async (argv) => {
      const env = { ...home.env, OLLAMA_HOST: 'https://nowhere.invalid', DEEPSEEK_API_KEY: 'k' }
      const { code, out } = await runCommand(init, argv, env)
      expect(code).toBe(0)
      expect(existsSync(file)).toBe(false)
      expect(out).toContain('ccr statusline --install')
    },
  )

  it.each([
    ['\r', false],
    ['\u001b[B\r', true],
  ])('on a terminal asks, and obeys %j', PTY, async (keys, added) => {
    const ccr = await throwawayCcr({})
    try {
      const env = ccr.environment({
        env: { OLLAMA_HOST: 'https://nowhere.invalid', DEEPSEEK_API_KEY: 'k' },
      })
      const argv = [process.execPath, BIN, 'init', '--config', join(ccr.work, 'new.json')]
      const terminal = inPty(argv, { cwd: ccr.work, env })
      await terminal.until(/Default model[^]*Esc: cancel/)
      terminal.type('\r')
      await terminal.until(/Next:[^]*status line of Claude Code\?[^]*Esc: cancel/)
      terminal.type(keys)
      await terminal.until(
        added ? /Added the status line/ : /at any time: ccr statusline --install/,
      )
      expect(await terminal.ended).toBe(0)
      expect(existsSync(join(ccr.home, '.claude', 'settings.json'))).toBe(added)
    } finally {
      await ccr.remove()
    }
  })
})
