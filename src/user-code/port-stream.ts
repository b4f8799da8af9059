/**
 * A stream of bytes between threads. The reader requests each piece, so that the source is never
 * read faster than the pieces are consumed. The messages are part of the wire format that
 * `thread-messages.ts` describes.
 */
import type { MessagePort } from 'node:worker_threads'

interface PieceRequest {
  readonly next: boolean
}

interface Piece {
  readonly chunk?: Uint8Array
  readonly end?: true
  readonly failed?: string
}

/** Sends a body piece by piece, until the other end cancels or its port closes. */
export function sendBody(body: ReadableStream<unknown> | null, port: MessagePort): void {
  const reader = body?.getReader()
  const done = (): void => {
    void reader?.cancel().catch(() => undefined)
  }
  const give = async (): Promise<Piece> => {
    try {
      const step = await reader?.read()
      if (step === undefined || step.done) return { end: true }
      return { chunk: asBytes(step.value) }
    } catch (thrown) {
      return { failed: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }
  port.on('message', ({ next }: PieceRequest) => {
    if (!next) port.close()
    else void give().then((piece) => port.postMessage(piece))
  })
  port.once('close', done)
}

/** The body that the other end sends; an error ends it if the port closes before the end. */
export function receiveBody(
  port: MessagePort,
  onEnd: () => void = () => undefined,
): ReadableStream<Uint8Array> {
  let wanted: ((piece: Piece) => void) | undefined
  const take = (piece: Piece): void => wanted?.(piece)
  port.on('message', take)
  port.once('close', () => {
    take({ failed: 'the thread of user code has ended' })
    onEnd()
  })
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await new Promise<Piece>((resolve) => {
          wanted = resolve
          port.postMessage({ next: true } satisfies PieceRequest)
        })
        if (piece.chunk !== undefined) controller.enqueue(piece.chunk)
        else {
          if (piece.end) controller.close()
          else controller.error(new Error(piece.failed))
          port.close()
        }
      },
      cancel() {
        port.postMessage({ next: false } satisfies PieceRequest)
        port.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** User code may also give text. */
function asBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(String(value))
}
