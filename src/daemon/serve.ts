/** The composition root: joins config, gateway, server and session into a running daemon. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/config.ts'
import { commandLine } from '../lib/command-line.ts'
import { createHotSwap, type Opened, type HotSwap } from '../gateway/hot-swap.ts'
import { createModelReports, type ModelReports } from '../gateway/model-reports.ts'
import type { Held } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import { processStart } from '../lib/process.ts'
import { newToken } from '../lib/secret.ts'
import { version } from '../lib/version.ts'
import { within } from '../lib/within.ts'
import { createServer } from '../server/server.ts'
import { keepEnvironment } from '../session/environment.ts'
import { DEFAULT_SESSION, type SessionRef } from '../session/identity.ts'
import type { Env } from '../lib/env.ts'
import type { Inheritance, Listener } from '../session/inheritance.ts'
import { readRecord, type SessionRecord } from '../session/record.ts'
import type { RequestRow } from '../store/ledger.ts'
import type { ReadyMessage } from '../session/spawn.ts'
import { trackActiveRequests } from './active-requests.ts'
import { type Address, addressOf, bindPort } from './bind.ts'
import { createControl } from './control.ts'
import { createShutdown, type Shutdown } from './shutdown.ts'
import { countWriter, createLeases } from './leases.ts'
import { createReloadableGuard } from './reloadable-guard.ts'
import { createReloadableLog, type ReloadableLog } from './reloadable-log.ts'
import type { Sink } from './log.ts'
import { createDescriptions } from '../gateway/lending/descriptions.ts'
import { createSessionGateway } from './create-gateway.ts'
import { createSessionFiles, type SessionFiles } from './session-files.ts'
import { followConfig, type Reload, sessionNotes } from './reload.ts'
import { rememberRoutes, type RecentRoutes } from './recent-routes.ts'
import { serverNotes } from '../session/server-notes.ts'
import { readSetup, type Setup } from '../session/setup.ts'
import { usedProviders } from '../session/used-providers.ts'
import { createSuccessor } from './spawn-successor.ts'
import { optimizeEarly } from './early-optimization.ts'
import { holdBoot, holdServe, takeOver, usableListener } from './handover.ts'
import { type MemoryRelease, releaseMemoryWhenQuiet } from './release-memory.ts'
import { keepUsage, type Usage } from './usage.ts'

export interface ServeOptions {
  readonly env: Env
  /** Takes over from the daemon that runs. */
  readonly handover: boolean
  /** Belongs to a `ccr start --foreground`; so will its successors. */
  readonly foreground?: boolean
  /** Started by a client, in the place of a daemon that crashed. */
  readonly revived?: boolean
  /** The session gets another token. */
  readonly newToken?: boolean
  /** What this process has inherited from the one that started it. */
  readonly inheritance: Inheritance
  /** Where the log goes. */
  readonly sink: Sink
}

export interface Serving {
  readonly record: SessionRecord
  readonly notes: readonly string[]
  readonly log: ReloadableLog
  /** Stops the session; streams have `drainMs` to finish. A second call can shorten that. */
  stop(drainMs: number): void
  /** True when another daemon has taken over. */
  readonly isReplaced: boolean
  /** Resolves when everything is closed. */
  readonly ended: Promise<void>
}

/**
 * Serves the session in this process; resolves when it is ready for requests, with null when
 * another daemon serves it already. Throws ConfigError or UserError; then nothing is left open,
 * and a daemon that was to be replaced goes on.
 */
