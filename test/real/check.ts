/** What a check is, and how its outcome is noted. */
import type { LiveSession } from '../support/ccr.ts'
import type { MessagesClient } from '../support/client.ts'
import type { Relay } from './relay.ts'
import type { RealServer, RunningServer, Way } from './server.ts'

export type Outcome =
  | { readonly kind: 'passed'; readonly note?: string }
  | { readonly kind: 'failed'; readonly why: string }
  /** The server or the model cannot do it. */
  | { readonly kind: 'cannot'; readonly why: string }

export interface Row {
  readonly server: string
  readonly version: string
  /** Empty for what is of the server as a whole: its installation. */
  readonly way: string
  readonly check: string
  readonly outcome: Outcome
}

/** What a check works with: a session of ccr with this server behind it, and the relay between them. */
export interface Scene {
  readonly server: RealServer
  readonly running: RunningServer
  readonly way: Way
  readonly session: LiveSession
  readonly client: MessagesClient
  readonly relay: Relay
}

export interface Check {
  readonly name: string
  /** `true`, or why it is not run here. */
  readonly can: (way: Way, running: RunningServer) => true | string
  /** @returns a remark for the table, or nothing. @throws Error that says what was wrong. */
  readonly run: (scene: Scene) => Promise<string | undefined>
}

/** @throws Error with `what` unless it holds. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** The outcome of work that throws what is wrong. */
export async function outcomeOf(work: () => Promise<string | undefined>): Promise<Outcome> {
  try {
    const note = await work()
    return note === undefined ? { kind: 'passed' } : { kind: 'passed', note }
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    return { kind: 'failed', why: why.replace(/\s+/g, ' ').slice(0, 400) }
  }
}
