/** Known secrets are planted, everything is driven that could show them, and all that was written is searched. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { messagesClient } from '../support/client.ts'
import { throwawayCcr, type Ccr, type LiveSession } from '../support/ccr.ts'
import { startConnectProxy, type TestProxy } from '../support/proxies.ts'
import { events, http, text } from '../support/replies.ts'
import { startUpstream, type Seen, type Upstream } from '../support/upstream.ts'
import { fakeClaude } from './fake-claude.ts'

/** None looks like a key: only its value gives it away. */
const SECRETS = {
  literal: 'planted0literal0Zq81',
  second: 'planted0second0Zq82',
  variable: 'planted0variable0Zq83',
  query: 'planted0query0Zq84',
  apiKey: 'planted0apikey0Zq85',
  proxy: 'planted0proxy0Zq86',
  anthropic: 'planted0anthropic0Zq87',
  header: 'planted0header0"Zq89',
  search: 'planted0search0Zq90',
}

/** The only files that may hold secrets; for their owner alone. */
const MAY_HOLD: ReadonlySet<string> = new Set(['config.json', 'env.json', 'session.json'])

let upstream: Upstream
let proxy: TestProxy
let ccr: Ccr
let session: LiveSession
/** All that programs printed and servers answered, with where it comes from. */
const outputs: { from: string; text: string }[] = []

/** Whatever credential came, as a careless provider would tell it. */
function keyOf({ headers }: Seen): string {
  return String(headers['x-gateway'] ?? headers['x-api-key'] ?? headers.authorization)
}

const ROUTER = `module.exports = async (req, config) => {
  const prompt = JSON.stringify(req.body.messages)
  if (prompt.includes('throw')) throw new Error('own code says ' + config.Providers[0].api_key)
  if (prompt.includes('crash')) {
    setTimeout(() => { throw new Error('own code dies of ' + config.Providers[0].api_key) })
  }
  return null
}`

function config(more: object = {}): object {
  const provider = (name: string, api_key: unknown, url = upstream.chatUrl): object => ({
    name,
    api_key,
    api_base_url: url,
    models: ['m'],
  })
  const withHeader = (one: object): object => ({
    ...one,
    headers: { 'x-gateway': `Team ${SECRETS.header}` },
  })
  return {
    Providers: [
      provider('literal', [SECRETS.literal, SECRETS.second]),
      provider('variable', '${SOME_VALUE}'),
      provider('query', 'k', `${upstream.chatUrl}?key=${SECRETS.query}`),
      provider('anthropic', SECRETS.anthropic, upstream.messagesUrl),
      withHeader(provider('header', 'k')),
      withHeader(provider('header-anthropic', 'k', upstream.messagesUrl)),
      provider('far', SECRETS.literal, 'http://provider.test/v1/chat/completions'),
      provider('refusing', SECRETS.literal, 'http://127.0.0.1:1/v1/chat/completions'),
    ],
    Router: { default: 'literal,m' },
    Lend: { webSearch: { service: 'brave', api_key: SECRETS.search } },
    APIKEY: SECRETS.apiKey,
    LOG_LEVEL: 'debug',
    PROXY_URL: `http://me:${SECRETS.proxy}@${proxy.host}`,
    CUSTOM_ROUTER_PATH: join(ccr.ccrHome, 'router.cjs'),
    ...more,
  }
}

beforeAll(async () => {
  upstream = await startUpstream()
  proxy = await startConnectProxy({ credentials: 'me:other' })
  ccr = await throwawayCcr({}, { SOME_VALUE: SECRETS.variable })
  writeFileSync(join(ccr.ccrHome, 'router.cjs'), ROUTER)
  await ccr.configure(config())
  session = await ccr.start()
})

afterAll(async () => {
  await ccr.remove()
  await upstream.close()
  await proxy.close()
})

async function run(...args: string[]): Promise<void> {
  const { stdout, stderr } = await ccr.run(args)
  outputs.push({ from: `ccr ${args.join(' ')}`, text: stdout + stderr })
}

async function ask(model: string, prompt = 'hi'): Promise<void> {
  const client = messagesClient(session, model)
  for (const stream of [true, false]) {
    const response = await client.fetch('/v1/messages', {
      method: 'POST',
      body: JSON.stringify({
        model,
        stream,
        max_tokens: 9,
        messages: [{ role: 'user', content: prompt }],
      }),
    })
    const headers = JSON.stringify(Object.fromEntries(response.headers))
    outputs.push({ from: `${model} ${prompt}`, text: headers + (await response.text()) })
  }
}

function expectNoSecret(from: string, written: string): void {
  for (const [name, secret] of Object.entries({ ...SECRETS, token: session.token })) {
    const inJson = JSON.stringify(secret).slice(1, -1)
    const forms = [
      secret,
      ...(name === 'token' ? [] : [secret.slice(0, 15)]),
      inJson,
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ]
    for (const form of forms) {
      const at = written.indexOf(form)
      const around = at === -1 ? '' : written.slice(Math.max(0, at - 120), at)
      expect(at, `${from} shows the secret "${name}" after: ${around}`).toBe(-1)
    }
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : []
  })
}

const ALL = [
  ...['literal,m', 'variable,m', 'query,m', 'anthropic,m'],
  ...['header,m', 'header-anthropic,m'],
]

