import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewayServer, type GatewayServer } from '../../test/support/gateway.ts'
import { chatBytes } from '../../test/support/stream.ts'

let folder: string
let google: Server
let gateway: GatewayServer
let seen: { url: string; authorization: string | undefined; body: string }[]

const ANSWER = chatBytes(
  { candidates: [{ content: { parts: [{ text: 'Hi.' }] } }] },
  { candidates: [{ finishReason: 'STOP' }] },
)

/** The token endpoint and Vertex AI in one. */
beforeEach(async () => {
  seen = []
  folder = await mkdtemp(join(tmpdir(), 'ccr-vertex-'))
  google = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const { url = '', headers } = req
      const body = Buffer.concat(chunks).toString()
      seen.push({ url, authorization: headers.authorization, body })
      if (url !== '/token') res.writeHead(200, { 'content-type': 'text/event-stream' }).end(ANSWER)
      else if (body.includes('revoked')) res.writeHead(400).end('{"error":"invalid_grant"}')
      else res.end('{"access_token":"ya29.x","expires_in":3600}')
    })
  })
  await new Promise<void>((resolve) => google.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await gateway.close()
  google.closeAllConnections()
  google.close()
  await rm(folder, { recursive: true })
})

async function serve(refresh_token: string): Promise<void> {
  const url = `http://127.0.0.1:${String((google.address() as AddressInfo).port)}`
  const file = join(folder, 'credentials.json')
  const user = { type: 'authorized_user', client_id: 'i', client_secret: 's', refresh_token }
  await writeFile(file, JSON.stringify({ ...user, token_uri: `${url}/token` }))
  const provider = {
    name: 'google-cloud',
    url,
    apiKey: 'not-used',
    models: ['gemini-2.5-pro'],
    missing: [],
    transformer: { use: ['vertex-gemini'] },
  }
  gateway = await gatewayServer({ providers: [provider] }, 'google-cloud,gemini-2.5-pro', {
    GOOGLE_CLOUD_PROJECT: 'mine',
    GOOGLE_CLOUD_LOCATION: 'us-central1',
    GOOGLE_APPLICATION_CREDENTIALS: file,
  })
}

const QUESTION = {
  model: 'ccr-deadbeef',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'hi' }],
}

describe('the gateway before Gemini on Vertex AI', () => {
  it('asks the model in the project, with one token for many requests', async () => {
    await serve('1//mine')
    const answers = [await gateway.post(QUESTION), await gateway.post(QUESTION)]
    for (const answer of answers) {
      expect(await answer.json()).toMatchObject({ content: [{ text: 'Hi.' }] })
    }
    expect(seen.map(({ url }) => url)).toEqual([
      '/token',
      ...Array.from(
        { length: 2 },
        () =>
          '/v1beta1/projects/mine/locations/us-central1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
      ),
    ])
    expect(seen[1]?.authorization).toBe('Bearer ya29.x')
  })

  it('reports credentials that Google refuses', async () => {
    await serve('revoked')
    const response = await gateway.post(QUESTION)
    expect(response.status).toBe(401)
    expect(response.headers.get('x-should-retry')).toBe('false')
    const text = await response.text()
    expect(text).toContain('invalid_grant')
    expect(text).not.toContain('revoked')
  })
})
