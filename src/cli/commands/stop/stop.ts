/** `ccr stop`. */
import { type SessionRef } from '../../../session/identity.ts'
import { stopSession } from '../../../session/stop.ts'
import {
  type Command,
  CONFIG_OPTION,
  type Io,
  type Options,
  parseOptions,
  UsageError,
} from '../../command.ts'
import { forEachSession, homeSessions } from '../../client/home-sessions.ts'
import { preferenceText } from '../../client/session-text.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { ENDING, whileWaiting } from '../../client/wait-notice.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  all: { type: 'boolean', short: 'a', summary: 'stop every session of this home' },
  drain: {
    type: 'string',
    value: 'SECONDS',
    summary: 'how long running streams may take to finish (default: 10)',
  },
  'new-token': {
    type: 'boolean',
    summary: 'give the session a new token; clients that hold the old one are refused',
  },
  force: {
    type: 'boolean',
    short: 'f',
    summary: 'cut off running streams; end a daemon that hangs',
  },
} as const satisfies Options

/** A daemon that hangs stops on the signal as soon as it responds again. */
const ASKING = 'asking it to stop, and waiting as long as its streams may take'

export const command: Command = {
  name: 'stop',
  summary: 'stop the session of CCR_MODEL_PREFERENCE',
  usage: 'ccr stop [--all] [--drain SECONDS] [--new-token] [--force] [--config FILE]',
  options: OPTIONS,
  examples: ['ccr stop', 'CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr stop', 'ccr stop --all'],
  async run(argv, io) {
    const values = await parseOptions('stop', argv, OPTIONS)
    const options = {
      force: values.force === true,
      newToken: values['new-token'] === true,
      ...(values.drain === undefined ? {} : { drainMs: milliseconds(values.drain) }),
    }
    const stop = async (ref: SessionRef): Promise<void> => {
      const doing = options.force ? ENDING : ASKING
      const { ran, clients } = await whileWaiting(io, doing, (waiting) =>
        stopSession(ref, { ...options, ...waiting }),
      )
      const ended = ran ? 'stopped' : 'was not running'
      const start = options.newToken ? null : commandLine(ref, 'start')
      const attached = clients === 0 ? '' : attachedText(clients, start)
      io.stdout.write(
        `Session ${ref.id} (${preferenceText(ref.preference)}) ${ended}.\n${attached}`,
      )
    }
    if (values.all) return stopAll(io, stop, options.newToken)
    await stop(commandSession(io, values))
    return 0
  },
}

/**
 * Clients on a terminal keep running, and continue when the session is started again. With a new
 * token (`start` is null) they cannot.
 */
function attachedText(clients: number, start: string | null): string {
  const many = clients === 1 ? '1 terminal was' : `${clients} terminals were`
  if (start === null) return `${many} attached; end claude there.\n`
  return `${many} attached; claude continues there after: ${start}\n`
}

/** Stops all sessions. `stopped`: also the ones that are not running, because they have a token too. */
async function stopAll(
  io: Io,
  stop: (ref: SessionRef) => Promise<void>,
  stopped: boolean,
): Promise<number> {
  const { views, isComplete } = await homeSessions(io)
  const active = views.filter(({ state }) => stopped || state !== 'stopped').map(({ ref }) => ref)
  if (active.length === 0 && isComplete) io.stdout.write('No active sessions.\n')
  const code = await forEachSession(active, io, stop)
  return isComplete ? code : 1
}

function milliseconds(seconds: string): number {
  const value = Number(seconds)
  if (Number.isFinite(value) && value >= 0) return Math.round(value * 1000)
  throw new UsageError(
    `ccr stop: --drain '${seconds}' is not a number of seconds.`,
    'For example: --drain 30',
  )
}
