/** A relay on loopback between ccr and a server: keeps what the server answered, and whether ccr hung up before the end. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One call of the server. */
export interface Call {
  readonly method: string
  readonly path: string
  /** The body that was sent to the server. */
  readonly sent: string
  status: number
  type: string
  /** The answer's body so far. */
  answer: string
  /** `ended`: to its end; `aborted`: the caller hung up before; `failed`: the server did. */
  end: 'ended' | 'aborted' | 'failed' | undefined
}

export interface Relay {
  readonly origin: string
  /** All calls since `take` was last called. */
  readonly calls: readonly Call[]
  /** The calls until now, which the relay forgets. */
  take(): readonly Call[]
  close(): Promise<void>
}

/** @param target the server's origin. */
export async function startRelay(target: string): Promise<Relay> {
  let calls: Call[] = []
  const server = createServer((req, res) => {
    void relayed(target, req, res, (call) => calls.push(call))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    get calls() {
      return calls
    },
    take() {
      const taken = calls
      calls = []
      return taken
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function relayed(
  target: string,
  req: IncomingMessage,
  res: ServerResponse,
  keep: (call: Call) => void,
): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  const body = Buffer.concat(parts)
  const { method = 'GET', url = '/' } = req
  const call: Call = {
    method,
    path: url,
    sent: body.toString('utf8'),
    status: 0,
    type: '',
    answer: '',
    end: undefined,
  }
  keep(call)
  const headers = { ...req.headers, host: new URL(target).host }
  const upstream = request(target + url, { method, headers, agent: false }, (answer) => {
    call.status = answer.statusCode ?? 0
    call.type = answer.headers['content-type'] ?? ''
    res.writeHead(call.status, answer.headers)
    const decoder = new TextDecoder()
    answer.on('data', (part: Buffer) => {
      call.answer += decoder.decode(part, { stream: true })
      if (!res.write(part)) {
        answer.pause()
        res.once('drain', () => answer.resume())
      }
    })
    answer.once('end', () => {
      call.end ??= 'ended'
      res.end()
    })
    answer.once('error', () => {
      call.end ??= 'failed'
      res.destroy()
    })
  })
  upstream.once('error', () => {
    call.end ??= 'failed'
    res.destroy()
  })
  res.once('close', () => {
    if (res.writableFinished) return
    call.end ??= 'aborted'
    upstream.destroy()
  })
  upstream.end(body)
}
