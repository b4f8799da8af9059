/** `ccr restart`. */
import { type SessionRef } from '../../../session/identity.ts'
import { restartSession } from '../../../session/restart.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, parseOptions } from '../../command.ts'
import { forEachSession, homeSessions } from '../../client/home-sessions.ts'
import { runningReportNotes } from '../../client/reported-models.ts'
import { ENDING, WAITING, whileWaiting } from '../../client/wait-notice.ts'
import { announcement } from '../../client/session-text.ts'
import { writeNotes } from '../../terminal/output.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  all: { type: 'boolean', short: 'a', summary: 'restart every running session' },
  'new-token': {
    type: 'boolean',
    summary: 'give the session a new token; clients that hold the old one are refused',
  },
  force: { type: 'boolean', short: 'f', summary: 'end a daemon that hangs' },
} as const satisfies Options

export const command: Command = {
  name: 'restart',
  summary: 'replace the daemon of the session: new config, same port, running streams finish',
  usage: 'ccr restart [--all] [--new-token] [--force] [--config FILE]',
  options: OPTIONS,
  examples: [
    'ccr restart',
    'CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr restart',
    'ccr restart --all',
  ],
  async run(argv, io) {
    const values = await parseOptions('restart', argv, OPTIONS)
    const restart = async (ref: SessionRef): Promise<void> => {
      const force = values.force === true
      const doing = force ? ENDING : `${WAITING}, then asking it to stop`
      const { view, notes } = await whileWaiting(io, doing, (waiting) =>
        restartSession(ref, {
          ...{ env: io.env, force, newToken: values['new-token'] === true },
          ...waiting,
        }),
      )
      writeNotes([...notes, ...(await runningReportNotes(ref, view.record, io.env))], io)
      io.stdout.write(announcement(view, 'was restarted'))
    }
    if (values.all) return restartAll(io, restart)
    await restart(commandSession(io, values))
    return 0
  },
}

async function restartAll(io: Io, restart: (ref: SessionRef) => Promise<void>): Promise<number> {
  const { views, isComplete } = await homeSessions(io)
  const active = views.filter(({ state }) => state !== 'stopped').map(({ ref }) => ref)
  if (active.length === 0 && isComplete) io.stdout.write('No active sessions.\n')
  const code = await forEachSession(active, io, restart)
  return isComplete ? code : 1
}
