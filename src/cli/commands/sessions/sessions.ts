/** `ccr sessions`. */
import { homeFolder } from '../../../session/identity.ts'
import { listSessions, type SessionView } from '../../../session/probe.ts'
import { actionOf, atMost, parseArguments } from '../../arguments.ts'
import type { Command, Io, Options } from '../../command.ts'
import { orderOf } from '../../terminal/sort-order.ts'
import { json } from '../../terminal/output.ts'
import { preferenceText, servedText, sessionJson } from '../../client/session-text.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { homeSessions } from '../../client/home-sessions.ts'
import { ORDERS, sorted } from './sort.ts'

const OPTIONS = {
  all: { type: 'boolean', short: 'a', summary: 'include stopped sessions' },
  sort: {
    type: 'string',
    value: 'WHAT',
    choices: ORDERS,
    summary: `${ORDERS.join(', ')} (default: session)`,
  },
  json: { type: 'boolean', summary: 'an array for scripts' },
  watch: { type: 'boolean', short: 'w', summary: 'redraw the list every second' },
} as const satisfies Options

export const command: Command = {
  name: 'sessions',
  summary: 'list the active sessions',
  usage: 'ccr sessions [prune] [--all] [--sort WHAT] [--json] [--watch]',
  options: OPTIONS,
  words: ['prune'],
  details: [
    '--watch redraws the list every second until you press q or Ctrl-C; s switches the sort order.',
    'ccr sessions prune removes the files of sessions that are not running and frees their ports.',
  ],
  examples: [
    'ccr sessions',
    'ccr sessions --json',
    'ccr sessions --all',
    'ccr sessions --watch',
    'ccr sessions prune',
  ],
  async run(argv, io) {
    const { words, values } = await parseArguments('sessions', argv, OPTIONS)
    atMost('sessions', words, 1)
    const home = homeFolder(io.env)
    if (words.length > 0) return actionOf('sessions', words[0], { prune })(home, io)
    const all = values.all === true
    const order = orderOf('sessions', values.sort ?? 'session', ORDERS)
    const shownOf = (sessions: readonly SessionView[]): readonly SessionView[] =>
      all ? sessions : sessions.filter(({ state }) => state !== 'stopped')
    const show = (views: readonly SessionView[]): string => listing(views, all)
    if (values.watch) {
      const { watch } = await import('./watch.ts')
      const list = async (): Promise<readonly SessionView[]> => shownOf(await listSessions(home))
      return watch(io, { list, show, order, clock: () => new Date().toLocaleTimeString() })
    }
    const { views, isComplete } = await homeSessions(io)
    const shown = sorted(shownOf(views), order)
    if (values.json) io.stdout.write(json(shown.map(sessionJson)))
    else if (isComplete) io.stdout.write(show(shown))
    return isComplete ? 0 : 1
  },
}

async function prune(home: string, { stdout, stderr }: Io): Promise<number> {
  const { pruneSessions } = await import('../../../session/prune.ts')
  const { removed, faults } = await pruneSessions(home)
  for (const { id, preference } of removed) {
    stdout.write(`Removed session ${id} (${preferenceText(preference)}).\n`)
  }
  if (removed.length === 0 && faults.length === 0)
    stdout.write('All known sessions are running; nothing to prune.\n')
  for (const { message, hint } of faults) stderr.write(`ccr: ${visible(message)}\n${hint}\n`)
  return faults.length === 0 ? 0 : 1
}

/** The listing exactly as the user's guide shows it; a state other than running adds a line. */
export function listing(sessions: readonly SessionView[], all = false): string {
  const heading = all ? 'All Sessions:' : 'Active Sessions:'
  const none = all ? 'No sessions.' : 'No active sessions.'
  const entries = sessions.length === 0 ? [`${none}\n`] : sessions.map(entry)
  return [`${heading}\n${'='.repeat(heading.length)}\n`, ...entries].join('\n')
}

function entry(view: SessionView): string {
  const pairs: readonly (readonly [string, string | number | null])[] = [
    ['Session ID', view.id],
    ['Model', servedText(view)],
    ['Port', view.port],
    ['PID', view.pid],
    ['Reference Count', view.referenceCount],
    ['State', view.state === 'running' ? null : view.state],
  ]
  const known = pairs.filter(([, value]) => value !== null)
  return known.map(([name, value]) => `${name}: ${value ?? ''}\n`).join('')
}
