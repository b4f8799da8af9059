import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { portHolder, processesLike } from '../../../lib/process.ts'
import type { UserError } from '../../../lib/user-error.ts'
import { version } from '../../../lib/version.ts'
import { DEFAULT_SESSION, sessionFolder } from '../../../session/identity.ts'
import { isOldRouter, oldRouterCure } from '../../../session/old-router.ts'
import { holderOfPort, holderText } from '../../../session/port-holder.ts'
import type { SessionView } from '../../../session/probe.ts'
import { changedKeyNotes } from '../../client/changed-keys.ts'
import type { Io } from '../../command.ts'
import { preferenceText, unprovedNote } from '../../client/session-text.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { area, type Check } from './check.ts'

const ports = area('ports')
const session = area('sessions')

/** Who holds the port of the default session: a session of ours only when it is proved. */
export async function portCheck(
  port: number,
  home: string,
  sessions: readonly SessionView[],
): Promise<Check> {
  for (const view of sessions) {
    if (view.port !== port || view.state === 'stopped') continue
    const { who } = await holderOfPort(view)
    if (who === 'daemon') return ports('ok', `${port}: session ${view.id} (pid ${view.pid ?? '?'})`)
  }
  if (await isFree(port)) return ports('ok', `${port} is free for the default session`)
  const holder = portHolder(port)
  const old = holder !== null && isOldRouter(holder.pid, home)
  const who = old ? `the old Claude Code Router (pid ${holder.pid})` : holderText(holder)
  const hint = old ? oldRouterCure(holder.pid) : 'Another port: set PORT with ccr config edit.'
  return ports('broken', `${port}, the port of the default session, is held by ${who}`, hint)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** What keeps sessions from being seen. */
export function faultChecks(faults: readonly UserError[]): Check[] {
  return faults.map(({ message, hint }) => session('broken', message, hint))
}

/** What the sessions of this home do; `areAll`: whether there can be no others. */
export function sessionChecks(sessions: readonly SessionView[], areAll = true): Check[] {
  const active = sessions.filter(({ state }) => state !== 'stopped')
  const lost = sessions.filter(
    ({ state, record }) => state === 'stopped' && record.desired === 'running',
  )
  return [
    ...(active.length === 0 && areAll ? [session('ok', 'none is running')] : []),
    ...active.map(activeCheck),
    ...active.flatMap(accessChecks),
    ...lost.map((view) =>
      session(
        'warning',
        `${sessionName(view)} should run, but its daemon has ended; its log: ${view.logFile}`,
        commandLine(view.ref, 'start'),
      ),
    ),
  ]
}

function activeCheck(view: SessionView): Check {
  const { state, ref, port, pid } = view
  if (state === 'unresponsive') {
    const text = `${sessionName(view)} does not answer (pid ${pid ?? '?'}); its log: ${view.logFile}`
    return session('broken', text, commandLine(ref, 'stop --force'))
  }
  if (view.version !== null && view.version !== version) {
    const text = `${sessionName(view)} runs version ${view.version}, this is ${version}`
    return session('warning', text, commandLine(ref, 'restart'))
  }
  return session('ok', `${sessionName(view)}: ${state} on ${port ?? '?'} (pid ${pid ?? '?'})`)
}

/** Requests that the next version refuses; the port that every program of the machine may use. */
function accessChecks(view: SessionView): Check[] {
  const note = unprovedNote(view)
  if (note !== null) return [session('warning', `${sessionName(view)}: ${note.what}`, note.mend)]
  if (view.access !== 'open') return []
  const text = `${sessionName(view)} answers any program of this machine that asks at ${view.port ?? '?'}`
  return [session('note', text, 'To have the token asked for: REQUIRE_TOKEN: true in the config')]
}

function sessionName({ id, preference }: SessionView): string {
  return id === DEFAULT_SESSION ? 'the default session' : `${id} (${preferenceText(preference)})`
}

/** Sessions that go on with other values of their config's variables than this shell has. */
export function keyChecks(sessions: readonly SessionView[], env: Io['env']): Check[] {
  return sessions
    .filter(({ state }) => state === 'running')
    .flatMap(({ ref }) => changedKeyNotes(ref, env).map((note) => session('warning', note)))
}

/** A daemon gives itself this title; until then, and always on Windows, it is an argument of its start. */
const DAEMON = /^(?:.* __daemon .{0,256})?ccr daemon (default|[0-9a-f]{8})(?:[ "]|$)/

/**
 * Daemons whose session's folder is gone: nothing of ccr finds them any more. Where the platform
 * does not tell whose they are (another user's, or on macOS and Windows), that is left open.
 */
export function orphanChecks(home: string, look = processesLike): Check[] {
  return look(DAEMON).flatMap((daemon) => {
    const { pid, commandLine } = daemon
    // Anybody can give a process of his this title.
    if (daemon.isOurs === false) return []
    const id = DAEMON.exec(commandLine)?.[1] ?? ''
    const theirs = daemon.variable('CCR_HOME')
    if (existsSync(sessionFolder(theirs ?? home, id))) return []
    if (theirs === undefined) {
      const text = `a daemon (pid ${pid}) serves session ${id}, which is none of ${home}`
      return [
        session('warning', text, `If it is of no other CCR_HOME and user, end it: kill ${pid}`),
      ]
    }
    const text = `a daemon (pid ${pid}) serves session ${id} of ${theirs}, whose folder is gone`
    return [session('warning', text, `End it: kill ${pid}`)]
  })
}
