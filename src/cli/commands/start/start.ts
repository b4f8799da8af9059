/** `ccr start`. */
import { type SessionRef } from '../../../session/identity.ts'
import { startSession } from '../../../session/start.ts'
import { runningReportNotes } from '../../client/reported-models.ts'
import { changedKeyNotes } from '../../client/changed-keys.ts'
import {
  type Command,
  CONFIG_OPTION,
  type Io,
  type Options,
  parseOptions,
  UsageError,
} from '../../command.ts'
import { serviceManager, surroundingsOf } from './service-manager.ts'
import { WAITING, whileWaiting } from '../../client/wait-notice.ts'
import { writeNotes } from '../../terminal/output.ts'
import { announcement } from '../../client/session-text.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  foreground: {
    type: 'boolean',
    summary: 'serve in this process and log to stderr (containers, service managers)',
  },
  detach: {
    type: 'boolean',
    summary: 'start in the background even if a service manager started ccr',
  },
} as const satisfies Options

export const command: Command = {
  name: 'start',
  summary: 'start the session of CCR_MODEL_PREFERENCE in the background',
  usage: 'ccr start [--foreground | --detach] [--config FILE]',
  options: OPTIONS,
  details: [
    'Returns when the session is ready. A session that is already running is left as it is. The ' +
      'session keeps running after the terminal is closed, until ccr stop.',
    'As process 1 of a container, or when systemd, supervisord or pm2 started ccr itself, the ' +
      'command serves in the foreground as with --foreground, unless it has a terminal.',
  ],
  examples: ['ccr start', 'CCR_MODEL_PREFERENCE=openrouter,openai/gpt-5 ccr start'],
  async run(argv, io) {
    const values = await parseOptions('start', argv, OPTIONS)
    const ref = commandSession(io, values)
    if (values.foreground && values.detach) {
      throw new UsageError(
        'ccr start: --foreground and --detach cannot be used together.',
        'Use one of them.',
      )
    }
    if (values.foreground) return foreground(ref, io)
    const manager = values.detach ? undefined : serviceManager(surroundingsOf(io))
    if (manager !== undefined) {
      io.stderr.write(
        `ccr: started by ${manager}: serving in the foreground (to start in the background: --detach)\n`,
      )
      return foreground(ref, io)
    }
    const { view, already, notes } = await whileWaiting(io, WAITING, (waiting) =>
      startSession(ref, { env: io.env, ...waiting }),
    )
    const reported = await runningReportNotes(ref, view.record, io.env)
    const keys = already ? changedKeyNotes(ref, io.env) : []
    writeNotes([...notes, ...reported, ...keys], io)
    io.stdout.write(announcement(view, already ? 'is already running' : 'is running'))
    return 0
  },
}

async function foreground(ref: SessionRef, io: Io): Promise<number> {
  const { serveForeground } = await import('../../../daemon/foreground.ts')
  return serveForeground(ref, io.env, (notes) => writeNotes(notes, io))
}
