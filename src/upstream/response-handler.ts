/** Receives one answer from undici. */
import type { Dispatcher } from 'undici'
import type { Answer } from './answer.ts'

type Controller = Dispatcher.DispatchController
export type Head = Pick<Answer, 'status' | 'headers'>

/** Buffered bytes of a body at which the connection is paused until they are read. */
const BUFFER_LIMIT = 256 * 1024

/** How long a released body may take to end before its connection is closed, ms. */
const RELEASE_MS = 500

/**
 * Receives one answer: first the head, then the body, which the reader pulls. All bytes that have
 * arrived are given as one piece. undici's `request` makes a Node stream instead, which costs more
 * than everything else that ccr does with an answer.
 */
export class ResponseHandler implements Dispatcher.DispatchHandler {
  /** Rejects if no status line comes. */
  readonly head: Promise<Head>
  readonly #signal: AbortSignal
  #controller: Controller | undefined
  #pieces: Uint8Array[] = []
  #buffered = 0
  #ended = false
  #error: Error | undefined
  #released: NodeJS.Timeout | undefined
  #resolveHead!: (head: Head) => void
  #rejectHead!: (error: Error) => void
  #wake: (() => void) | undefined

  /** @param signal aborts the exchange, at any time. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    this.head = new Promise((resolve, reject) => {
      this.#resolveHead = resolve
      this.#rejectHead = reject
    })
    this.head.catch(() => undefined) // it may reject before it is awaited
    if (signal.aborted) this.#abortBySignal()
    else signal.addEventListener('abort', this.#abortBySignal, { once: true })
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#error) controller.abort(this.#error)
  }

  onResponseStart(_: Controller, status: number, headers: Head['headers']): void {
    if (status >= 200) this.#resolveHead({ status, headers })
  }

  onResponseData(controller: Controller, piece: Uint8Array): void {
    if (this.#released) return
    this.#pieces.push(piece)
    this.#buffered += piece.length
    if (this.#buffered >= BUFFER_LIMIT) controller.pause()
    this.#notify()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#close()
  }

  onResponseError(_: Controller, error: Error): void {
    this.#fail(error)
  }

  /** Ends the exchange; the waiting reader gets this error. */
  abort(error: Error): void {
    this.#fail(error)
    this.#controller?.abort(error)
  }

  /** Whether `take` has a piece, the end or an error to give. */
  get isReady(): boolean {
    return this.#pieces.length > 0 || this.#ended || this.#error !== undefined
  }

  /** Resolves when `isReady` becomes true. For one reader at a time. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /**
   * The bytes that have arrived since the last call; undefined at the end of the body.
   * @throws the error that broke the answer off, after all bytes before it have been taken.
   */
  take(): Uint8Array | undefined {
    const pieces = this.#pieces
    if (pieces.length > 0) {
      this.#pieces = []
      this.#buffered = 0
      this.#controller?.resume()
      return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    }
    if (this.#error) throw this.#error
    return undefined
  }

  /** Discards the rest of the body; the connection is kept if the body ends within `RELEASE_MS`. */
  release(): void {
    if (this.#ended || this.#error || this.#released) return
    this.#released = setTimeout(() => this.abort(new Error('not wanted')), RELEASE_MS)
    this.#pieces = []
    this.#controller?.resume()
  }

  readonly #abortBySignal = (): void => {
    const { reason } = this.#signal as { reason: unknown }
    this.abort(reason instanceof Error ? reason : new Error('aborted'))
  }

  #fail(error: Error): void {
    if (this.#ended || this.#error) return
    this.#error = error
    this.#rejectHead(error)
    this.#close()
  }

  #close(): void {
    this.#signal.removeEventListener('abort', this.#abortBySignal)
    clearTimeout(this.#released)
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
