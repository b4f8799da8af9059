import { UserError } from '../../../lib/user-error.ts'
import { type SessionRef } from '../../../session/identity.ts'
import { logFile } from '../../../session/paths.ts'
import {
  type Command,
  CONFIG_OPTION,
  type Options,
  parseOptions,
  UsageError,
} from '../../command.ts'
import { onInterruption } from '../../terminal/interrupt.ts'
import { follow, type LogReader, openLog } from './log-file.ts'
import { logJson, logLine } from './log-line.ts'
import { painter } from '../../terminal/output.ts'
import { preferenceText } from '../../client/session-text.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  follow: { type: 'boolean', short: 'f', summary: 'go on with what is added, until Ctrl-C' },
  lines: { type: 'string', short: 'n', value: 'LINES', summary: 'the last so many lines (50)' },
  json: { type: 'boolean', summary: 'one JSON object a line, with everything, for scripts' },
} as const satisfies Options

const LINES = 50

export const command: Command = {
  name: 'logs',
  summary: 'show the log of the session of CCR_MODEL_PREFERENCE',
  usage: 'ccr logs [-f] [-n LINES] [--json] [--config FILE]',
  options: OPTIONS,
  details: [
    'The log is router.log in the folder of the session (ccr status names it); of what was there ' +
      'before it was begun anew, router.log.1 is left. How much is logged says LOG_LEVEL of the ' +
      'config. Exit code: 0, or 1 when the session has no log.',
  ],
  examples: [
    'ccr logs',
    'CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr logs -f',
    'ccr logs -n 1000 --json | grep \'"level":"error"\'',
  ],
  async run(argv, io) {
    const values = await parseOptions('logs', argv, OPTIONS)
    const count = lineCount(values.lines)
    const ref = commandSession(io, values)
    const reader = openLog(logFile(ref), count)
    if (!reader) throw noLog(ref)
    const paint = painter(io.stdout, io.env)
    const print = (lines: readonly string[]): void => {
      for (const line of lines) {
        io.stdout.write(`${values.json ? logJson(line) : logLine(line, paint)}\n`)
      }
    }
    if (values.follow) return followed(logFile(ref), reader, print)
    print(reader.read())
    if (reader.rest() !== '') print([reader.rest()])
    return 0
  },
}

type Print = (lines: readonly string[]) => void

/** Until a signal, or until nobody reads any more. */
async function followed(file: string, reader: LogReader, print: Print): Promise<number> {
  const interruption = onInterruption()
  const unread = new AbortController()
  process.stdout.once('error', () => unread.abort())
  const signal = AbortSignal.any([interruption.signal, unread.signal])
  await follow(file, reader, { signal, onLines: print })
  interruption.off()
  return interruption.exitCode() ?? 0
}

function lineCount(given: string | undefined): number {
  if (given === undefined) return LINES
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new UsageError(
    `ccr logs: --lines '${given}' is no number of lines.`,
    'Write for example: -n 200',
  )
}

function noLog(ref: SessionRef): UserError {
  const name = `session ${ref.id} (${preferenceText(ref.preference)})`
  return new UserError(
    `${name} has no log: it was never started here.`,
    `Start it:  ${commandLine(ref, 'start')}\nWhich sessions have one:  ccr sessions --all`,
  )
}
