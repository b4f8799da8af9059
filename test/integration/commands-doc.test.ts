/** docs/commands.md contains the help of every command. `npx vitest run FILE -u` writes it. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const BIN = process.env['CCR_BIN'] ?? fileURLToPath(new URL('../../dist/ccr.js', import.meta.url))
const DOC = '../../docs/commands.md'

const HEAD = `# Commands

The output of \`ccr help\` and \`ccr help COMMAND\`. A test writes this page, and fails if it differs from the program.

Exit codes: 0: done; 1: failed (stderr says why and what to do next); 2: wrong command line. Other codes are described with their command. \`--json\` prints JSON for scripts; fields are only ever added.
`

/** The help of a command, with documentation paths as in the project instead of on this machine. */
const help = (...args: string[]): string =>
  execFileSync(process.execPath, [BIN, 'help', ...args], { encoding: 'utf8' }).replaceAll(
    /More:\s[^]*?docs\/(?=\w+\.md$)/gm,
    'More: docs/',
  )

const block = (text: string): string => `\n\`\`\`text\n${text}\`\`\`\n`

/** One process per command, which takes a while on a busy machine. */
const LIMIT_MS = 180_000

it('docs/commands.md is what ccr help prints', { timeout: LIMIT_MS }, async () => {
  const overview = help()
  const list = overview.slice(
    overview.indexOf('Commands:\n'),
    overview.indexOf('\n\nCCR_MODEL_PREFERENCE'),
  )
  const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? '')
  const commands = names.filter((name) => name !== 'help')
  expect(commands).toContain('start')
  const sections = commands.map((name) => `\n## ccr ${name}\n${block(help(name))}`)
  await expect(`${HEAD}${block(overview)}${sections.join('')}`).toMatchFileSnapshot(DOC)
})
