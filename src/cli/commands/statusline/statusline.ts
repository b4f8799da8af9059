/** `ccr statusline`. */
import type { Command, Options } from '../../command.ts'
import { coloursOf } from '../../terminal/safe-output.ts'
import { statusLine } from './line.ts'

const OPTIONS = {
  install: {
    type: 'boolean',
    summary: 'add it to the settings of Claude Code, unless they have one',
  },
} as const satisfies Options

const HINT = `ccr: this command is run by Claude Code. To set that up: ccr statusline --install
Or add this to ~/.claude/settings.json:
  "statusLine": { "type": "command", "command": "ccr statusline" }
`

export const command: Command = {
  name: 'statusline',
  summary: 'print the status line of Claude Code, as set by StatusLine in the config',
  usage: 'ccr statusline [STYLE | --install]',
  options: OPTIONS,
  details: [
    'Reads the status of Claude Code from stdin and prints one line: the modules of StatusLine in the ' +
      'config (STYLE: one of its styles, or a preset), by default folder, branch, model and context. ' +
      'USE_SIMPLE_ICONS=true leaves out icons. The command never fails; unknown values are not shown.',
    '--install adds it to ~/.claude/settings.json and changes nothing else there: ' +
      '"statusLine": { "type": "command", "command": "ccr statusline" }',
  ],
  examples: ['ccr statusline --install', 'ccr statusline', 'ccr statusline powerline'],
  async run(argv, { env, stdout, stderr }) {
    if (argv[0] === '--install' && argv.length === 1) {
      const { installStatusLine, userSettings } = await import('./install.ts')
      const isNew = await installStatusLine(env)
      stdout.write(
        `${isNew ? 'Added the status line of ccr to' : 'The status line of ccr is already in'} ${userSettings(env)}.\n`,
      )
      return 0
    }
    if (process.stdin.isTTY) {
      stderr.write(HINT)
      return 0
    }
    const line = await statusLine(await readAll(), argv[0], env)
    stdout.write(`${coloursOf(stdout, line)}\n`)
    return 0
  },
}

async function readAll(): Promise<string> {
  let text = ''
  try {
    process.stdin.setEncoding('utf8')
    for await (const part of process.stdin as AsyncIterable<string>) text += part
  } catch {
    // What was read so far is used.
  }
  return text
}