const BEGUN = [
  { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
]

describe('secrets', () => {
  it('are sent to their providers', async () => {
    upstream.script(text('fine'))
    for (const model of ALL) await ask(model)
    const seen = upstream.requests.map((request) => `${keyOf(request)} ${request.path}`).join()
    const sent = [SECRETS.literal, SECRETS.variable, SECRETS.query, SECRETS.anthropic]
    for (const secret of sent) expect(seen).toContain(secret)
  })

  it.each<[string, (seen: Seen) => ReturnType<typeof http>]>([
    [
      'a JSON error',
      (seen) => http(401, { error: { message: `bad key ${keyOf(seen)} at ${seen.path}` } }),
    ],
    [
      "Anthropic's own error",
      (seen) =>
        http(401, { type: 'error', error: { type: 'authentication_error', message: keyOf(seen) } }),
    ],
    [
      'text',
      (seen) => http(500, `no: ${keyOf(seen)}`, { headers: { 'content-type': 'text/plain' } }),
    ],
    ['a web page', (seen) => http(403, `<html><title>${keyOf(seen)}</title>`)],
    ['headers', (seen) => http(429, {}, { headers: { 'x-key': keyOf(seen), 'retry-after': '1' } })],
    ['a 200 stream', (seen) => events([{ error: { message: keyOf(seen), code: 401 } }])],
    [
      'an error that is text in text',
      (seen) =>
        http(400, {
          error: JSON.stringify({ error: { message: JSON.stringify({ key: keyOf(seen) }) } }),
        }),
    ],
    [
      'a part of it',
      (seen) => http(401, { error: { message: `no ${keyOf(seen).slice(0, -4)}…` } }),
    ],
    [
      'a begun stream',
      (seen) =>
        events([
          ...BEGUN,
          { type: 'error', error: { type: 'api_error', message: `no ${keyOf(seen)}` } },
        ]),
    ],
  ])('are told back by a provider in %s', async (_, reply) => {
    upstream.script(reply)
    for (const model of ALL) await ask(model)
  })

  it('come near everything else that fails', async () => {
    upstream.script(text('fine'))
    await ask('far,m')
    await ask('refusing,m')
    await ask('literal,m', 'x throw x')
    await ask('ccr-default', 'x throw x')
    expect(outputs.at(-1)?.text).toContain('x-ccr-model')
    const stranger = messagesClient({ ...session, token: `${SECRETS.apiKey}x` }, 'x')
    outputs.push({ from: 'a wrong key', text: JSON.stringify(await stranger.post()) })
    await run('start')
    await run('status')
    await run('status', '--json')
    await run('sessions', '--all')
    await run('sessions', '--json')
    await run('explain', 'last')
    await run('explain', 'last', '--json')
    await run('explain', join(ccr.ccrHome, 'config.json'))
    writeFileSync(join(ccr.work, 'r.json'), '{"model":"query,m","messages":[]}')
    await run('explain', join(ccr.work, 'r.json'))
    await run('doctor')
    await run('doctor', '--json')
    await run('doctor', '--live')
    await run('models')
    await run('config', 'check')
    await run('logs', '-n', '10000')
    await run('logs', '--json')
  })

  it('are in no argument list while claude runs', async () => {
    const path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
    const child = ccr.spawn(['code', 'a prompt'], { env: { PATH: path, FAKE: 'wait' } })
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    const list = execFileSync('ps', ['-ww', '-eo', 'args'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    outputs.push({ from: 'ps', text: list })
    expect(list).toContain('a prompt')
    child.stdin?.end()
    await new Promise((resolve) => child.once('close', resolve))
  })

  it('come into a broken config, and out of one that is edited', async () => {
    const file = join(ccr.ccrHome, 'config.json')
    const whole = readFileSync(file, 'utf8')
    const marker = 'Bearer planted0late0Zq88'
    writeFileSync(file, whole.replace('"api_key": "${SOME', '"api_key" "${SOME'))
    await vi.waitFor(
      async () => expect((await ccr.run(['status'])).stdout).toContain('config broken since'),
      { timeout: 20_000 },
    )
    await run('status')
    await run('config', 'check')
    await run('restart')
    await ccr.configure(config({ LOG_LEVEL: 'debug', PING_AFTER_MS: 5_000 }))
    await vi.waitFor(async () => expect(await ccr.log('default')).toContain('PING_AFTER_MS'), {
      timeout: 20_000,
    })
    upstream.script((seen) => http(401, { error: { message: `${keyOf(seen)} ${marker}` } }))
    for (const model of ALL) await ask(model)
  })

  it.each([true, false])('come into a crash, with LOG: %s', async (LOG) => {
    await ccr.configure(config({ LOG }))
    await ccr.run(['restart'])
    const log = (): Promise<string> => ccr.log('default')
    upstream.script(text('fine'))
    const client = messagesClient(session, 'x')
    await client
      .post({ model: 'ccr-default', messages: [{ role: 'user', content: 'crash' }] })
      .catch(() => undefined)
    await vi.waitFor(async () => expect(await log()).toMatch(/own code dies of/), {
      timeout: 20_000,
    })
    await run('start')
  })

  it('are in nothing that was printed, answered or written', async () => {
    await run('stop', '--all')
    for (const { from, text: written } of outputs) expectNoSecret(from, written)
    const files = filesBelow(ccr.home)
    expect(files.some((file) => file.endsWith('router.log'))).toBe(true)
    for (const file of files) {
      const name = file.split('/').at(-1) ?? ''
      if (MAY_HOLD.has(name)) expect(statSync(file).mode & 0o077, file).toBe(0)
      else expectNoSecret(file, readFileSync(file, 'latin1'))
    }
  })
})
