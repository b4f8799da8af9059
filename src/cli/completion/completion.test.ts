import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
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
  fake('code', { passThrough: true }),
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
    [['ccr', 'code', '--'], ''],
    [['ccr', 'start', '--config', '/dev/nul'], '/dev/null'],
  ])('in bash of %j is %s', BASH, async (words, expected) => {
    const test = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ccr; printf %s "\${COMPREPLY[*]}"`
    const args = ['-c', `${await script('bash')}\n${test}`, 'bash', ...words]
    expect(execFileSync(BASH_FILE ?? '', args, { encoding: 'utf8' })).toBe(expected)
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
