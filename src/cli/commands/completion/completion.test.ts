import { expect, it } from 'vitest'
import { runCommand } from '../../../../test/support/command.ts'
import { command } from './completion.ts'

it.each(['bash', 'zsh', 'fish'])('the script for %s asks ccr about the line', async (shell) => {
  const { code, out } = await runCommand(command, [shell])
  expect(code).toBe(0)
  expect(out).toContain(`command ccr __complete ${shell} `)
})

it('a shell is needed, and one that is known: exit 2', async () => {
  expect((await runCommand(command, [])).code).toBe(2)
  const { code, err } = await runCommand(command, ['zhs'])
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('zsh') as string })
})