export async function serve(ref: SessionRef, options: ServeOptions): Promise<Serving | null> {
  const { env, inheritance, handover } = options
  const booting = await holdBoot(ref, inheritance)
  let held: Held | null = null
  let gateway: HotSwap | null = null
  try {
    const comesFirst = !handover || inheritance.serveLock !== undefined
    if (comesFirst) held = await holdServe(ref, inheritance)
    if (comesFirst && !held) return null
    const setup = readSetup(ref, env)
    const kept = options.newToken === true ? '' : readRecord(ref).token
    const token = kept || newToken()
    const log = createReloadableLog(setup.config, { token, ...options })
    const assigned = { port: 0 }
    const routes = rememberRoutes()
    const usage = keepUsage(setup.config, {
      home: ref.home,
      session: ref,
      log,
      isIdle: () => gateway?.gateway.counters.running === 0,
    })
    const reports = createModelReports(setup.config, {
      env,
      log,
      first: setup.choice,
      sessionPort: () => assigned.port,
    })
    const observers = {
      onRoute: routes.add,
      onRequest(row: RequestRow) {
        usage.add(row)
        reports.ended(row)
      },
      reports,
      budgetGuard: usage.budgetGuard,
      store: usage.store,
    }
    const descriptions = createDescriptions()
    const memory = releaseMemoryWhenQuiet({
      running: () => gateway?.gateway.counters.running ?? 0,
    })
    const needs = {
      log,
      env,
      sessionPort: () => assigned.port,
      descriptions,
      onMemoryFreed: (bytes: number) => memory.freed(bytes),
      ...observers,
    }
    const open = (next: Setup): Promise<Opened> => {
      reports.follow(next.config, next.choice)
      return createSessionGateway(ref, next, needs)
    }
    gateway = createHotSwap(await open(setup))
    // Before the old daemon gives way: when the disk is full, the session keeps that one.
    keepEnvironment(ref, setup.config.variables, env)
    held ??= await takeOver(ref, log)
    const address = addressOf(setup.config)
    const wanted = { address, base: setup.config.port, log }
    const listener = await usableListener(ref, inheritance, wanted)
    const shared = {
      ref,
      env,
      setup,
      token,
      log,
      routes,
      usage,
      reports,
      address,
      listener,
      options,
      memory,
    }
    return await listen({ ...shared, gateway, open, assigned, serveLock: held })
  } catch (thrown) {
    await gateway?.gateway.close()
    held?.release()
    throw thrown
  } finally {
    booting.release()
  }
}

interface Parts {
  readonly ref: SessionRef
  readonly env: Env
  readonly setup: Setup
  readonly token: string
  readonly log: ReloadableLog
  readonly routes: RecentRoutes
  readonly usage: Usage
  readonly memory: MemoryRelease
  readonly reports: ModelReports
  readonly gateway: HotSwap
  readonly open: (setup: Setup) => Promise<Opened>
  /** The port, as soon as it is bound; 0 before. */
  readonly assigned: { port: number }
  readonly address: Address
  readonly options: ServeOptions
  /** The socket of the previous daemon. */
  readonly listener: Listener | undefined
  readonly serveLock: Held
}

/** Binds the port and publishes the session. */
async function listen(parts: Parts): Promise<Serving> {
  const { ref, setup, log, assigned, address, listener } = parts
  const { server, shutdown, files, follow } = assemble(parts)
  const binding = { server, ref, address, base: setup.config.port, listener }
  const record = await bindPort(binding, (port) => recordFields(parts, port))
  assigned.port = record.port ?? 0
  files.begin(record)
  const { port, provider, model } = record
  const notes = sessionNotes(setup)
  log.info({ pid: process.pid, port, version, provider, model }, 'the session is ready')
  for (const note of notes) log.warn({}, note)
  follow()
  // After the session is ready: no server that is slow or down may delay that.
  setImmediate(() => void noteServers(parts))
  return {
    ...{ record, notes, log, ended: shutdown.ended },
    stop: (drainMs) => shutdown.stop(drainMs),
    get isReplaced() {
      return shutdown.kind === 'restarting'
    },
  }
}

/** Queries the local servers, and logs what the user should know of that of the session's model. */
async function noteServers({ ref, setup, reports, log }: Parts): Promise<void> {
  await reports.refresh(queriedProviders(ref, setup.config))
  if (setup.choice === null) return
  const { window = [], tools = [] } = serverNotes(setup.choice, reports.inForce(setup.config))
  for (const note of [...window, ...tools]) log.warn({}, note)
}

/**
 * The providers whose servers are queried before a request goes to them: in a session of a preference
 * those that it uses by itself. Undefined for all.
 * @param named another one, which a client wants to know of.
 */
function queriedProviders(
  { preference }: Pick<SessionRef, 'preference'>,
  config: Config,
  named?: string,
): ReadonlySet<string> | undefined {
  if (preference === '') return undefined
  const used = usedProviders(preference, config)
  return named === undefined ? used : new Set([...used, named])
}

/** How long a client waits for servers that are slow or down, ms; it gets what the others report. */
const REPORTS_MS = 1_000

interface Assembled {
  readonly server: Server
  readonly shutdown: Shutdown
  readonly files: SessionFiles
  /** Keeps the session in step with its config from now on. */
  readonly follow: () => void
}

