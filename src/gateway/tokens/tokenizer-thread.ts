/** The thread that tokenizes, and the memory of its counts. */
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { within } from '../../lib/within.ts'
import type { Logger } from '../../lib/log.ts'
import type { Ask, Counted } from './worker.ts'

/**
 * Counts tokens in a thread that is started when it is first needed and ended when it is not: its
 * vocabulary takes 60 MB and there may be a hundred sessions. A text is counted once.
 */
export interface TokenCounter {
  /**
   * Tokens of each text by o200k; undefined where they could not be counted in time, or at all.
   * @param withinMs how long the answer may take; what is counted later is remembered.
   */
  count(texts: readonly string[], withinMs: number): Promise<readonly number[] | undefined>
  close(): void
}

/** What of a `Worker` is used. */
export interface Thread {
  postMessage(ask: Ask): void
  on(event: 'message', listener: (counted: Counted) => void): unknown
  on(event: 'error', listener: (cause: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
  unref(): void
  terminate(): unknown
}

export interface CounterParts {
  readonly log: Logger
  readonly start?: () => Thread
  /** Without work for so long the thread ends, ms. */
  readonly idleMs?: number
}

const IDLE_MS = 30_000

/** Texts whose counts are remembered: a long conversation has some hundreds of blocks. */
const MOST_REMEMBERED = 4_000

/** A thread that died so often in a row is not started again. */
const MOST_DEATHS = 3

const NOT_COUNTED = Promise.resolve(undefined)

export function createTokenCounter(parts: CounterParts): TokenCounter {
  const { log, start = startWorker, idleMs = IDLE_MS } = parts
  const counts = new Map<string, Promise<number | undefined>>()
  const pending = new Map<number, (tokens: readonly number[] | undefined) => void>()
  let thread: Thread | undefined
  let idle: NodeJS.Timeout | undefined
  let nextId = 0
  let deaths = 0

  function startThread(): Thread {
    const started = start()
    started.unref()
    started.on('message', ({ id, tokens }) => {
      deaths = 0
      answer(id, tokens)
    })
    started.on('error', (cause) => {
      deaths += 1
      log.warn({ cause }, 'the token counter died; counts are estimates')
      end(started)
    })
    started.on('exit', () => end(started))
    return started
  }

  function answer(id: number, tokens: readonly number[] | undefined): void {
    pending.get(id)?.(tokens)
    pending.delete(id)
    if (pending.size > 0) return
    clearTimeout(idle)
    idle = setTimeout(() => end(thread), idleMs).unref()
  }

  function end(which: Thread | undefined): void {
    if (which === undefined || which !== thread) return
    thread = undefined
    clearTimeout(idle)
    which.terminate()
    for (const id of [...pending.keys()]) answer(id, undefined)
    clearTimeout(idle)
  }

  async function send(texts: readonly string[]): Promise<readonly number[] | undefined> {
    if (deaths >= MOST_DEATHS) return undefined
    try {
      thread ??= startThread()
      const id = (nextId += 1)
      clearTimeout(idle)
      const counted = new Promise<readonly number[] | undefined>((resolve) => {
        pending.set(id, resolve)
      })
      thread.postMessage({ id, texts })
      return await counted
    } catch (cause) {
      deaths += 1
      log.warn({ cause }, 'no token counter; counts are estimates')
      return undefined
    }
  }

  /** Sends the texts that are not known, all at once, and each only once. */
  function request(texts: ReadonlyMap<string, string>): void {
    const unknown = [...texts].filter(([key]) => !counts.has(key))
    if (unknown.length === 0) return
    const answered = send(unknown.map(([, text]) => text))
    for (const [n, [key]] of unknown.entries()) {
      counts.set(
        key,
        answered.then((tokens) => tokens?.[n] ?? forget(key)),
      )
    }
  }

  function forget(key: string): undefined {
    counts.delete(key)
  }

  function shrink(): void {
    for (const key of counts.keys()) {
      if (counts.size <= MOST_REMEMBERED) return
      counts.delete(key)
    }
  }

  return {
    async count(texts, withinMs) {
      const keys = texts.map(hashOf)
      request(new Map(keys.map((key, n) => [key, texts[n] ?? ''])))
      const wanted = Promise.all(keys.map((key) => counts.get(key) ?? NOT_COUNTED))
      shrink()
      const tokens = await within(wanted, withinMs)
      return tokens?.every((count) => count !== undefined) === true ? tokens : undefined
    },
    close: () => end(thread),
  }
}

function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}

/** Beside this file's bundle; under tests of the sources there is none, and no counts. */
function startWorker(): Thread {
  return new Worker(new URL('./token-worker.js', import.meta.url), {
    // Nothing of the daemon's environment is needed there.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  })
}
