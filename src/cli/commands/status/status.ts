/** `ccr status`. */
import { formatModelRef, type ModelRef } from '../../../lib/model-ref.ts'
import { version } from '../../../lib/version.ts'
import { daemonEnvironment } from '../../../session/environment.ts'
import { probe, type SessionState, type SessionView } from '../../../session/probe.ts'
import { LISTING_LIMIT_MS } from '../../../session/peer.ts'
import { faultsOf } from '../../../session/record.ts'
import {
  accessText,
  endpoint,
  modelText,
  preferenceText,
  servedText,
  sessionJson,
  unprovedNote,
} from '../../client/session-text.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { type Command, CONFIG_OPTION, type Io, type Options, parseOptions } from '../../command.ts'
import { duration, json, keyValues, mebibytes } from '../../terminal/output.ts'
import { WITHOUT_ANSWER, whileWaiting } from '../../client/wait-notice.ts'
import { commandSession } from '../../client/command-context.ts'

const OPTIONS = {
  ...CONFIG_OPTION,
  json: { type: 'boolean', summary: 'an object for scripts' },
} as const satisfies Options

/** The exit code that `systemctl status` and init scripts use. */
const NOT_RUNNING = 3

export const command: Command = {
  name: 'status',
  summary: 'show the session of CCR_MODEL_PREFERENCE',
  usage: 'ccr status [--json] [--config FILE]',
  options: OPTIONS,
  details: [
    'Exit code: 0 when the session is running, also while it finishes its last answers; 3 when it is ' +
      'not.',
    'In --json, the field next is the command to type next.',
  ],
  examples: ['ccr status', 'CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr status --json'],
  async run(argv, io) {
    const values = await parseOptions('status', argv, OPTIONS)
    const ref = commandSession(io, values)
    const view = await whileWaiting(io, WITHOUT_ANSWER, ({ onSilence }) =>
      probe(ref, LISTING_LIMIT_MS, onSilence),
    )
    const runs = view.state === 'running' || view.state === 'draining'
    const shown = withFaults(await withPlan(view, { env: io.env, runs }))
    if (values.json) io.stdout.write(json(statusJson(shown)))
    else io.stdout.write(runs ? running(shown) : notRunning(shown))
    return runs ? 0 : NOT_RUNNING
  },
}

/**
 * Adds what the current config says about the session: other sessions of the same model and, if no
 * daemon reports them, the model and the notes that a start would give.
 */
async function withPlan(
  view: SessionView,
  { env, runs }: { readonly env: Io['env']; readonly runs: boolean },
): Promise<Shown> {
  try {
    const { readSetup } = await import('../../../session/setup.ts')
    const { duplicateNote, duplicateSessions } = await import('../../client/duplicate-sessions.ts')
    const { config, choice, notes } = readSetup(view.ref, daemonEnvironment(view.ref, env))
    const duplicates = (await duplicateSessions(view.ref, config)).map(duplicateNote)
    if (runs) {
      const { changedKeyNotes } = await import('../../client/changed-keys.ts')
      const { reportNotes, withReportedModels } = await import('../../client/reported-models.ts')
      const reported = reportNotes(view.ref, await withReportedModels(config, view.record))
      const more = [...changedKeyNotes(view.ref, env, config), ...reported, ...duplicates]
      return { ...view, notes: [...view.notes, ...more, ...accessNotes(view)] }
    }
    return { ...view, planned: choice, notes: [...notes, ...duplicates] }
  } catch (thrown) {
    if (runs) return { ...view, notes: [...view.notes, ...accessNotes(view)] }
    return { ...view, notes: [reasonOf(thrown)] }
  }
}

/** The message with its hint, if that is one line; `ccr start` shows longer hints. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : ''
  if (hint === '' || hint.includes('\n')) return thrown.message
  return `${thrown.message.replace(/\.$/, '')}. ${hint}`
}

/** Adds what would prevent a start. */
function withFaults(shown: Shown): Shown {
  const faults = faultsOf(shown.ref).map(
    ({ message, hint }) => `${message}. ${hint.replaceAll('\n', ' ')}`,
  )
  return { ...shown, notes: [...shown.notes, ...faults] }
}

