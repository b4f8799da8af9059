import { expect, it } from 'vitest'
import { runCommand } from '../../../../test/support/command.ts'
import { command } from './completion.ts'

it.each(['bash', 'zsh', 'fish'])('the script for %s asks ccr about the line', async (shell) => {
  const { code, out } = await runCommand(command, [shell])
  expect(code).toBe(0)
  expect(out).toContain(`command ccr __complete ${shell} `)
})

it('the script for PowerShell asks ccr about the line, which it passes in variables', async () => {
  const { code, out } = await runCommand(command, ['powershell'])
  expect(code).toBe(0)
  expect(out).toContain('Register-ArgumentCompleter -Native -CommandName ccr')
  expect(out).toContain('ccr __complete powershell 2>$null')
  expect(out.match(/\$env:\w+/g)).toEqual(['$env:CCR_COMPLETION_LINE', '$env:CCR_COMPLETION_WORD'])
  // It is read by Invoke-Expression: brackets of each kind are closed, and nothing is escaped.
  for (const [open = '', close = ''] of ['{}', '()', '[]']) {
    expect(out.split(open).length, open).toBe(out.split(close).length)
  }
  expect(out).not.toContain('`')
})

it('a shell is needed, and one that is known: exit 2', async () => {
  expect((await runCommand(command, [])).code).toBe(2)
  const { code, err } = await runCommand(command, ['zhs'])
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('zsh') as string })
})
