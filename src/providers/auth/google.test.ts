/** How a token of Google is exchanged, kept and renewed. */
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Auth } from './auth.ts'
import { googleAuth } from './google.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

let folder: string
let endpoint: Server
let forms: URLSearchParams[]
let answer: { status: number; body: string }
let now: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ccr-google-'))
  forms = []
  answer = { status: 200, body: JSON.stringify({ access_token: 'ya29.x', expires_in: 3600 }) }
  now = 1_700_000_000_000
  endpoint = createServer((req, res) => {
    let form = ''
    req.on('data', (chunk: Buffer) => (form += chunk.toString()))
    req.on('end', () => {
      forms.push(new URLSearchParams(form))
      res.writeHead(answer.status).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  endpoint.closeAllConnections()
  endpoint.close()
  await rm(folder, { recursive: true })
})

function tokenUri(): string {
  return `http://127.0.0.1:${String((endpoint.address() as AddressInfo).port)}/token`
}

async function authWith(credentials: object): Promise<Auth> {
  const file = join(folder, 'credentials.json')
  await writeFile(file, JSON.stringify({ token_uri: tokenUri(), ...credentials }))
  return googleAuth({
    provider: 'v',
    env: { GOOGLE_APPLICATION_CREDENTIALS: file },
    now: () => now,
    async post(url, body) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const response = await fetch(url, { method: 'POST', headers, body })
      return { status: response.status, text: await response.text() }
    },
  })
}

const SERVICE_ACCOUNT = {
  type: 'service_account',
  client_email: 'me@project.iam.gserviceaccount.com',
  private_key_id: 'k1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
}
const USER = {
  type: 'authorized_user',
  client_id: 'id',
  client_secret: 'secret',
  refresh_token: '1//refresh',
}
const CALL = { url: 'https://x.test', headers: {}, body: '' }

describe("Google's credentials", () => {
  it('are exchanged again when the clock was set back: nobody knows how old the token is', async () => {
    const auth = await authWith(USER)
    await auth(CALL)
    now -= 2 * 3_600_000
    await auth(CALL)
    expect(forms).toHaveLength(2)
    now += 3_500_000
    await auth(CALL)
    expect(forms).toHaveLength(2)
  })

  it('of a service account are exchanged by a signed JWT', async () => {
    const auth = await authWith(SERVICE_ACCOUNT)
    expect(await auth(CALL)).toEqual({ authorization: 'Bearer ya29.x' })
    expect(forms[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header = '', claims = '', signature = ''] = forms[0]?.get('assertion')?.split('.') ?? []
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown
    expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    expect(read(claims)).toEqual({
      iss: SERVICE_ACCOUNT.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: tokenUri(),
      iat: 1_700_000_000,
      exp: 1_700_003_600,
    })
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
  })

  it('of a user are exchanged by the refresh token', async () => {
    const auth = await authWith(USER)
    await auth(CALL)
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: 'refresh_token',
      client_id: 'id',
      client_secret: 'secret',
      refresh_token: '1//refresh',
    })
  })

  it('are exchanged once for calls at once, and again shortly before the token ends', async () => {
    const auth = await authWith(USER)
    await Promise.all([auth(CALL), auth(CALL), auth(CALL)])
    now += 3_500_000
    await auth(CALL)
    expect(forms).toHaveLength(1)
    now += 50_000
    await Promise.all([auth(CALL), auth(CALL)])
    expect(forms).toHaveLength(2)
  })

  it('that are refused are an authentication error that says why; the next call asks again', async () => {
    const auth = await authWith(USER)
    answer = {
      status: 400,
      body: JSON.stringify({ error: 'invalid_grant', error_description: 'Token revoked.' }),
    }
    await expect(auth(CALL)).rejects.toMatchObject({
      kind: 'authentication_error',
      message: 'Provider v: Google gave no access token (Token revoked.).',
    })
    answer = { status: 200, body: '{"access_token":"later"}' }
    expect(await auth(CALL)).toEqual({ authorization: 'Bearer later' })
  })

  it('that are nowhere are an error that says what to do', async () => {
    const post = () => Promise.reject(new Error('never'))
    const env = { HOME: folder }
    await expect(googleAuth({ provider: 'v', env, post })(CALL)).rejects.toThrow(
      'gcloud auth application-default login',
    )
  })
})
