import type { MessagePort } from 'node:worker_threads'
import type { Answers, Ask } from './thread-messages.ts'
import type { Outcome } from './call.ts'
import { RunningThread, type ThreadParts } from './running-thread.ts'

/** Where own code runs: a thread, and another one whenever that has ended. */
export interface Host {
  /**
   * Asks the thread. Fails when the thread does, is ended or does not answer in time, all of which is
   * logged.
   */
  ask<K extends Ask['kind']>(
    ask: Extract<Ask, { readonly kind: K }>,
    call: HostCall,
  ): Promise<Outcome<Answers[K]>>
  /** Something flows through the thread; see `RunningThread.flow`. */
  flow(): () => void
  close(): Promise<void>
}

export interface HostCall {
  /** For the log: what is asked. */
  readonly name: string
  /** How long own code may take, ms. */
  readonly limitMs: number
  /** What a failure means, for the log. */
  readonly consequence: string
  readonly transfer?: readonly MessagePort[]
}

/** Own code keeps to its limits in its thread, unless it blocks that: then it takes longer, ms. */
const GRACE_MS = 1_000

/** So many threads within this time, and own code is left out for as long, ms. */
const MOST_STARTS = 5
const STARTS_MS = 60_000

const LEFT_OUT = `it ended its thread ${String(MOST_STARTS)} times and is left out for a minute`

export function createHost(parts: ThreadParts): Host {
  const { log } = parts
  let starts: number[] = []
  let running = started()
  let closed = false
  const hasClosed = (): boolean => closed

  function started(): RunningThread {
    starts = [...starts, performance.now()]
    return new RunningThread(parts)
  }
  /** Undefined while own code is left out. */
  function thread(): RunningThread | undefined {
    if (!running.hasEnded) return running
    starts = starts.filter((at) => performance.now() - at < STARTS_MS)
    if (starts.length >= MOST_STARTS) return undefined
    running = started()
    return running
  }

  return {
    async ask(ask, { name, limitMs, consequence, transfer = [] }) {
      if (hasClosed()) return { failed: `${name}: the session ends` }
      const current = thread()
      if (current === undefined) return { failed: `${name}: ${LEFT_OUT}` }
      const reply = await current.ask(ask, transfer, limitMs + GRACE_MS)
      if ('value' in reply) return { value: reply.value as never }
      if (hasClosed()) return { failed: `${name}: the session ends` }
      // The thread names what failed in it, and has logged that.
      if (reply.isLogged === true) return { failed: reply.failed }
      log.warn({}, `${name} failed: ${reply.failed}; ${consequence}`)
      if (running.hasEnded && starts.length >= MOST_STARTS) {
        log.error({}, `own code ended ${String(MOST_STARTS)} times; it is left out for a while`)
      }
      return { failed: `${name} failed: ${reply.failed}` }
    },
    flow: () => running.flow(),
    async close() {
      closed = true
      await running.end('the session ends')
    },
  }
}
