import { homeFolder } from '../session/identity.ts'
import type { SessionView } from '../session/probe.ts'
import { listSessions } from '../session/probe.ts'
import type { Command, Options } from './command.ts'
import { parseOptions } from './command.ts'
import { json } from './output.ts'
import { preferenceText, sessionJson } from './session-text.ts'

const OPTIONS = {
  all: { type: 'boolean', short: 'a', summary: 'stopped sessions too' },
  json: { type: 'boolean', summary: 'an array for scripts' },
} as const satisfies Options

export const command: Command = {
  name: 'sessions',
  summary: 'list the active sessions',
  usage: 'ccr sessions [--all] [--json]',
  options: OPTIONS,
  examples: ['ccr sessions', 'ccr sessions --json', 'ccr sessions --all'],
  async run(argv, { env, stdout }) {
    const values = await parseOptions('sessions', argv, OPTIONS)
    const sessions = await listSessions(homeFolder(env))
    const shown = values.all ? sessions : sessions.filter(({ state }) => state !== 'stopped')
    stdout.write(values.json ? json(shown.map(sessionJson)) : listing(shown, values.all === true))
    return 0
  },
}

/** The listing exactly as the guide shows it; a state other than running gets a line of its own. */
export function listing(sessions: readonly SessionView[], all = false): string {
  const heading = all ? 'All Sessions:' : 'Active Sessions:'
  const none = all ? 'No sessions.' : 'No active sessions.'
  const entries = sessions.length === 0 ? [`${none}\n`] : sessions.map(entry)
  return [`${heading}\n${'='.repeat(heading.length)}\n`, ...entries].join('\n')
}

function entry(view: SessionView): string {
  const pairs: readonly (readonly [string, string | number | null])[] = [
    ['Session ID', view.id],
    ['Model', preferenceText(view.preference)],
    ['Port', view.port],
    ['PID', view.pid],
    ['Reference Count', view.referenceCount],
    ['State', view.state === 'running' ? null : view.state],
  ]
  const known = pairs.filter(([, value]) => value !== null)
  return known.map(([name, value]) => `${name}: ${value ?? ''}\n`).join('')
}
