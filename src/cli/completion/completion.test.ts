import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../test/support/command.ts'
import type { Command, CommandTable } from '../command.ts'
import { CONFIG_OPTION } from '../command.ts'
import { completionOf } from '../completion.ts'
import { BASH, BASH_FILE } from '../../../test/support/requires.ts'

function fake(name: string, parts: Partial<Command> = {}): Command {
  const run = () => Promise.resolve(0)
  return { name, summary: `it's ${name}: [x]`, usage: '', examples: [], run, ...parts }
}

const FAKES = [
  fake('start', { options: { ...CONFIG_OPTION, force: { type: 'boolean', summary: 'at once' } } }),
  fake('stop'),
  fake('config', {
    words: ['check', 'path'],
    options: { json: { type: 'boolean', summary: 's' } },
  }),
  fake('exec', { passThrough: true }),
  fake('code', {
    passThrough: true,
    options: { pref: { type: 'string', completes: 'preferences', summary: 's' } },
  }),
  fake('use', { completes: { '': ['preferences'] } }),
  fake('model', {
    words: ['get', 'set'],
    completes: { set: ['scenarios', 'preferences'] },
    options: { model: { type: 'string', short: 'm', completes: 'runs', summary: 's' } },
  }),
]
const TABLE: CommandTable = Object.fromEntries(
  FAKES.map((command) => [command.name, () => Promise.resolve({ command })]),
)
const { command } = completionOf(TABLE)

async function script(shell: string): Promise<string> {
  const { code, out } = await runCommand(command, [shell])
  expect(code).toBe(0)
  return out
}

