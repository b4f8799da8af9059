import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type MessagePort, Worker } from 'node:worker_threads'
import type { Logger } from '../lib/log.ts'
import type { Ask, FromThread, ThreadData, ToThread, TransformerNames } from './thread-messages.ts'

/** How the thread answered. */
export type Reply =
  | { readonly value: unknown }
  /** `isLogged`: the thread itself says what failed, and has logged it. */
  | { readonly failed: string; readonly isLogged?: boolean }

export interface ThreadParts {
  /** The program of the thread. */
  readonly file: URL
  readonly data: ThreadData
  readonly log: Logger
  /** Hears which transformers there are, whenever that changes. */
  readonly onNames: (names: TransformerNames) => void
}

/** How long the thread may take until it listens, on a busy machine too, ms. */
const START_MS = 20_000
/** While something flows through it: how often a sign of life is asked for, ms. */
const PING_MS = 2_000
/** So often in vain and it is ended. Counted, as a machine that slept has let much time pass. */
const MOST_UNANSWERED = 5
/** Of own code; more ends its thread, and nothing else. */
const MOST_MB = 512

/** One thread of own code, until it ends. */
export class RunningThread {
  readonly #worker: Worker
  readonly #log: Logger
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  /** Also when it ends before. */
  readonly #ready: Promise<void>
  #tellReady: () => void = () => undefined
  #nextId = 1
  #flows = 0
  #unanswered = 0
  #pings: NodeJS.Timeout | undefined
  #ended: string | undefined

  constructor({ file, data, log, onNames }: ThreadParts) {
    this.#log = log
    this.#ready = new Promise((resolve) => (this.#tellReady = resolve))
    this.#worker = new Worker(file, {
      workerData: data,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MB },
    })
    this.#worker.on('message', (message: FromThread) => this.#hear(message, onNames))
    this.#worker.on('error', (cause) => this.#over(cause.message))
    this.#worker.on('exit', () => this.#over('it ended its thread'))
    for (const out of [this.#worker.stdout, this.#worker.stderr]) logLines(out, log)
    this.#worker.unref()
    const timer = setTimeout(() => void this.end('it did not load in time'), START_MS)
    timer.unref()
    void this.#ready.then(() => clearTimeout(timer))
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** @param withinMs from when the thread listens; a thread that does not answer by then is ended. */
  async ask(ask: Ask, transfer: readonly MessagePort[], withinMs: number): Promise<Reply> {
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

  /** Something flows through the thread: if it blocks meanwhile, it is ended. Call what is given back once that is over. */
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
    this.#over(why)
    await this.#worker.terminate()
  }

  #post(message: ToThread, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, [...transfer])
  }

  #check(): void {
    this.#unanswered += 1
    if (this.#unanswered > MOST_UNANSWERED) void this.end('it blocked its thread')
    else this.#post({ ping: true })
  }

  #hear(message: FromThread, onNames: ThreadParts['onNames']): void {
    this.#unanswered = 0
    if ('ready' in message) this.#tellReady()
    else if ('names' in message) onNames(message.names)
    else if ('log' in message) this.#log[message.log](message.fields, message.text)
    else if ('id' in message) {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
    }
  }

  #over(why: string): void {
    if (this.#ended !== undefined) return
    this.#ended = why
    this.#tellReady()
    clearInterval(this.#pings)
    for (const settle of this.#waiting.values()) settle({ failed: why })
    this.#waiting.clear()
  }
}

/** What own code prints. */
function logLines(out: Readable, log: Logger): void {
  createInterface({ input: out }).on('line', (line) => log.info({ own: true }, line))
}
