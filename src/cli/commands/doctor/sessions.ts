/** Checks of ports, sessions and orphaned daemons. */
/** Checks of ports, sessions and orphaned daemons. */
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

/** Checks the port of the default session. A session counts as its user only if its daemon proves itself. */
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
  const hint = old ? oldRouterCure(holder.pid) : 'To use another port, set PORT: ccr config edit'
  return ports('broken', `${port}, the port of the default session, is in use by ${who}`, hint)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Problems that hide sessions. */
export function faultChecks(faults: readonly UserError[]): Check[] {
  return faults.map(({ message, hint }) => session('broken', message, hint))
}

/** Checks the sessions of this home. `areAll`: whether these are all sessions. */
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
        `${sessionName(view)} should be running, but its daemon has ended; log: ${view.logFile}`,
        commandLine(view.ref, 'start'),
      ),
    ),
  ]
}

function activeCheck(view: SessionView): Check {
  const { state, ref, port, pid } = view
  if (state === 'unresponsive') {
    const text = `${sessionName(view)} does not answer (pid ${pid ?? '?'}); log: ${view.logFile}`
    return session('broken', text, commandLine(ref, 'stop --force'))
  }
  if (view.version !== null && view.version !== version) {
    const text = `${sessionName(view)} runs version ${view.version}; this is version ${version}`
    return session('warning', text, commandLine(ref, 'restart'))
  }
  return session('ok', `${sessionName(view)}: ${state} on ${port ?? '?'} (pid ${pid ?? '?'})`)
}

/** Checks for requests that the next version refuses, and for a port that is open to all programs. */
function accessChecks(view: SessionView): Check[] {
  const note = unprovedNote(view)
  if (note !== null) return [session('warning', `${sessionName(view)}: ${note.what}`, note.mend)]
  if (view.access !== 'open') return []
  const text = `${sessionName(view)} answers any program on this machine (port ${view.port ?? '?'})`
  return [session('note', text, 'To require the token: REQUIRE_TOKEN: true in the config')]
}

function sessionName({ id, preference }: SessionView): string {
  return id === DEFAULT_SESSION ? 'the default session' : `${id} (${preferenceText(preference)})`
}

/** Finds sessions that use other values of config variables than this shell has. */
export function keyChecks(sessions: readonly SessionView[], env: Io['env']): Check[] {
  return sessions
    .filter(({ state }) => state === 'running')
    .flatMap(({ ref }) => changedKeyNotes(ref, env).map((note) => session('warning', note)))
}

/** The process title of a daemon. Before it is set, and always on Windows, it is a start argument. */
const DAEMON = /^(?:.* __daemon .{0,256})?ccr daemon (default|[0-9a-f]{8})(?:[ "]|$)/

/**
 * Finds orphaned daemons: the folder of their session is gone, so no command finds them. On platforms
 * that do not show the owner or environment of a process (macOS, Windows), the message leaves that open.
 */
export function orphanChecks(home: string, look = processesLike): Check[] {
  return look(DAEMON).flatMap((daemon) => {
    const { pid, commandLine } = daemon
    // Any user can give a process this title.
    if (daemon.isOurs === false) return []
    const id = DAEMON.exec(commandLine)?.[1] ?? ''
    const theirs = daemon.variable('CCR_HOME')
    if (existsSync(sessionFolder(theirs ?? home, id))) return []
    if (theirs === undefined) {
      const text = `a daemon (pid ${pid}) serves session ${id}, which is not a session of ${home}`
      return [
        session(
          'warning',
          text,
          `If it does not belong to another CCR_HOME or user, end it: kill ${pid}`,
        ),
      ]
    }
    const text = `a daemon (pid ${pid}) serves session ${id} of ${theirs}, whose folder is gone`
    return [session('warning', text, `End it: kill ${pid}`)]
  })
}
