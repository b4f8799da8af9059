/** `ccr logs`. */
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
  follow: { type: 'boolean', short: 'f', summary: 'keep printing new lines until Ctrl-C' },
  lines: {
    type: 'string',
    short: 'n',
    value: 'LINES',
    summary: 'how many lines to show (default: 50)',
  },
  json: { type: 'boolean', summary: 'one JSON object per line with all fields, for scripts' },
} as const satisfies Options

const LINES = 50

export const command: Command = {
  name: 'logs',
  summary: 'show the log of the session of CCR_MODEL_PREFERENCE',
  usage: 'ccr logs [-f] [-n LINES] [--json] [--config FILE]',
  options: OPTIONS,
  details: [
    'The log is router.log in the folder of the session (ccr status shows its path); after a ' +
      'rotation, router.log.1 has the lines before it. LOG_LEVEL in the config sets how much is ' +
      'logged. Exit code: 0, or 1 when the session has no log.',
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

/** Follows the log until a signal, or until the reader of stdout has gone. */
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
    `ccr logs: --lines '${given}' is not a number of lines.`,
    'For example: -n 200',
  )
}

function noLog(ref: SessionRef): UserError {
  const name = `session ${ref.id} (${preferenceText(ref.preference)})`
  return new UserError(
    `${name} has no log: it was never started here.`,
    `Start it:  ${commandLine(ref, 'start')}\nWhich sessions have one:  ccr sessions --all`,
  )
}