/** The server with all that its requests need; it does not listen yet. */
function assemble(parts: Parts): Assembled {
  const { ref, setup, token, log, usage, address, assigned, serveLock, memory } = parts
  const { gateway } = parts.gateway
  // Needed from the first request, which may arrive before `assigned` is set, to the last one, which
  // may arrive after this daemon has stopped listening. Each request reads it, so it is looked up once.
  let portOnce: number | undefined
  const port = (): number =>
    (portOnce ??= (server.address() as AddressInfo | null)?.port) ?? assigned.port
  const active = trackActiveRequests()
  const files = createSessionFiles(ref)
  const writeCount = countWriter((count) => {
    if (isInCharge()) quietly(log, () => files.writeCount(count))
  })
  const leases = createLeases(writeCount)
  let reload: Reload | null = null
  let { config } = setup
  const shutdown = createShutdown({
    server: () => server,
    active,
    leases,
    log,
    noteStopping: () => files.update({ desired: 'stopped' }),
    noteStopped: () => files.end(),
    release: () => serveLock.release(),
    async closeRest() {
      reload?.close()
      await Promise.all([gateway.close(), parts.reports.close()])
      await usage.close()
    },
  })
  const bound = (): { host: string; port: number } => ({ host: address.bind, port: port() })
  const repair = (): Promise<void> => files.repair()
  const successor = createSuccessor({
    ...{ ref, log, serveLock, shutdown, repair, bound },
    server: () => server,
    foreground: parts.options.foreground === true,
  })
  /** Whether this daemon is responsible for the session's files. */
  const isInCharge = (): boolean => shutdown.kind === null && !successor.isUnderWay
  serveLock.onRepairRequest(() => (isInCharge() ? repair() : Promise.resolve()))
  const { counters } = gateway
  const notes = (): readonly string[] => [
    ...(reload?.notes ?? sessionNotes(setup)),
    ...usage.notes(),
  ]
  const observed = { counters, notes, routes: parts.routes.list, charged: usage.charged }
  const succeed = (order: string): Promise<ReadyMessage> => successor.begin(order)
  const isDefault = ref.id === DEFAULT_SESSION
  const guard = createReloadableGuard(setup.config, {
    host: address.bind,
    port,
    token,
    isDefault,
    log,
  })
  const control = createControl({
    ...{
      sessionId: ref.id,
      startCommand: commandLine(ref, 'start', {}),
      token,
      port,
      leases,
      shutdown,
      succeed,
      guard,
    },
    ...observed,
    async reports(provider) {
      await within(parts.reports.refresh(queriedProviders(ref, config, provider)), REPORTS_MS)
      return parts.reports.json()
    },
  })
  const server = createServer({ gateway, control, guard, log })
  server.prependListener('request', active.watch)
  server.on('request', () => memory.requested())
  server.on('request', optimizeEarly())
  const follow = (): void => {
    const onConfig = (next: Config): void => {
      config = next
      guard.follow(config)
      usage.follow(config)
      void parts.reports.refresh(queriedProviders(ref, config))
    }
    reload = followConfig({ ...parts, files, isEnding: () => !isInCharge(), onConfig })
  }
  return { server, shutdown, files, follow }
}

/** The record of a session that runs in this process. */
function recordFields(parts: Parts, port: number): Partial<SessionRecord> {
  const { ref, setup, token, address, options } = parts
  const foreground = options.foreground === true
  return {
    foreground,
    standIn: !foreground && standsIn(readRecord(ref), options),
    provider: setup.choice?.provider ?? null,
    model: setup.choice?.model ?? null,
    fallsBack: setup.fallsBack,
    host: address.connect,
    port,
    pid: process.pid,
    processStart: processStart(process.pid),
    token,
    desired: 'running',
    startedAt: new Date().toISOString(),
    version,
    configFile: ref.configFile,
    isCustomConfig: ref.isCustomConfig,
  }
}

/** Whether this daemon stands in for a foreground process that a service manager may start again. */
function standsIn(before: SessionRecord, { revived, handover }: ServeOptions): boolean {
  if (before.standIn) return revived === true || handover
  return before.foreground && revived === true
}

/** Runs `write`; a failure, such as a full disk, is logged and does not end the session. */
function quietly(log: Logger, write: () => void): void {
  try {
    write()
  } catch (cause) {
    log.error({ cause }, 'a file of the session could not be written')
  }
}
