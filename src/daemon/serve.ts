/** The composition root: joins config, gateway, server and session into a running daemon. */
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSwitch } from '../gateway/switch.ts'
import type { Opened, Switch } from '../gateway/switch.ts'
import { replaceFile } from '../lib/files.ts'
import type { Release } from '../lib/lock.ts'
import { acquire, tryAcquire } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import { processStart } from '../lib/process.ts'
import { newToken } from '../lib/secret.ts'
import { version } from '../lib/version.ts'
import { createServer } from '../server/server.ts'
import { keepEnvironment } from '../session/environment.ts'
import type { Env, SessionRef } from '../session/identity.ts'
import { bootLock, countFile, pidFile, serveLock } from '../session/paths.ts'
import type { SessionRecord } from '../session/record.ts'
import { readRecord, updateRecord } from '../session/record.ts'
import { trackActive } from './active.ts'
import type { Address } from './bind.ts'
import { addressOf, bindPort } from './bind.ts'
import { createControl } from './control.ts'
import type { Ending } from './ending.ts'
import { createEnding } from './ending.ts'
import { countWriter, createLeases } from './leases.ts'
import { createLiveGuard } from './live-guard.ts'
import { createLiveLog } from './live-log.ts'
import type { LiveLog } from './live-log.ts'
import type { Sink } from './log.ts'
import { openGateway } from './open.ts'
import { followConfig, sessionNotes } from './reload.ts'
import type { Reload } from './reload.ts'
import { rememberRoutes } from './routes.ts'
import type { Routes } from './routes.ts'
import type { Setup } from './setup.ts'
import { readSetup } from './setup.ts'
import { takeOver } from './takeover.ts'

export interface ServeOptions {
  readonly env: Env
  /** Take over from the daemon that runs. */
  readonly handover: boolean
  /** Where the log goes. */
  readonly sink: Sink
}

export interface Serving {
  readonly record: SessionRecord
  readonly notes: readonly string[]
  readonly log: LiveLog
  /** Stops the session; streams have `drainMs` to finish. A second call can shorten that. */
  stop(drainMs: number): void
  /** Resolves when everything is closed. */
  readonly ended: Promise<void>
}

/**
 * Serves the session in this process; resolves when it is ready for requests, with null when
 * another daemon serves it already. Throws ConfigError or UserError; then nothing is left open,
 * and a daemon that was to be replaced goes on.
 */
export async function serve(ref: SessionRef, options: ServeOptions): Promise<Serving | null> {
  const booted = await acquire(ref.home, bootLock(ref))
  let held: Release | null = null
  let gateway: Switch | null = null
  try {
    if (!options.handover) {
      held = await tryAcquire(ref.home, serveLock(ref))
      if (!held) return null
    }
    const setup = readSetup(ref, options.env)
    const token = readRecord(ref).token || newToken()
    const log = createLiveLog(setup.config, { token, ...options })
    const own = { port: 0 }
    const routes = rememberRoutes()
    const needs = { log, env: options.env, ownPort: () => own.port, onRoute: routes.add }
    const open = (next: Setup): Promise<Opened> => openGateway(ref, next, needs)
    gateway = createSwitch(await open(setup))
    // Before the old daemon is sent away: on a full disk the session had better keep it.
    keepEnvironment(ref, setup.config.variables, options.env)
    held ??= await takeOver(ref, log)
    const shared = { ref, env: options.env, setup, token, log, routes }
    return await listen({ ...shared, gateway, open, own, release: held })
  } catch (thrown) {
    await gateway?.gateway.close()
    held?.()
    throw thrown
  } finally {
    booted()
  }
}

interface Parts {
  readonly ref: SessionRef
  readonly env: Env
  readonly setup: Setup
  readonly token: string
  readonly log: LiveLog
  readonly routes: Routes
  readonly gateway: Switch
  readonly open: (setup: Setup) => Promise<Opened>
  /** The port, as soon as it is bound. */
  readonly own: { port: number }
  /** Lets the serve lock go. */
  readonly release: Release
}

/** Binds the port and publishes the session. */
async function listen(parts: Parts): Promise<Serving> {
  const { ref, setup, log, own } = parts
  const address = addressOf(setup.config)
  const { server, ending, follow } = assemble(parts, address)
  const binding = { server, ref, address, base: setup.config.port }
  const record = await bindPort(binding, (port) => facts(parts, address, port))
  own.port = record.port ?? 0
  replaceFile(pidFile(ref), `${process.pid}\n`)
  replaceFile(countFile(ref), '0\n')
  const { port, provider, model } = record
  const notes = sessionNotes(setup)
  log.info({ pid: process.pid, port, version, provider, model }, 'the session is ready')
  for (const note of notes) log.warn({}, note)
  follow()
  return { record, notes, log, stop: (drainMs) => ending.stop(drainMs), ended: ending.ended }
}

interface Assembled {
  readonly server: Server
  readonly ending: Ending
  /** Keeps the session in step with its config from now on. */
  readonly follow: () => void
}

/** The server with all that its requests need; it does not listen yet. */
function assemble(parts: Parts, address: Address): Assembled {
  const { ref, setup, token, log } = parts
  const { gateway } = parts.gateway
  const port = (): number => (server.address() as AddressInfo | null)?.port ?? 0
  const active = trackActive()
  const writeCount = countWriter((count) => {
    if (ending.kind === null) quietly(log, () => replaceFile(countFile(ref), `${count}\n`))
  })
  const leases = createLeases(writeCount)
  let reload: Reload | null = null
  const ending = createEnding({
    server: () => server,
    active,
    leases,
    log,
    noteStopping: () => updateRecord(ref, { desired: 'stopped' }),
    noteStopped: () => noteStopped(ref),
    release: parts.release,
    closeRest: () => {
      reload?.close()
      return gateway.close()
    },
  })
  const { counters } = gateway
  const notes = (): readonly string[] => reload?.notes ?? sessionNotes(setup)
  const says = { counters, notes, routes: parts.routes.list }
  const control = createControl({ sessionId: ref.id, token, port, leases, ending, ...says })
  const guard = createLiveGuard(setup.config, { host: address.bind, port, token })
  const server = createServer({ gateway, control, guard, log })
  server.prependListener('request', active.watch)
  const follow = (): void => {
    const isEnding = (): boolean => ending.kind !== null
    reload = followConfig({ ...parts, isEnding, onConfig: (config) => guard.follow(config) })
  }
  return { server, ending, follow }
}

/** What the record says of a session that runs in this process. */
function facts(
  { ref, setup, token }: Parts,
  address: Address,
  port: number,
): Partial<SessionRecord> {
  return {
    provider: setup.choice?.provider ?? null,
    model: setup.choice?.model ?? null,
    host: address.connect,
    port,
    pid: process.pid,
    processStart: processStart(process.pid),
    token,
    desired: 'running',
    startedAt: new Date().toISOString(),
    version,
    configFile: ref.configFile,
    ownConfig: ref.ownConfig,
  }
}

async function noteStopped(ref: SessionRef): Promise<void> {
  await updateRecord(ref, { pid: null, processStart: null })
  rmSync(pidFile(ref), { force: true })
  replaceFile(countFile(ref), '0\n')
}

/** A full disk does not end a session. */
function quietly(log: Logger, write: () => void): void {
  try {
    write()
  } catch (cause) {
    log.error({ cause }, 'a file of the session could not be written')
  }
}
