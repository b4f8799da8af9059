/** Keeps a running session in step with its config file. */
import { commandLineIn } from '../lib/command-line.ts'
import type { Config } from '../config/config.ts'
import { watchConfig } from '../config/watch.ts'
import type { Opened, HotSwap } from '../gateway/hot-swap.ts'
import { keepEnvironment } from '../session/environment.ts'
import type { SessionRef } from '../session/identity.ts'
import type { Env } from '../lib/env.ts'
import { addressOf } from './bind.ts'
import { changedNames, waitsForRestart } from './config-changes.ts'
import type { ReloadableLog } from './reloadable-log.ts'
import type { SessionFiles } from './session-files.ts'
import { readSetup, type Setup } from '../session/setup.ts'

export interface ReloadParts {
  readonly ref: SessionRef
  readonly env: Env
  readonly log: ReloadableLog
  readonly gateway: HotSwap
  /** What the session was started with. */
  readonly setup: Setup
  /** Makes a gateway of another setup. */
  readonly open: (setup: Setup) => Promise<Opened>
  /** Hears of each config that is in force from now on. */
  readonly onConfig: (config: Config) => void
  readonly files: Pick<SessionFiles, 'update'>
  /** Whether the session ends: then its files belong to others. */
  readonly isEnding: () => boolean
}

export interface Reload {
  /** What the user should know of the config now. */
  readonly notes: readonly string[]
  close(): void
}

/**
 * Puts each edit of the config into force for the requests that come after it. An edit with which
 * the session could not have been started leaves the last good one in force.
 */
export function followConfig(parts: ReloadParts): Reload {
  const { ref, env, log, setup: started } = parts
  let current = started
  let broken: Broken | undefined
  let closed = false
  const isOver = (): boolean => closed || parts.isEnding()

  const read = async (): Promise<void> => {
    const next = readOrTell()
    if (next === undefined || isOver()) return
    if (broken !== undefined) log.info({}, 'the config is in order again')
    broken = undefined
    const changed = changedNames(current.config, next.config)
    if (changed.length > 0) await apply(next, changed)
    current = next
  }
  const readOrTell = (): Setup | undefined => {
    try {
      return readSetup(ref, env)
    } catch (thrown) {
      const what = thrown instanceof Error ? thrown.message : String(thrown)
      if (what !== broken?.what) log.error({ cause: what }, 'the config is broken')
      broken = { what, since: broken?.since ?? new Date() }
      return undefined
    }
  }
  const apply = async (next: Setup, changed: readonly string[]): Promise<void> => {
    const opened = await parts.open(next)
    if (isOver()) {
      await opened.close()
      return
    }
    log.follow(next.config)
    parts.gateway.replace(opened)
    parts.onConfig(next.config)
    keepEnvironment(ref, next.config.variables, env)
    const { provider = null, model = null } = next.choice ?? {}
    await parts.files.update({ provider, model, fallsBack: next.fallsBack })
    log.info({ changed }, 'the config has changed: it holds for new requests')
    for (const note of notesOf(next)) log.warn({}, note)
  }
  const notesOf = (setup: Setup): string[] => [
    ...waitsForRestart(started.config, setup.config, env),
    ...sessionNotes(setup),
  ]

  // One after the other: the last state of the file is the last that is read.
  let turn = Promise.resolve()
  const onChange = (): void => {
    turn = turn
      .then(() => (isOver() ? undefined : read()))
      .catch((cause: unknown) => log.error({ cause }, 'the config could not be put into force'))
  }
  const watch = watchConfig(ref.configFile, onChange)
  onChange() // it may have been edited since it was read
  return {
    get notes() {
      return [...(broken === undefined ? [] : [brokenNote(broken, env)]), ...notesOf(current)]
    },
    close() {
      closed = true
      watch.close()
    },
  }
}

/** An edit that cannot be used. */
interface Broken {
  readonly what: string
  readonly since: Date
}

/** One line: the first thing that is wrong, with its place. */
function brokenNote({ what, since }: Broken, env: Env): string {
  const [first = '', ...others] = what.split('\n')
  const more =
    others.length === 0 ? '' : ` (${commandLineIn(env, 'config check')} shows all problems)`
  const firstProblem = `${first}${more}`.replace(/\.$/, '')
  return `config broken since ${since.toISOString()}: ${firstProblem}. The session continues with the previous config.`
}

/** What the user should know of a session with this setup. */
export function sessionNotes({ config, notes }: Setup): string[] {
  const { note } = addressOf(config)
  return note === undefined ? [...notes] : [...notes, note]
}
