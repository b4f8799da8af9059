/** A session of ccr before a server that gives one answer to everything. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { gatewayServer, type GatewayServer } from '../support/gateway.ts'

/** A retry would only wait. */
const NO_RETRY = { repeats: 0, repeatWithinMs: 0, afterSend: false }

export interface FixedAnswer {
  /** The provider's name in the config, by which ccr knows the kind of server. */
  readonly provider: string
  /** The path of its API: `/v1/chat/completions`. */
  readonly path: string
  /** 200 when absent. */
  readonly status?: number
  /** Its content type. */
  readonly type: string
  readonly body: string | Buffer
}

/** Its model is `PROVIDER,m`. Server and session go when the test ends. */
export async function answeringSession(answer: FixedAnswer): Promise<GatewayServer> {
  const { provider: name, path, status = 200, type, body } = answer
  const server = createServer((req, res) => {
    req.resume()
    res.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${String(port)}${path}`
  const provider = { name, url, apiKey: '', models: ['m'], missing: [] }
  const gateway = await gatewayServer({ providers: [provider], retry: NO_RETRY })
  onTestFinished(async () => {
    await gateway.close()
    await new Promise((resolve) => server.close(resolve))
  })
  return gateway
}