function accessNotes(view: SessionView): string[] {
  const note = unprovedNote(view)
  return note === null ? [] : [`${note.what} ${note.mend}.`]
}

/** `planned`: the model that a start would use; undefined if a daemon runs or the config is broken. */
type Shown = SessionView & { readonly planned?: ModelRef | null }

function statusJson(view: Shown): object {
  const { served, running: answering, dropped, notes, planned, access, unproved } = view
  return {
    ...sessionJson(view),
    ...(planned ? { provider: planned.provider, model: planned.model } : {}),
    endpoint: endpoint(view),
    version: view.version,
    requests: { served, running: answering },
    access,
    requestsWithoutToken: unproved,
    droppedFields: dropped,
    notes,
    next: commandLine(view.ref, NEXT[view.state].command),
  }
}

function running(view: SessionView): string {
  const details = keyValues([
    ['Session ID', view.id],
    ['State', view.state],
    ['Preference', servedText(view)],
    ['Model', modelText(view) ?? 'none named: see the notes'],
    ['Port', view.port],
    ['Endpoint', endpoint(view)],
    ['Open to', accessText(view)],
    ['PID', view.pid],
    ['Uptime', view.uptimeMs === null ? null : duration(view.uptimeMs)],
    ['Reference Count', view.referenceCount],
    ['Memory', view.rssBytes === null ? null : mebibytes(view.rssBytes)],
    ['Requests', requestsText(view)],
    ['Dropped fields', view.dropped],
    ['Version', versionText(view)],
    ['Log', view.logFile],
  ])
  return `${details}${notesText(view.notes)}\n${nextText(view)}\n`
}

function requestsText({ served, running: answering }: SessionView): string | null {
  return served === null ? null : `${served} served, ${answering ?? 0} running`
}

/** The version of the daemon, if it differs from the version of the command. */
function versionText(view: SessionView): string | null {
  if (view.version === null || view.version === version) return null
  return `${view.version}; this is ${version}: ${commandLine(view.ref, 'restart')}`
}

function notRunning(view: Shown): string {
  const name = `Session ${view.id} (${preferenceText(view.preference)})`
  const details = keyValues([
    ['State', view.state],
    ['Model', view.planned ? formatModelRef(view.planned) : null],
    ['PID', view.pid],
    ['Log', view.logFile],
  ])
  const help = view.state === 'stopped' ? HELP : ''
  return `${name}: ${ABSENCE[view.state]}.\n\n${details}${notesText(view.notes)}${help}\n${nextText(view)}\n`
}

/** The reason why a session does not serve requests. */
const ABSENCE: Readonly<Record<SessionState, string>> = {
  stopped: 'service not running',
  starting: 'service not running yet',
  unresponsive: 'service not responding: its daemon hangs',
  running: 'service running',
  draining: 'service stopping',
}

/** The command to type next, and its purpose. */
const NEXT: Readonly<Record<SessionState, { readonly why: string; readonly command: string }>> = {
  stopped: { why: 'Start it', command: 'start' },
  starting: { why: 'Wait until it has started', command: 'start' },
  unresponsive: { why: 'End it', command: 'stop --force' },
  running: { why: 'Use it', command: 'code "Write a function"' },
  draining: { why: 'Start it again when its last answers are finished', command: 'start' },
}

function nextText({ ref, state }: SessionView): string {
  const { why, command: line } = NEXT[state]
  return `${why}:  ${commandLine(ref, line)}`
}

const HELP = `
If you expected it to run, make sure:
1. You're using the exact same CCR_MODEL_PREFERENCE value
2. The session is actually running (check with \`ccr sessions\`)
`

function notesText(notes: readonly string[]): string {
  return notes.map((note) => `Note: ${visible(note)}\n`).join('')
}
