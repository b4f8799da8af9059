import type { MessagePort } from 'node:worker_threads'

/**
 * A stream of bytes between threads: whoever reads asks for each piece, so that nothing is read
 * faster than it is taken.
 */

interface Asked {
  readonly next: boolean
}

interface Piece {
  readonly chunk?: Uint8Array
  readonly end?: true
  readonly failed?: string
}

/** Gives the pieces of a body to the other end, until that has had enough or is gone. */
export function giveBody(body: ReadableStream<unknown> | null, port: MessagePort): void {
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
  port.on('message', ({ next }: Asked) => {
    if (!next) port.close()
    else void give().then((piece) => port.postMessage(piece))
  })
  port.once('close', done)
}

/** The body that the other end gives; it breaks off when that is gone. */
export function bodyFrom(
  port: MessagePort,
  onEnd: () => void = () => undefined,
): ReadableStream<Uint8Array> {
  let wanted: ((piece: Piece) => void) | undefined
  const take = (piece: Piece): void => wanted?.(piece)
  port.on('message', take)
  port.once('close', () => {
    take({ failed: 'the thread of own code has ended' })
    onEnd()
  })
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await new Promise<Piece>((resolve) => {
          wanted = resolve
          port.postMessage({ next: true } satisfies Asked)
        })
        if (piece.chunk !== undefined) controller.enqueue(piece.chunk)
        else {
          if (piece.end) controller.close()
          else controller.error(new Error(piece.failed))
          port.close()
        }
      },
      cancel() {
        port.postMessage({ next: false } satisfies Asked)
        port.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Own code may also give text. */
function asBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(String(value))
}
