/** Binds the session to its port, or to the first free one that it may have. */
import { counted } from '../lib/counted.ts'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { Config } from '../config/config.ts'
import { isHeld, withLock } from '../lib/lock.ts'
import { withVariables } from '../lib/command-line.ts'
import { portHolder } from '../lib/process.ts'
import { errorCode, UserError } from '../lib/user-error.ts'
import { within } from '../lib/within.ts'
import { isPublicHost, isWildcard } from '../server/guard.ts'
import { DEFAULT_SESSION, type SessionRef } from '../session/identity.ts'
import type { Listener } from '../session/inheritance.ts'
import { isOldRouter, oldRouterCure } from '../session/old-router.ts'
import { REGISTRY_LOCK, serveLock } from '../session/paths.ts'
import { type Claim, portClaims } from '../session/ports.ts'
import { provedHolders } from '../session/probe.ts'
import { knownSessions, readRecord, type SessionRecord, writeRecord } from '../session/record.ts'

const LOOPBACK = '127.0.0.1'

export interface Address {
  /** What the server binds. */
  readonly bind: string
  /** Where clients of this machine find it. */
  readonly connect: string
  /** A note for the user when `HOST` was ignored. */
  readonly note?: string
}

/** Other machines may reach a session only with HOST and APIKEY both set. */
export function addressOf({ host, apiKey }: Pick<Config, 'host' | 'apiKey'>): Address {
  if (isPublicHost(host) && apiKey === '') {
    const note = `HOST ${host} is ignored and ${LOOPBACK} used: it needs an APIKEY in the config.`
    return { bind: LOOPBACK, connect: LOOPBACK, note }
  }
  const bind = host === 'localhost' ? LOOPBACK : host
  return { bind, connect: isWildcard(bind) ? LOOPBACK : bind }
}

export interface Binding {
  readonly server: Server
  readonly ref: SessionRef
  readonly address: Address
  /** The config's PORT. */
  readonly base: number
  /** An inherited listener, bound to that address and to a port that the session may keep. */
  readonly listener?: Listener | undefined
}

/**
 * Binds the server to the session's port and writes what `facts` returns to its record, under the
 * registry lock. Throws UserError when no port is available.
 */
export function bindPort(
  binding: Binding,
  recordFields: (port: number) => Partial<SessionRecord>,
): Promise<SessionRecord> {
  const { ref, base, server, listener } = binding
  return withLock(ref.home, REGISTRY_LOCK, async () => {
    if (listener) {
      await listen(server, { fd: listener.descriptor })
      return writeRecord(ref, recordFields(listener.port))
    }
    const remembered = readRecord(ref).port
    const claims = portClaims({ id: ref.id, port: remembered }, base, knownSessions(ref.home))
    for (const claim of claims) {
      const got =
        (await bound(binding, claim)) ||
        (claim.port === remembered && (await again(binding, remembered)))
      if (!got) continue
      for (const loser of claim.rememberedBy) writeRecord(loser, { port: null })
      return writeRecord(ref, recordFields(claim.port))
    }
    throw await noPort(ref, base, claims)
  })
}

async function bound({ server, ref, address }: Binding, claim: Claim): Promise<boolean> {
  for (const other of claim.rememberedBy) {
    if (await isHeld(ref.home, serveLock(other))) return false
  }
  return listen(server, { port: claim.port, host: address.bind })
}

/** How long closing a listener may take, also on a loaded machine, in ms. */
const CLOSING_LIMIT_MS = 250

/**
 * A second try for the session's remembered port: the lock of a daemon that was killed may be free
 * a moment before its port. A listener that is closing breaks our connection, a stranger keeps it.
 */
async function again({ server, address }: Binding, port: number): Promise<boolean> {
  const socket = connect({ host: address.connect, port }).on('error', () => undefined)
  const closed = new Promise<true>((resolve) => socket.once('close', () => resolve(true)))
  const closing = await within(closed, CLOSING_LIMIT_MS)
  socket.destroy()
  return closing === true && listen(server, { port, host: address.bind })
}

/** The port is taken, or this user may not bind it. */
const NOT_OURS: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES'])

interface Endpoint {
  readonly host: string
  readonly port: number
}

