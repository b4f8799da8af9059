/** `ccr use`. */
import { sessionRef } from '../../../session/identity.ts'
import { atMost, parseArguments } from '../../arguments.ts'
import { type Command, type Io, type Options, UsageError } from '../../command.ts'
import { shellNamed, SHELLS } from '../../terminal/shells.ts'
import { requirePreference } from '../../client/require-preference.ts'
import { sessionConfig } from '../../../session/config.ts'
import { visible } from '../../terminal/untrusted-text.ts'

const VARIABLE = 'CCR_MODEL_PREFERENCE'

const OPTIONS = {
  none: { type: 'boolean', summary: 'print the command that selects the default session again' },
  shell: {
    type: 'string',
    value: 'SHELL',
    choices: Object.keys(SHELLS),
    summary: `${Object.keys(SHELLS).join(', ')} (default: $SHELL)`,
  },
} as const satisfies Options

export const command: Command = {
  name: 'use',
  summary: 'print the shell command that selects a preference',
  usage: 'ccr use PREFERENCE|--none [--shell SHELL]',
  options: OPTIONS,
  completes: { '': ['preferences'] },
  details: [
    `The command sets ${VARIABLE} for all commands of ccr in this shell and its child ` +
      'processes. Nothing is stored: a new terminal uses the default session again. PREFERENCE is ' +
      'provider,model, provider/model, a model alone, or a name from Preferences (ccr pref list).',
    'A preference that matches no model is refused with exit code 1 and nothing on stdout, so that ' +
      'eval changes nothing.',
  ],
  examples: [
    'eval "$(ccr use fast)"                                      bash, zsh',
    'eval "$(ccr use --none)"                                    the default session again',
    'ccr use openrouter,openai/gpt-5 | source                    fish',
    'ccr use fast | Out-String | Invoke-Expression               PowerShell',
    `for /f "delims=" %i in ('ccr use fast --shell cmd') do @%i   cmd`,
    'ccr code --pref fast                                        for one call only',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('use', argv, OPTIONS)
    const [preference] = words
    const shell = shellNamed('use', values.shell, io.env)
    if (values.none) {
      atMost('use --none', words, 0)
      printLine(shell.unset(VARIABLE), shell.use('ccr use --none'), io)
      return 0
    }
    if (preference === undefined || preference.trim() === '') throw noPreference()
    atMost('use', words, 1)
    const text = preference.trim()
    // The config that later commands in this shell will read.
    const env = { ...io.env, [VARIABLE]: text }
    const { note } = requirePreference(text, sessionConfig(sessionRef(env), env), text)
    const line = shell.set(VARIABLE, text)
    if (note !== undefined) io.stderr.write(`ccr: ${visible(note)}\n`)
    printLine(line, shell.use(`ccr use ${shell.word(text)}`), io)
    return 0
  },
}

function printLine(line: string, use: string, { stdout, stderr }: Io): void {
  stdout.write(`${line}\n`)
  if (stdout.isTTY !== true) return
  stderr.write(`ccr: nothing is set yet; run this in your shell: ${use}\n`)
}

function noPreference(): UsageError {
  return new UsageError(
    'ccr use: no preference is given.',
    'Write: ccr use PREFERENCE, or ccr use --none for the default session. ' +
      'Named preferences: ccr pref list. All models: ccr models',
  )
}
