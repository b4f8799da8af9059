import type { Dispatcher } from 'undici'
import type { Answer } from './answer.ts'

type Controller = Dispatcher.DispatchController
export type Head = Pick<Answer, 'status' | 'headers'>

/** Bytes of a body that may wait for their reader before the connection is read no further. */
const HELD_LIMIT = 256 * 1024

/** How long a body that is no longer wanted may take to end, ms. */
const RELEASE_MS = 500

/**
 * One answer as it comes in: the head once, then the body, pulled. What one read of the connection
 * brought is given as one piece. undici's own `request` makes a Node stream of it, which costs more
 * than all else that ccr does with an answer.
 */
export class ResponseHandler implements Dispatcher.DispatchHandler {
  /** Rejects if no status line comes. */
  readonly head: Promise<Head>
  readonly #signal: AbortSignal
  #controller: Controller | undefined
  #pieces: Uint8Array[] = []
  #held = 0
  #ended = false
  #error: Error | undefined
  #released: NodeJS.Timeout | undefined
  #giveHead!: (head: Head) => void
  #refuseHead!: (error: Error) => void
  #wake: (() => void) | undefined

  /** @param signal aborts the exchange, at any time. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    this.head = new Promise((resolve, reject) => {
      this.#giveHead = resolve
      this.#refuseHead = reject
    })
    this.head.catch(() => undefined) // it may fail before anybody waits for it
    if (signal.aborted) this.#hangUp()
    else signal.addEventListener('abort', this.#hangUp, { once: true })
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#error) controller.abort(this.#error)
  }

  onResponseStart(_: Controller, status: number, headers: Head['headers']): void {
    if (status >= 200) this.#giveHead({ status, headers })
  }

  onResponseData(controller: Controller, piece: Uint8Array): void {
    if (this.#released) return
    this.#pieces.push(piece)
    this.#held += piece.length
    if (this.#held >= HELD_LIMIT) controller.pause()
    this.#notify()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#close()
  }

  onResponseError(_: Controller, error: Error): void {
    this.#fail(error)
  }

  /** Breaks off; whoever waits gets this error. */
  abort(error: Error): void {
    this.#fail(error)
    this.#controller?.abort(error)
  }

  /** Whether `take` has something to say without waiting. */
  get isDue(): boolean {
    return this.#pieces.length > 0 || this.#ended || this.#error !== undefined
  }

  /** Resolves when something is due. For one reader at a time. */
  due(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /**
   * What came since the last call; undefined at the end of the body.
   * @throws what broke the answer off, once all before it is taken.
   */
  take(): Uint8Array | undefined {
    const pieces = this.#pieces
    if (pieces.length > 0) {
      this.#pieces = []
      this.#held = 0
      this.#controller?.resume()
      return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    }
    if (this.#error) throw this.#error
    return undefined
  }

  /** The rest is not wanted: a body that is about to end may do so, and its connection is kept. */
  release(): void {
    if (this.#ended || this.#error || this.#released) return
    this.#released = setTimeout(() => this.abort(new Error('not wanted')), RELEASE_MS)
    this.#pieces = []
    this.#controller?.resume()
  }

  readonly #hangUp = (): void => {
    const { reason } = this.#signal as { reason: unknown }
    this.abort(reason instanceof Error ? reason : new Error('aborted'))
  }

  #fail(error: Error): void {
    if (this.#ended || this.#error) return
    this.#error = error
    this.#refuseHead(error)
    this.#close()
  }

  #close(): void {
    this.#signal.removeEventListener('abort', this.#hangUp)
    clearTimeout(this.#released)
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
