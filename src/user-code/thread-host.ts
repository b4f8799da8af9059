/** Starts, watches and replaces the thread in which the user's code runs. */
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type MessagePort, Worker } from 'node:worker_threads'
import type { Logger } from '../lib/log.ts'
import type {
  FromThread,
  ThreadData,
  ThreadRequest,
  ThreadResults,
  ToThread,
  TransformerNames,
} from './thread-messages.ts'
import { type Outcome, USER_CODE_FIELD } from './call-user-code.ts'

/** How the thread answered a request. */
type ThreadReply =
  | { readonly value: unknown }
  /** `isLogged`: the thread has logged the failure itself. */
  | { readonly failed: string; readonly isLogged?: boolean }

interface ThreadParts {
  /** The program of the thread. */
  readonly file: URL
  readonly data: ThreadData
  readonly log: Logger
  /** Called with the loaded transformers whenever they change. */
  readonly onNames: (names: TransformerNames) => void
}

/** How long the thread may take until it listens, ms; enough for a busy machine. */
const START_MS = 20_000
/** How often the thread is pinged while a body streams through it, ms. */
const PING_MS = 2_000
/**
 * A thread that leaves so many pings unanswered is ended. Pings are counted, not time, because time
 * also passes while a machine sleeps.
 */
const MAX_UNANSWERED = 5
/** Memory limit of the thread, MB; exceeding it ends the thread and nothing else. */
const MAX_MB = 512

/** One worker thread for user code, from its start to its end. */
export class RunningThread {
  readonly #worker: Worker
  readonly #log: Logger
  readonly #waiting = new Map<number, (reply: ThreadReply) => void>()
  /** Resolves when the thread listens, or when it ends before. */
  readonly #ready: Promise<void>
  #resolveReady: () => void = () => undefined
  #nextId = 1
  #flows = 0
  #unanswered = 0
  #pings: NodeJS.Timeout | undefined
  #ended: string | undefined

  constructor({ file, data, log, onNames }: ThreadParts) {
    this.#log = log
    this.#ready = new Promise((resolve) => (this.#resolveReady = resolve))
    this.#worker = new Worker(file, {
      workerData: data,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_MB },
    })
    this.#worker.on('message', (message: FromThread) => this.#receive(message, onNames))
    this.#worker.on('error', (cause) => this.#markEnded(cause.message))
    this.#worker.on('exit', () => this.#markEnded('it ended its thread'))
    for (const out of [this.#worker.stdout, this.#worker.stderr]) logLines(out, log)
    this.#worker.unref()
    const timer = setTimeout(() => void this.end('it did not load in time'), START_MS)
    timer.unref()
    void this.#ready.then(() => clearTimeout(timer))
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** @param withinMs counted from when the thread listens; a thread that has not answered by then is ended. */
  async ask(
    ask: ThreadRequest,
    transfer: readonly MessagePort[],
    withinMs: number,
  ): Promise<ThreadReply> {
    await this.#ready
    if (this.#ended !== undefined) return { failed: this.#ended }
    const id = this.#nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => void this.end(`it blocked its thread for ${String(withinMs / 1000)} s`),
        withinMs,
      )
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer)
        resolve(reply)
      })
      this.#post({ id, ask }, transfer)
    })
  }

  /** A body streams through the thread: a thread that blocks meanwhile is ended. Call the result when the stream is over. */
  flow(): () => void {
    this.#flows += 1
    this.#unanswered = 0
    this.#pings ??= setInterval(() => this.#check(), PING_MS).unref()
    return () => {
      this.#flows -= 1
      if (this.#flows > 0) return
      clearInterval(this.#pings)
      this.#pings = undefined
    }
  }

  async end(why: string): Promise<void> {
    this.#markEnded(why)
    await this.#worker.terminate()
  }

  #post(message: ToThread, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, [...transfer])
  }

  #check(): void {
    this.#unanswered += 1
    if (this.#unanswered > MAX_UNANSWERED) void this.end('it blocked its thread')
    else this.#post({ ping: true })
  }

  #receive(message: FromThread, onNames: ThreadParts['onNames']): void {
    this.#unanswered = 0
    if ('ready' in message) this.#resolveReady()
    else if ('names' in message) onNames(message.names)
    else if ('log' in message) this.#log[message.log](message.fields, message.text)
    else if ('id' in message) {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
    }
  }

  #markEnded(why: string): void {
    if (this.#ended !== undefined) return
    this.#ended = why
    this.#resolveReady()
    clearInterval(this.#pings)
    for (const settle of this.#waiting.values()) settle({ failed: why })
    this.#waiting.clear()
  }
}

/** Logs what user code prints. */
function logLines(out: Readable, log: Logger): void {
  createInterface({ input: out }).on('line', (line) => log.info({ [USER_CODE_FIELD]: true }, line))
}

/** Keeps a thread for user code, and starts another one when it has ended. */
export interface ThreadHost {
  /**
   * Sends a request to the thread. Fails when the thread reports a failure, ends or does not answer
   * in time; each failure is logged.
   */
  ask<K extends ThreadRequest['kind']>(
    ask: Extract<ThreadRequest, { readonly kind: K }>,
    call: ThreadCall,
  ): Promise<Outcome<ThreadResults[K]>>
  /** See `RunningThread.flow`. */
  flow(): () => void
  close(): Promise<void>
}

interface ThreadCall {
  /** What is called, for the log. */
  readonly name: string
  /** How long user code may take, ms. */
  readonly limitMs: number
  /** What a failure means, for the log. */
  readonly consequence: string
  readonly transfer?: readonly MessagePort[]
}

/** Time beyond the limit that user code has in its thread; only code that blocks the thread exceeds it, ms. */
const GRACE_MS = 1_000

/** After so many starts within this time (ms), user code is left out for as long. */
const MAX_STARTS = 5
const STARTS_MS = 60_000

const LEFT_OUT = `it ended its thread ${String(MAX_STARTS)} times and is left out for a minute`

export function createThreadHost(parts: ThreadParts): ThreadHost {
  const { log } = parts
  let starts: number[] = []
  let running = started()
  let closed = false
  const hasClosed = (): boolean => closed

  function started(): RunningThread {
    starts = [...starts, performance.now()]
    return new RunningThread(parts)
  }
  /** Undefined while user code is left out. */
  function usableThread(): RunningThread | undefined {
    if (!running.hasEnded) return running
    starts = starts.filter((at) => performance.now() - at < STARTS_MS)
    if (starts.length >= MAX_STARTS) return undefined
    running = started()
    return running
  }

  return {
    async ask(ask, { name, limitMs, consequence, transfer = [] }) {
      if (hasClosed()) return { failed: `${name}: the session ends` }
      const current = usableThread()
      if (current === undefined) return { failed: `${name}: ${LEFT_OUT}` }
      const reply = await current.ask(ask, transfer, limitMs + GRACE_MS)
      if ('value' in reply) return { value: reply.value as never }
      if (hasClosed()) return { failed: `${name}: the session ends` }
      if (reply.isLogged === true) return { failed: reply.failed }
      log.warn({}, `${name} failed: ${reply.failed}; ${consequence}`)
      if (running.hasEnded && starts.length >= MAX_STARTS) {
        log.error(
          {},
          `user code ended its thread ${String(MAX_STARTS)} times; it is left out for a while`,
        )
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
