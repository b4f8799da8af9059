/** docs/commands.md holds the help of every command as it is. `npx vitest run FILE -u` writes it. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BIN = process.env['CCR_BIN'] ?? fileURLToPath(new URL('../../dist/ccr.js', import.meta.url))
const DOC = '../../docs/commands.md'

const HEAD = `# Commands

What \`ccr help\` and \`ccr help COMMAND\` print. Written by a test, which also fails when this file and the program differ.

Exit codes: 0 done, 1 failed (the reason and what to do next are on stderr), 2 a wrong command line; others are named with their command. \`--json\` prints for scripts; fields are only ever added.
`

/** Pages of the documentation are named where they are on this machine; here as in the project. */
const help = (...args: string[]): string =>
  execFileSync(process.execPath, [BIN, 'help', ...args], { encoding: 'utf8' }).replaceAll(
    /More:\s[^]*?docs\/(?=\w+\.md$)/gm,
    'More: docs/',
  )

const block = (text: string): string => `\n\`\`\`text\n${text}\`\`\`\n`

/** As many programs as there are commands: a busy machine needs its time. */
const LIMIT_MS = 180_000

it('docs/commands.md is what ccr help prints', { timeout: LIMIT_MS }, async () => {
  const overview = help()
  const list = overview.slice(overview.indexOf('Commands:\n'), overview.indexOf('\n\nWhich'))
  const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? '')
  const commands = names.filter((name) => name !== 'help')
  expect(commands).toContain('start')
  const sections = commands.map((name) => `\n## ccr ${name}\n${block(help(name))}`)
  await expect(`${HEAD}${block(overview)}${sections.join('')}`).toMatchFileSnapshot(DOC)
})
