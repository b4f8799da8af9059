import type { Command, Options } from '../../command.ts'
import { coloursOf } from '../../terminal/safe-output.ts'
import { statusLine } from './line.ts'

const OPTIONS = {
  install: { type: 'boolean', summary: 'add it to the settings of Claude Code, if there is none' },
} as const satisfies Options

const HINT = `ccr: Claude Code runs this command. Have it do so: ccr statusline --install
Or add to ~/.claude/settings.json yourself:
  "statusLine": { "type": "command", "command": "ccr statusline" }
`

export const command: Command = {
  name: 'statusline',
  summary: 'the status line of Claude Code, as StatusLine of the config says',
  usage: 'ccr statusline [STYLE | --install]',
  options: OPTIONS,
  details: [
    'Reads what Claude Code tells a status line on stdin and prints one line: the modules of ' +
      'StatusLine in the config (STYLE: one of its styles, or a preset), or folder, branch, ' +
      'model and context. USE_SIMPLE_ICONS=true leaves out icons. Never fails: what is not known ' +
      'is not shown.',
    '--install adds it to ~/.claude/settings.json, where everything else stays as it is: ' +
      '"statusLine": { "type": "command", "command": "ccr statusline" }',
  ],
  examples: ['ccr statusline --install', 'ccr statusline', 'ccr statusline powerline'],
  async run(argv, { env, stdout, stderr }) {
    if (argv[0] === '--install' && argv.length === 1) {
      const { installStatusLine, userSettings } = await import('./install.ts')
      const isNew = await installStatusLine(env)
      stdout.write(`${userSettings(env)} ${isNew ? 'has' : 'had'} the status line of ccr.\n`)
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
    // What came until then is all there is.
  }
  return text
}
