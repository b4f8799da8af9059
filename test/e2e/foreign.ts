/**
 * An upstream of another protocol: the answers come from a third-party mock or are written by hand,
 * and a relay before it keeps every request as it came and says where an answer breaks off.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FixtureResponse, LLMock } from '@copilotkit/aimock'

/** A request as it arrived. */
export interface Received {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
  readonly raw: string
}

/** One answer: what the mock says, or the bytes of a body written by hand. */
export interface Step {
  readonly say: FixtureResponse | { readonly type: string; readonly bytes: Buffer }
  /** After this part of its events, 0 to 1, the answer ends: with a cut socket, or as if whole. */
  readonly breaks?: { readonly at: number; readonly ending: 'cut' | 'close' }
}

export interface Foreign {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly requests: readonly Received[]
  /** What to answer from now on, one after the other; then nothing but errors. */
  script(...steps: readonly Step[]): void
  close(): Promise<void>
}

/** The mock takes it for a tool, and fails; Bedrock takes it among tools, blocks and system. */
const CACHE_POINT = ',{"cachePoint":{"type":"default"}}'

/** Network writes hold so many bytes, whatever the events in them. */
const WRITE = 97

/** Starts both on 127.0.0.1 and ports that the system chooses. */
export async function startForeign(): Promise<Foreign> {
  const mock = new LLMock({ port: 0, chunkSize: 8 })
  await mock.start()
  const requests: Received[] = []
  let steps: Step[] = []

  const relay = createServer((req, res) => {
    serve(req, res).catch(() => res.destroy())
  })
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const raw = await readAll(req)
    const path = req.url ?? ''
    requests.push({ path, headers: req.headers, body: JSON.parse(raw), raw })
    const step = steps.shift()
    if (step === undefined) {
      res.writeHead(400, { 'content-type': 'application/json' })
      res.end('{"error":{"message":"the script has no more answers"}}')
      return
    }
    const { say, breaks } = step
    const { status, type, bytes } =
      'bytes' in say ? { status: 200, ...say } : await rendered(say, path, raw)
    res.writeHead(status, { 'content-type': type })
    await put(res, breaks ? upTo(breaks.at, bytes, type) : bytes)
    if (breaks?.ending === 'cut') res.destroy()
    else res.end()
  }
  const rendered = async (say: FixtureResponse, path: string, raw: string) => {
    mock.clearFixtures()
    mock.on({}, say)
    const headers = { 'content-type': 'application/json' }
    const body = raw.replaceAll(CACHE_POINT, '')
    const response = await fetch(mock.url + path, { method: 'POST', headers, body })
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      bytes: Buffer.from(await response.arrayBuffer()),
    }
  }
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const { port } = relay.address() as AddressInfo

  return {
    origin: `http://127.0.0.1:${String(port)}`,
    requests,
    script: (...next) => {
      steps = [...next]
    },
    close: async () => {
      await new Promise<void>((resolve) => {
        relay.close(() => resolve())
        relay.closeAllConnections()
      })
      await mock.stop()
    },
  }
}

async function readAll(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** The first events of a body: this part of all that it has. */
function upTo(part: number, bytes: Buffer, type: string): Buffer {
  const endOf = type.includes('amazon.eventstream') ? endOfMessage : endOfEvent
  const ends: number[] = [0]
  for (let at = 0; at < bytes.length;) {
    at = endOf(bytes, at)
    ends.push(at)
  }
  return bytes.subarray(0, ends[Math.floor((ends.length - 1) * part)])
}

/** An AWS event stream's message begins with its length. */
function endOfMessage(bytes: Buffer, at: number): number {
  return at + bytes.readUInt32BE(at)
}

function endOfEvent(bytes: Buffer, at: number): number {
  const end = bytes.indexOf('\n\n', at)
  return end < 0 ? bytes.length : end + 2
}

/** Each write is handed to the kernel before the next, so that a cut loses nothing written. */
async function put(res: ServerResponse, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !res.destroyed; at += WRITE) {
    await new Promise<void>((resolve) => {
      res.write(bytes.subarray(at, at + WRITE), () => resolve())
    })
  }
}
