import { type SessionRef, sessionRef } from '../../../session/identity.ts'
import type { SessionView } from '../../../session/probe.ts'
import { startSession } from '../../../session/start.ts'
import { changedKeyNotes } from '../../client/changed-keys.ts'
import {
  type Command,
  CONFIG_OPTION,
  type Io,
  type Options,
  parseOptions,
  UsageError,
} from '../../command.ts'
import { keyValues } from '../../terminal/output.ts'
import { serviceManager, surroundingsOf } from './service-manager.ts'
import { PATIENCE, whileWaiting } from '../../client/wait-notice.ts'
import { commandLine, endpoint, modelText, servedText, visible } from '../../client/session-text.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  foreground: {
    type: 'boolean',
    summary: 'serve in this process and log to stderr (containers, service managers)',
  },
  detach: {
    type: 'boolean',
    summary: 'start in the background, also where a service manager started ccr',
  },
} as const satisfies Options

export const command: Command = {
  name: 'start',
  summary: 'start the session of CCR_MODEL_PREFERENCE in the background',
  usage: 'ccr start [--foreground | --detach] [--config FILE]',
  options: OPTIONS,
  details: [
    'Returns when the session is ready. A session that runs already is left as it is. It goes on ' +
      'when the terminal is closed, until ccr stop.',
    'As process 1 of a container, or where systemd, supervisord or pm2 started ccr itself, it ' +
      'serves in the foreground, as with --foreground, unless there is a terminal.',
  ],
  examples: ['ccr start', 'CCR_MODEL_PREFERENCE=openrouter,openai/gpt-5 ccr start'],
  async run(argv, io) {
    const values = await parseOptions('start', argv, OPTIONS)
    const config = values.config ?? io.configFile
    const ref = sessionRef(io.env, config === undefined ? {} : { config })
    if (values.foreground && values.detach) {
      throw new UsageError('ccr start: --foreground and --detach exclude each other.', 'Write one.')
    }
    if (values.foreground) return foreground(ref, io)
    const manager = values.detach ? undefined : serviceManager(surroundingsOf(io))
    if (manager !== undefined) {
      io.stderr.write(`ccr: started by ${manager}: serving in the foreground (not so: --detach)\n`)
      return foreground(ref, io)
    }
    const { view, already, notes } = await whileWaiting(io, PATIENCE, (waiting) =>
      startSession(ref, { env: io.env, ...waiting }),
    )
    writeNotes([...notes, ...(already ? changedKeyNotes(ref, io.env) : [])], io)
    io.stdout.write(announcement(view, already ? 'is already running' : 'is running'))
    return 0
  },
}

async function foreground(ref: SessionRef, io: Io): Promise<number> {
  const { serveForeground } = await import('../../../daemon/foreground.ts')
  return serveForeground(ref, io.env, (notes) => writeNotes(notes, io))
}

/** What the user should know of his config and preference. */
export function writeNotes(notes: readonly string[], { stderr }: Pick<Io, 'stderr'>): void {
  for (const note of notes) stderr.write(`ccr: ${visible(note)}\n`)
}

/** The session in the words of `ccr start` and `ccr restart`, and how it is used. */
export function announcement(view: SessionView, what: string): string {
  const model = modelText(view)
  const preference = servedText(view)
  const isSaid = model === null || model === preference || view.record.fallsBack
  const facts = keyValues([
    ['Session ID', view.id],
    ['Model', isSaid ? preference : `${preference} (${model})`],
    ['Port', view.port],
    ['PID', view.pid],
    ['Endpoint', endpoint(view)],
  ])
  const use = commandLine(view.ref, 'code "Write a function"')
  return `Session ${view.id} ${what}.\n\n${facts}\nUse it:  ${use}\n`
}