function listen(server: Server, where: Endpoint | { readonly fd: number }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      server.off('listening', succeed)
      if (NOT_OURS.has(errorCode(error))) resolve(false)
      else
        reject(
          new UserError(
            `cannot listen on ${'host' in where ? where.host : 'the socket of the daemon before'}: ${error.message}`,
            'Check HOST in the config.',
            error,
          ),
        )
    }
    const succeed = (): void => {
      server.off('error', fail)
      resolve(true)
    }
    server.once('error', fail)
    server.once('listening', succeed)
    server.listen({ ...where, exclusive: true })
  })
}

async function noPort(ref: SessionRef, base: number, claims: readonly Claim[]): Promise<UserError> {
  const named = await holders(claims)
  if (ref.id === DEFAULT_SESSION) {
    const holder = portHolder(base)
    const isOld = holder !== null && isOldRouter(holder.pid, ref.home)
    const who = isOld ? `  ${base}  the old Claude Code Router, pid ${holder.pid}` : named
    return new UserError(
      `port ${base} of the default session is in use:\n${who}`,
      (isOld ? `${oldRouterCure(holder.pid)}\nOr set` : 'End that process, set') +
        ' another PORT in the config, or use a session with a preference:\n' +
        `  ${withVariables([['CCR_MODEL_PREFERENCE', 'provider,model']], 'ccr start')}`,
    )
  }
  const stop = withVariables([['CCR_MODEL_PREFERENCE', '...']], 'ccr stop')
  const processes = process.platform === 'win32' ? 'tasklist /v' : 'ps aux | grep ccr'
  return new UserError(
    `all ports ${portRange(claims)} are in use:\n${named}`,
    `Stop unused sessions: \`ccr sessions\`, then \`${stop}\`.\n` +
      `Check for orphaned processes: \`${processes}\`.`,
  )
}

function portRange(claims: readonly Claim[]): string {
  const ports = claims.map(({ port }) => port)
  return `${Math.min(...ports)}-${Math.max(...ports)}`
}

/** How many strangers are named: finding the holder of a port looks at every process. */
const STRANGERS_NAMED = 10

/** Who holds the ports, one per line: sessions of this home, which the user can stop, and some strangers. */
async function holders(claims: readonly Claim[]): Promise<string> {
  const byPort = [...claims].sort((a, b) => a.port - b.port)
  const sessions = byPort.filter(({ rememberedBy }) => rememberedBy.length > 0)
  const strangers = byPort.filter(({ rememberedBy }) => rememberedBy.length === 0)
  const named = [...sessions, ...strangers.slice(0, STRANGERS_NAMED)]
  const more = strangers.length - STRANGERS_NAMED
  const lines: string[] = []
  let looks = 0
  const programOf = (port: number): string => {
    looks += 1
    return looks > STRANGERS_NAMED ? 'another program' : programOn(port)
  }
  for (const claim of named) lines.push(`  ${claim.port}  ${await holderOf(claim, programOf)}`)
  return [
    ...lines,
    ...(more > 0 ? [`  and ${counted(more, 'more port')}, by other programs`] : []),
  ].join('\n')
}

/** A session is named as the holder only when a process is proved to serve it. */
async function holderOf(
  { port, rememberedBy }: Claim,
  programOf: (port: number) => string,
): Promise<string> {
  for (const owner of rememberedBy) {
    const [pid] = await provedHolders(owner)
    if (pid !== undefined) return `${nameOf(owner)}, pid ${pid}`
  }
  const [owner] = rememberedBy // it stopped, and another process took its port
  const program = programOf(port)
  return owner ? `remembered by ${nameOf(owner)}, held by ${program}` : program
}

function nameOf({ id, preference }: SessionRef): string {
  return `session ${id} (${preference || 'default'})`
}

/** Hyper-V and WSL take ranges of ports for themselves. */
const RESERVED =
  'a program of another user, or Windows itself (netsh int ipv4 show excludedportrange tcp)'

function programOn(port: number): string {
  const holder = portHolder(port)
  if (holder) return `${holder.name}, pid ${holder.pid}`
  if (process.platform === 'win32') return RESERVED
  return 'a program of another user, or a connection that goes out from it'
}
