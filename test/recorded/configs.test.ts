/** Configs as users have them, kept beside the project and not in it: what the provider sees of each kind of request. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { command as configCommand } from '../../src/cli/commands/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { runCommand } from '../support/command.ts'
import { testFolder } from '../support/folder.ts'
import { gatewayServer } from '../support/gateway.ts'
import { startConnectProxy } from '../support/proxies.ts'
import { CASES, CASES_FOLDER } from '../support/requires.ts'

interface Wanted {
  readonly status?: number
  readonly notStatus?: number
  readonly sent?: number
  readonly url?: string
  readonly auth?: string
  readonly own?: string
  readonly text?: string
  readonly replyMatch?: string
  readonly body?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

interface Case {
  readonly files?: Readonly<Record<string, string>>
  readonly want: {
    readonly requests: Readonly<Record<string, Wanted>>
    /** Of `ccr config check`: its exit code, and patterns of what it prints. */
    readonly check?: { readonly code: number; readonly has: readonly string[] }
  }
}

interface Seen {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const FOLDER = join(CASES_FOLDER, 'config')
const NAMES =
  CASES.skip === true
    ? []
    : readdirSync(FOLDER)
        .filter((file) => file.endsWith('.json5'))
        .map((file) => basename(file, '.json5'))

const temporary = testFolder()
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** What a client sends for a kind of request. */
function requestOf(kind: string): object {
  const base = { model: 'claude-sonnet-4-5', max_tokens: 32_000, temperature: 1, stream: true }
  const say = (content: unknown): object => ({ ...base, messages: [{ role: 'user', content }] })
  if (kind.startsWith('explicit:')) return { ...say('hi'), model: kind.slice('explicit:'.length) }
  switch (kind) {
    case 'think':
      return { ...say('hi'), thinking: { type: 'enabled', budget_tokens: 31_999 } }
    case 'image': {
      const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }
      return say([{ type: 'image', source }])
    }
    case 'webSearch':
      return { ...say('hi'), tools: [{ type: 'web_search_20250305', name: 'web_search' }] }
    default:
      return say('hi')
  }
}

/** An answer in the API that the path is of. */
function answerTo(path: string): string {
  const sse = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
  if (path.endsWith('/responses')) {
    const item = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'ok' }],
    }
    return sse({
      type: 'response.completed',
      response: { id: 'r', status: 'completed', output: [item] },
    })
  }
  if (path.endsWith('/messages')) {
    const event = (data: { type: string }): string => `event: ${data.type}\n${sse(data)}`
    const message = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    }
    return [
      event({ type: 'message_start', message } as never),
      event({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '' },
      } as never),
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: 'ok' },
      } as never),
      event({ type: 'content_block_stop', index: 0 } as never),
      event({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: 1 },
      } as never),
      event({ type: 'message_stop' }),
    ].join('')
  }
  return `${sse({ choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] })}data: [DONE]\n\n`
}

async function world(name: string, { files = {} }: Case) {
  const home = join(temporary.path, name)
  const folder = join(home, '.claude-code-router')
  mkdirSync(folder, { recursive: true })
  for (const [to, from] of Object.entries(files)) {
    const file = to.replace('~', home)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, readFileSync(join(FOLDER, from)))
  }
  const source = readFileSync(join(FOLDER, `${name}.json5`), 'utf8')
  // Plain HTTP, so that the proxy in between leads to the server below whatever the host.
  const text = source.replaceAll('/home/me', home).replaceAll('https://', 'http://')
  writeFileSync(join(folder, 'config.json'), text)
  const seen: Seen[] = []
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const url = `https://${req.headers.host ?? ''}${req.url ?? ''}`
      seen.push({ url, headers: req.headers, text: Buffer.concat(chunks).toString() })
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(answerTo(req.url ?? ''))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const proxy = await startConnectProxy({ leadTo: (server.address() as AddressInfo).port })
  closing.push(() => proxy.close())
  const env = { HOME: home }
  const config = loadConfig(join(folder, 'config.json'), env)
  const gateway = await gatewayServer({ ...config, proxyUrl: `http://${proxy.host}` }, '', env)
  closing.push(() => gateway.close())
  return { gateway, seen, env: { ...env, CCR_HOME: folder } }
}

describe('a config as a user has it', CASES, () => {
  it.each(NAMES.length > 0 ? NAMES : ['none'])('%s', async (name) => {
    const given = JSON.parse(readFileSync(join(FOLDER, `${name}.expect.json`), 'utf8')) as Case
    const { gateway, seen, env } = await world(name, given)
    if (given.want.check !== undefined) {
      const { code, out, err } = await runCommand(configCommand, ['check'], env)
      expect({ name, code }).toEqual({ name, code: given.want.check.code })
      for (const pattern of given.want.check.has) {
        expect(out + err, name).toMatch(new RegExp(pattern.slice(1, -1)))
      }
    }
    for (const [kind, wanted] of Object.entries(given.want.requests)) {
      const before = seen.length
      const response = await gateway.post(requestOf(kind))
      const reply = await response.text()
      const requests = seen.slice(before)
      const [first] = requests
      const {
        status,
        notStatus,
        sent,
        url,
        auth,
        own,
        text,
        replyMatch,
        body = {},
        ...fields
      } = wanted
      const label = `${name}, ${kind}`
      if (status !== undefined)
        expect({ label, status: response.status, reply }).toMatchObject({ status })
      if (notStatus !== undefined) expect(response.status, label).not.toBe(notStatus)
      if (sent !== undefined) expect(requests, label).toHaveLength(sent)
      if (replyMatch !== undefined) expect(reply, label).toMatch(new RegExp(replyMatch))
      if (url !== undefined) expect(first?.url, label).toBe(url)
      if (own !== undefined) expect(first?.headers['x-own'], label).toBe(own)
      if (auth !== undefined) {
        const [header = '', ...value] = auth.split(': ')
        expect(first?.headers[header], label).toBe(value.join(': '))
      }
      if (text !== undefined) expect(first?.text, label).toContain(text)
      const seenBody = JSON.parse(first?.text ?? '{}') as Record<string, unknown>
      for (const [field, value] of Object.entries(body)) {
        expect(String(seenBody[field]), label).toMatch(new RegExp(value.slice(1, -1)))
      }
      if (sent !== 0) expect({ label, ...seenBody }).toMatchObject(fields)
      if (response.status === 200) expect(reply, label).toContain('ok')
    }
  })
})