describe('completion', () => {
  it.each([
    [['ccr', 'st'], 'start stop'],
    [['ccr', 'config', ''], 'check path --json --help'],
    [['ccr', 'config', 'check', '--j'], '--json'],
    [['ccr', 'start', '--'], '--config --force --help'],
    [['ccr', '--config', 'x', 'sto'], 'stop'],
    [['ccr', 'help', 'sta'], 'start'],
    [['ccr', 'exec', '--'], ''],
    [['ccr', 'code', '--'], '--pref'],
    [['ccr', 'code', ''], ''],
    [['ccr', 'code', 'x', '--'], ''],
    // Nothing: bash itself completes files then.
    [['ccr', 'start', '--config', '/dev/nul'], ''],
  ])('in bash of %j is %s', BASH, async (words, expected) => {
    const test = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ccr; printf %s "\${COMPREPLY[*]}"`
    const args = ['--norc', '-c', `${await script('bash')}\n${test}`, 'bash', ...words]
    expect(execFileSync(BASH_FILE ?? '', args, { encoding: 'utf8' })).toBe(expected)
  })

  describe('in bash of what ccr says', () => {
    /** What a shell would do something with, were it no data. */
    const HARD = [
      '$(touch PWNED)',
      '`touch PWNED`',
      "it's",
      'say "so"',
      'a b',
      '*',
      '~',
      'x;touch PWNED',
      '\\',
      '-n',
      'q3:8b',
      'k=v',
    ]
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'ccr-complete-'))
      const lines = HARD.map((name) => `p,${name}`)
      writeFileSync(join(folder, 'values'), `fast\n${lines.join('\n')}\n`)
      const ccr =
        '#!/bin/sh\necho an error >&2\necho "$*" >> "${0%/*}/asked"\ncat "${0%/*}/values"\n'
      writeFileSync(join(folder, 'ccr'), ccr, { mode: 0o755 })
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    /** What readline is given, and what the command would get from it. `words`: as readline splits them. */
    async function replies(line: string, words: readonly string[]) {
      const text = `${await script('bash')}
COMP_LINE=$1 COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_ccr; for r in "\${COMPREPLY[@]}"; do printf '%s\\0' "$r"; eval "set -- $r"; printf '%s\\0' "$*"; done`
      const ran = spawnSync(BASH_FILE ?? '', ['--norc', '-c', text, 'bash', line, ...words], {
        encoding: 'utf8',
        cwd: folder,
        env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder },
      })
      expect(ran.stderr).toBe('')
      expect(existsSync(join(folder, 'PWNED'))).toBe(false)
      const parts = ran.stdout.split('\0').slice(0, -1)
      return parts.flatMap((reply, n) =>
        n % 2 === 0 ? [[reply, parts[n + 1] ?? ''] as const] : [],
      )
    }

    it('every value is data, and is what the command gets', BASH, async () => {
      const found = await replies('ccr use p,', ['ccr', 'use', 'p,'])
      expect(found.map(([, value]) => value)).toEqual(HARD.map((name) => `p,${name}`))
    })

    it.each([
      ['ccr use f', ['ccr', 'use', 'f'], ['fast']],
      ['ccr code --pref f', ['ccr', 'code', '--pref', 'f'], ['fast']],
      ['ccr code --pref=f', ['ccr', 'code', '--pref', '=', 'f'], ['fast']],
      ['ccr code x --pref f', ['ccr', 'code', 'x', '--pref', 'f'], []],
      ['ccr model set f', ['ccr', 'model', 'set', 'f'], ['fast']],
      ['ccr model set think f', ['ccr', 'model', 'set', 'think', 'f'], ['fast']],
      ['ccr model get f', ['ccr', 'model', 'get', 'f'], []],
      ['ccr model -m f', ['ccr', 'model', '-m', 'f'], ['fast']],
      ['ccr model --model=f', ['ccr', 'model', '--model', '=', 'f'], ['fast']],
      ['ccr --config x use f', ['ccr', '--config', 'x', 'use', 'f'], ['fast']],
      ['ccr use p,q3:', ['ccr', 'use', 'p,q3', ':', ''], ['8b']],
      ['ccr use p,q3:8', ['ccr', 'use', 'p,q3', ':', '8'], ['8b']],
      ['ccr use p,k=', ['ccr', 'use', 'p,k', '=', ''], ['v']],
      ['ccr use p,a\\ ', ['ccr', 'use', 'p,a\\ '], ['p,a\\ b']],
      ['ccr use "p,a ', ['ccr', 'use', '"p,a '], ['p,a b']],
      ['ccr use "p,$', ['ccr', 'use', '"p,$'], []],
    ])('%s', BASH, async (line, words, expected) => {
      expect((await replies(line, words)).map(([reply]) => reply)).toEqual(expected)
    })

    it('the kind, the word and the config are handed on', BASH, async () => {
      const words = ['ccr', '--config', 'a b', 'model', 'set', 'think', '$(x)']
      await replies('ccr --config a b model set think $(x)', words)
      const asked = readFileSync(join(folder, 'asked'), 'utf8')
      expect(asked).toBe('__complete preferences $(x) a b\n')
    })

    it('nothing comes where ccr is not found or fails', BASH, async () => {
      rmSync(join(folder, 'ccr'))
      expect(await replies('ccr use f', ['ccr', 'use', 'f'])).toEqual([])
    })
  })

  it.each(['zsh', 'fish'])('in %s names every command and option', async (shell) => {
    const text = await script(shell)
    for (const { name, options = {} } of FAKES) {
      expect(text).toMatch(new RegExp(`\\b${name}\\b`))
      for (const option of Object.keys(options)) expect(text).toContain(option)
    }
  })

  it('quotes summaries for each shell', async () => {
    expect(await script('zsh')).toContain(`'stop:it'\\''s stop: [x]'`)
    expect(await script('fish')).toContain(`-d 'it\\'s stop: [x]'`)
  })

  it('needs a shell that it knows: exit 2', async () => {
    expect((await runCommand(command, [])).code).toBe(2)
    const { code, err } = await runCommand(command, ['zhs'])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('zsh') as string })
  })
})
