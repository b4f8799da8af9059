/** A provider that fails as the test decides, and counts what it would bill. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fault, goodFrames } from './faults.ts'

/** One request as it was answered. */
export interface Served {
  /** The attempt of the client that it belongs to. */
  readonly attempt: string
  /** Undefined for a good answer. */
  readonly fault: Fault | undefined
}

export interface Trouble {
  readonly url: string
  /** In order of arrival. */
  readonly served: readonly Served[]
  /** Call when the client has received a part of the answer to an attempt. */
  received(attempt: string): void
  close(): Promise<void>
}

/** The right answer to an attempt: the question names itself. */
export function answerTo(attempt: string): string {
  return `the answer to ${attempt.replace(/\/try \d+$/, '')}, in many words, and then it ends`
}

/** Questions carry `[attempt]` at the end of their last message. */
function attemptIn(body: string): string {
  const all = [...body.matchAll(/\[(conversation [^\]]+)\]/g)]
  return all.at(-1)?.[1] ?? ''
}

/** @param troubleFor the fault for the next request; undefined: it is answered well. */
export async function startProvider(
  troubleFor: (attempt: string) => Fault | undefined,
): Promise<Trouble> {
  const served: Served[] = []
  const waiting = new Map<string, () => void>()
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of req) parts.push(part as Buffer)
    const attempt = attemptIn(Buffer.concat(parts).toString('utf8'))
    const fault = troubleFor(attempt)
    served.push({ attempt, fault })
    const right = answerTo(attempt)
    const received = new Promise<void>((resolve) => waiting.set(attempt, resolve))
    if (fault) fault.happen({ req, res, answer: right, received })
    else drip(res, goodFrames(right))
  }
  const server = createServer((req, res) => {
    // A session asks servers of this machine about their models; this one has nothing to say.
    if (req.method !== 'POST') {
      res.writeHead(404).end()
      return
    }
    answer(req, res).catch(() => req.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}/v1/chat/completions`,
    served,
    received: (attempt) => waiting.get(attempt)?.(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Frame after frame, each in a write and a turn of its own. */
function drip(res: ServerResponse, frames: readonly string[]): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const next = (at: number): void => {
    const text = frames[at]
    if (text === undefined) res.end()
    else res.write(text, () => setImmediate(next, at + 1))
  }
  next(0)
}
