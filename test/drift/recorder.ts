/** A server on loopback that answers the client by a script and keeps every request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from '../support/replies.ts'
import { deliver, type Seen, type SeenBody } from '../support/upstream.ts'
import type { RecordedRequest } from './shape.ts'

export interface Recorder {
  readonly url: string
  readonly requests: readonly RecordedRequest[]
  /** Resolves when a request like this has come. */
  until(isIt: (request: RecordedRequest) => boolean): Promise<void>
  close(): Promise<void>
}

/** What the client finds besides models to talk to: `GET /v1/models` and counts of tokens. */
const MODELS = { data: [{ id: 'claude-recorded', display_name: 'Recorded' }] }
const COUNT = { input_tokens: 1000 }

/** @param answer to a request for messages; 'ok' where it gives nothing. */
export async function startRecorder(
  answer: (seen: Seen) => ReturnType<typeof text> | undefined,
): Promise<Recorder> {
  const requests: RecordedRequest[] = []
  const watchers = new Set<() => void>()
  const server = createServer((req, res) => {
    handle(req, res).catch(() => res.destroy())
  })
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const raw = await readAll(req)
    const body = raw === '' ? undefined : (JSON.parse(raw) as SeenBody)
    const { method = '', url: path = '', headers } = req
    const n = requests.push({ method, path, headers, body }) - 1
    for (const look of watchers) look()
    const isMessages = method === 'POST' && path.startsWith('/v1/messages?')
    if (!isMessages || body === undefined) {
      answerOther(path, res)
      return
    }
    const ended = Promise.resolve('answered' as const)
    const seen: Seen = { n, wire: 'anthropic', path, headers, body, raw, ended }
    await deliver(res, seen, answer(seen) ?? text('ok'), () => undefined)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    until: (isIt) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!requests.some(isIt)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answerOther(path: string, res: ServerResponse): void {
  const found = path.startsWith('/v1/models') ? MODELS : path.includes('count_tokens') ? COUNT : {}
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
}

async function readAll(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
