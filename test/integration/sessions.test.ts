/** Sessions with the built ccr and real daemons: starting, stopping, crashing, all at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import { type Ccr, type Ran, type RunOptions, throwawayCcr } from '../support/ccr.ts'

interface Row {
  readonly sessionId: string
  readonly modelPreference: string
  readonly port: number
  readonly pid: number
  readonly referenceCount: number | null
  readonly state: string
}

let ccr: Ccr
let servers: Server[]
let children: ChildProcess[]

beforeEach(async () => {
  servers = []
  children = []
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } })
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await ccr.remove()
})

const run = (command: string, preference?: string, more: RunOptions = {}): Promise<Ran> =>
  ccr.run(command.split(' '), { ...more, ...(preference === undefined ? {} : { preference }) })

async function succeed(command: string, preference?: string, more?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, preference, more)
  expect(code, stdout + stderr).toBe(0)
  return stdout
}

const rows = async (flags = ''): Promise<Row[]> =>
  JSON.parse(await succeed(`sessions --json${flags}`)) as Row[]

async function only(): Promise<Row> {
  const found = await rows()
  expect(found).toHaveLength(1)
  return found[0]!
}

const file = (id: string, name: string): string => join(ccr.ccrHome, 'sessions', id, name)
const record = (id: string): Record<string, unknown> =>
  JSON.parse(readFileSync(file(id, 'session.json'), 'utf8')) as Record<string, unknown>

/** Ends a process at once and waits until it is gone. */
async function killHard(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await vi.waitUntil(() => processStart(pid) === null, { timeout: 20_000, interval: 5 })
}

/** A server of another program on a port, and the heads of the requests to it. */
async function stranger(port: number, answer?: object): Promise<string[]> {
  const heads: string[] = []
  const server = createServer((req, res) => {
    heads.push(`${req.url ?? ''} ${JSON.stringify(req.headers)}`)
    res.end(JSON.stringify(answer ?? { status: 'ok' }))
  })
  servers.push(server)
  // A killed process is gone for its parent before the last of its threads has let the port go.
  await vi.waitFor(
    async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    { timeout: 20_000, interval: 5 },
  )
  return heads
}

describe('start', () => {
  test('fifty at once of one preference: one daemon, fifty successes that name it', async () => {
    const starts = Array.from({ length: 50 }, () => succeed('start', 'demo,x'))
    const pids = (await Promise.all(starts)).map((text) => /^PID: +(\d+)$/m.exec(text)?.[1])
    const { pid, port } = await only()
    expect(new Set(pids)).toEqual(new Set([String(pid)]))
    expect(port).toBe(ccr.port + 1)
  }, 60_000)

  test('ten preferences at once: ten daemons on ten ports of the range', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => succeed('start', `demo,m${String(n)}`)))
    const found = await rows()
    const ports = found.map(({ port }) => port)
    expect(ports).toEqual(Array.from({ length: 10 }, (_, n) => ccr.port + 1 + n))
    expect(new Set(found.map(({ pid }) => pid)).size).toBe(10)
  }, 60_000)

  test('the default session is on PORT, a preference never', async () => {
    await succeed('start', 'demo,x')
    await succeed('start')
    expect((await rows()).map(({ port }) => port)).toEqual([ccr.port, ccr.port + 1])
  })

  test('a port that a stranger holds is skipped', async () => {
    await stranger(ccr.port + 1)
    await succeed('start', 'demo,x')
    expect((await only()).port).toBe(ccr.port + 2)
  })

  test('a stranger on the port of the default session is named', async () => {
    await stranger(ccr.port)
    const { code, stderr } = await run('start')
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${String(ccr.port)} of the default session is in use`)
    if (process.platform === 'linux') expect(stderr).toContain(`pid ${String(process.pid)}`)
  })

  test('a port that another session remembers is taken only when there is no other', async () => {
    await succeed('start', 'demo,x')
    await succeed('stop', 'demo,x')
    await succeed('start', 'demo,y')
    await succeed('start', 'demo,x')
    const ports = Object.fromEntries((await rows()).map((row) => [row.modelPreference, row.port]))
    expect(ports).toEqual({ 'demo,x': ccr.port + 1, 'demo,y': ccr.port + 2 })
  })

  test('a starter that is killed in the middle leaves nothing in the way', async () => {
    const starter = ccr.spawn(['start'], { preference: 'demo,x' })
    await vi.waitUntil(() => readdirSync(ccr.ccrHome).includes('sessions'), { interval: 2 })
    starter.kill('SIGKILL')
    await succeed('start', 'demo,x')
    await only()
  })

  test('a session is listed as starting from the moment on in which its start is under way', async () => {
    const gate = join(ccr.home, 'gate')
    const slow = join(ccr.home, 'slow.cjs')
    writeFileSync(slow, SLOW)
    const env = { NODE_OPTIONS: `--require ${slow}`, GATE: gate }
    const starter = ccr.spawn(['start'], { preference: 'demo,x', env })
    const ended = once(starter, 'exit')
    await vi.waitUntil(() => existsSync(`${gate}.reached`), { timeout: 20_000, interval: 5 })
    expect(await only()).toMatchObject({ modelPreference: 'demo,x', state: 'starting', port: null })
    const { code, stdout } = await run('status', 'demo,x')
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^State: +starting$/m)])
    writeFileSync(gate, '')
    expect(await ended).toEqual([0, null])
    expect((await only()).state).toBe('running')
  })

  /** A daemon that does nothing before the gate is open. */
  const SLOW = `
    const { existsSync, writeFileSync } = require('node:fs')
    if (process.argv.includes('__daemon')) {
      writeFileSync(process.env.GATE + '.reached', '')
      while (!existsSync(process.env.GATE)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }`

  test('a first start that fails leaves no session behind', async () => {
    await ccr.configure({ Providers: 7 })
    expect((await run('start', 'demo,x')).code).toBe(1)
    expect(await rows(' --all')).toEqual([])
  })

  test('a broken config is told with line and column', async () => {
    writeFileSync(join(ccr.ccrHome, 'config.json'), '{\n  "PORT": 1,\n  "Providers": [}\n')
    const { code, stderr } = await run('start')
    expect(code).toBe(1)
    expect(stderr).toMatch(/config\.json:3:17: /)
    expect(await rows()).toEqual([])
  })

  test('a daemon that dies without a word shows the end of its log', async () => {
    const broken = join(ccr.home, 'broken.cjs')
    writeFileSync(broken, 'if (process.argv.includes("__daemon")) throw new Error("early end")')
    const { code, stderr } = await run('start', 'demo,x', {
      env: { NODE_OPTIONS: `--require ${broken}` },
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/did not start: it ended with exit code 1/)
    expect(stderr).toContain('early end')
  })

  test('odd preferences are sessions like any other', async () => {
    const odd = [
      'demo,a\nb',
      `demo,${'x'.repeat(4096)}`,
      'demo,it\'s $(id) `id` ; "q"',
      'demo,ü 🙂',
    ]
    for (const preference of odd) await succeed('start', preference)
    const found = await rows()
    expect(found.map(({ modelPreference }) => modelPreference).sort()).toEqual([...odd].sort())
    const listing = await succeed('sessions')
    expect(listing).toContain('Model: demo,a\\nb\n')
  })

  test('the daemon holds no terminal, leads a session of its own and is found by its name', async () => {
    await succeed('start', 'demo,x')
    const { pid, sessionId } = await only()
    if (process.platform !== 'linux') return
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    const [, , , session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    expect([session, terminal]).toEqual([String(pid), '0'])
    const title = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')
    expect(title).toContain(`ccr daemon ${sessionId} demo,x`)
  })

  test('all its files are the owner’s alone', async () => {
    await succeed('start', 'demo,x')
    const { sessionId } = await only()
    const folder = join(ccr.ccrHome, 'sessions', sessionId)
    const names = readdirSync(folder)
    const expected = ['env.json', 'reference-count.txt', 'router.log', 'router.pid', 'session.json']
    expect(names.sort()).toEqual(expected)
    expect(new Set(names.map((name) => statSync(join(folder, name)).mode & 0o777))).toEqual(
      new Set([0o600]),
    )
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })
})

describe('a crash', () => {
  test('kill -9, then start: the same port, the same token, another process', async () => {
    await succeed('start', 'demo,x')
    const before = await only()
    const { token } = record(before.sessionId)
    await killHard(before.pid)
    expect(await rows()).toEqual([])
    expect((await run('status', 'demo,x')).code).toBe(3)
    await succeed('start', 'demo,x')
    const after = await only()
    expect(after.port).toBe(before.port)
    expect(after.pid).not.toBe(before.pid)
    expect(record(after.sessionId)['token']).toBe(token)
  })

  test('a stranger on the remembered port is never sent the token', async () => {
    await succeed('start', 'demo,x')
    const before = await only()
    const { token } = record(before.sessionId)
    await killHard(before.pid)
    const heads = await stranger(before.port, {
      status: 'ok',
      sessionId: before.sessionId,
      pid: process.pid,
      proof: '0'.repeat(64),
    })
    expect((await run('status', 'demo,x')).code).toBe(3)
    expect(await rows()).toEqual([])
    await succeed('stop', 'demo,x')
    await succeed('start', 'demo,x')
    await succeed('restart', 'demo,x')
    expect((await only()).port).not.toBe(before.port)
    expect(heads.join('\n')).not.toContain(String(token))
  })

  test('a damaged record is not believed', async () => {
    await succeed('start', 'demo,x')
    const { sessionId } = await only()
    await succeed('stop', 'demo,x')
    for (const damaged of ['', '{', '[1]', '{"preference":7}']) {
      writeFileSync(file(sessionId, 'session.json'), damaged)
      writeFileSync(file(sessionId, 'router.pid'), String(process.pid))
      writeFileSync(file(sessionId, 'reference-count.txt'), 'many')
      await succeed('start', 'demo,x')
      expect(await only()).toMatchObject({ sessionId, referenceCount: 0 })
      await succeed('stop', 'demo,x')
    }
  })

  test('a process that happens to have the recorded pid is left alone', async () => {
    await succeed('start', 'demo,x')
    const { sessionId, pid } = await only()
    await killHard(pid)
    const bystander = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
    children.push(bystander)
    const stale = { ...record(sessionId), pid: bystander.pid }
    writeFileSync(file(sessionId, 'session.json'), JSON.stringify(stale))
    writeFileSync(file(sessionId, 'router.pid'), String(bystander.pid))
    await succeed('stop --force', 'demo,x')
    await succeed('start', 'demo,x')
    await succeed('stop --force', 'demo,x')
    expect(processStart(bystander.pid ?? 0)).not.toBeNull()
  })

  test('a daemon that hangs is told apart, and ended only with force', async () => {
    await succeed('start', 'demo,x')
    const { pid } = await only()
    process.kill(pid, 'SIGSTOP')
    try {
      const [row] = await rows()
      expect(row).toMatchObject({ state: 'unresponsive', pid, referenceCount: null })
      expect((await run('status', 'demo,x')).stdout).toContain('ccr stop --force')
      await succeed('stop --force', 'demo,x')
    } finally {
      if (processStart(pid) !== null) process.kill(pid, 'SIGKILL')
    }
    expect(await rows()).toEqual([])
    await succeed('start', 'demo,x')
  })
})

describe('leases', () => {
  /** A client process with a lease, and the line it ends with. */
  async function client(preference: string) {
    const program = fileURLToPath(new URL('../support/programs/hold-lease.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', program], {
      env: ccr.environment({ preference }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('held')
    return { child, end: async () => (await lines.next()).value as string }
  }

  test('the count is that of the live clients, also after kill -9', async () => {
    await succeed('start', 'demo,x')
    const first = await client('demo,x')
    const second = await client('demo,x')
    const { sessionId, referenceCount } = await only()
    expect(referenceCount).toBe(2)
    first.child.kill('SIGKILL')
    second.child.kill('SIGKILL')
    await vi.waitUntil(async () => (await only()).referenceCount === 0, { timeout: 20_000 })
    const written = () => readFileSync(file(sessionId, 'reference-count.txt'), 'utf8')
    await vi.waitUntil(() => written() === '0\n', { timeout: 20_000 })
  })

  test('what a killed daemon left in reference-count.txt is put right by the next', async () => {
    await succeed('start', 'demo,x')
    const { sessionId, pid } = await only()
    const written = () => readFileSync(file(sessionId, 'reference-count.txt'), 'utf8')
    const lost = [await client('demo,x'), await client('demo,x')]
    await vi.waitUntil(() => written() === '2\n', { timeout: 20_000 })
    await killHard(pid)
    for (const { end } of lost) expect(await end()).toBe('lost')
    await succeed('start', 'demo,x')
    expect((await only()).referenceCount).toBe(0)
    await vi.waitUntil(() => written() === '0\n', { timeout: 20_000 })
    await client('demo,x')
    await vi.waitUntil(() => written() === '1\n', { timeout: 20_000 })
  })

  test('a client learns whether its daemon was stopped, restarted or killed', async () => {
    await succeed('start', 'demo,x')
    const first = await client('demo,x')
    await succeed('restart', 'demo,x')
    expect(await first.end()).toBe('restarting')
    const second = await client('demo,x')
    await killHard((await only()).pid)
    expect(await second.end()).toBe('lost')
    await succeed('start', 'demo,x')
    const third = await client('demo,x')
    await succeed('stop', 'demo,x')
    expect(await third.end()).toBe('stopping')
  })
})

describe('stop and restart', () => {
  test('a stopped session is stopped again without complaint', async () => {
    await succeed('start', 'demo,x')
    const { pid, sessionId } = await only()
    expect(await succeed('stop', 'demo,x')).toContain(`Session ${sessionId} (demo,x) stopped.`)
    expect(await succeed('stop', 'demo,x')).toContain('was not running')
    expect(await succeed('stop', 'demo,never')).toContain('was not running')
    await vi.waitUntil(() => processStart(pid) === null, { timeout: 20_000, interval: 5 })
    expect(readdirSync(join(ccr.ccrHome, 'sessions', sessionId))).not.toContain('router.pid')
    expect(record(sessionId)).toMatchObject({ desired: 'stopped', pid: null })
  })

  test('restart keeps port and token and changes the process', async () => {
    await succeed('start', 'demo,x')
    const before = await only()
    const { token } = record(before.sessionId)
    expect(await succeed('restart', 'demo,x')).toContain('was restarted')
    const after = await only()
    expect(after).toMatchObject({ port: before.port, sessionId: before.sessionId })
    expect(after.pid).not.toBe(before.pid)
    expect(record(after.sessionId)['token']).toBe(token)
    await vi.waitUntil(() => processStart(before.pid) === null, { timeout: 20_000, interval: 5 })
  })

  test('restart of a stopped session starts it', async () => {
    await succeed('restart', 'demo,x')
    expect((await only()).state).toBe('running')
  })

  test('a restart with a broken config leaves the running daemon as it was', async () => {
    await succeed('start', 'demo,x')
    const before = await only()
    writeFileSync(join(ccr.ccrHome, 'config.json'), '{ "Providers": 7 ')
    const { code, stderr } = await run('restart', 'demo,x')
    expect(code).toBe(1)
    expect(stderr).toContain('config.json:1:')
    expect((await only()).pid).toBe(before.pid)
  })

  test('everything at once: every command succeeds and at most one daemon is left', async () => {
    const commands = ['start', 'stop', 'restart', 'start', 'restart', 'stop', 'start', 'sessions']
    await Promise.all([...commands, ...commands].map((command) => succeed(command, 'demo,x')))
    await succeed('start', 'demo,x')
    const { port } = await only()
    expect(port).toBe(ccr.port + 1)
  }, 60_000)

  test('--all stops, and restarts, what runs and nothing else', async () => {
    for (const preference of ['demo,x', 'demo,y']) await succeed('start', preference)
    const before = await rows()
    await succeed('restart --all')
    const after = await rows()
    expect(after.map(({ port }) => port)).toEqual(before.map(({ port }) => port))
    await succeed('stop --all')
    expect(await rows()).toEqual([])
    expect((await rows(' --all')).map(({ state }) => state)).toEqual(['stopped', 'stopped'])
    expect(await succeed('stop --all')).toBe('No active sessions.\n')
  })
})

describe('running streams', () => {
  /** A provider that answers when it is told to. */
  async function slowProvider() {
    const waiting: ServerResponse[] = []
    let arrived = (): void => undefined
    const server = createServer((req: IncomingMessage, res) => {
      req.resume()
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(chunk({ delta: { role: 'assistant', content: 'slow' } }))
      waiting.push(res)
      arrived()
    }).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const provider = {
      name: 'slow',
      api_base_url: `http://127.0.0.1:${String(port)}/v1/chat/completions`,
      api_key: 'k',
      models: ['m'],
    }
    await ccr.configure({ Providers: [provider], Router: { default: 'slow,m' } })
    return {
      next: () => new Promise<void>((resolve) => (arrived = resolve)),
      finish: () => {
        for (const res of waiting.splice(0)) {
          res.end(`${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`)
        }
      },
    }
  }
  const chunk = (choice: object): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`

  const ask = (port: number, path = '/v1/messages'): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'any',
        max_tokens: 10,
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    })

  test('a stop lets them finish and refuses new ones', async () => {
    const provider = await slowProvider()
    const { port } = await ccr.start()
    const arrived = provider.next()
    const answer = await ask(port)
    await arrived
    const stopping = run('stop --drain 60')
    await vi.waitUntil(async () => (await rows())[0]?.state === 'draining', { timeout: 20_000 })
    const refused = await ask(port)
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([503, 'false'])
    provider.finish()
    expect(await answer.text()).toContain('message_stop')
    expect((await stopping).code).toBe(0)
    expect(await rows()).toEqual([])
  })

  test('--force cuts them, also when a patient stop is waiting already', async () => {
    const provider = await slowProvider()
    const { port } = await ccr.start()
    const arrived = provider.next()
    const answer = await ask(port)
    await arrived
    const patient = run('stop --drain 600')
    await vi.waitUntil(async () => (await rows())[0]?.state === 'draining', { timeout: 20_000 })
    await succeed('stop --force')
    await expect(answer.text()).rejects.toThrow()
    expect((await patient).code).toBe(0)
  })

  test('a restart serves new requests while the old daemon finishes its own', async () => {
    const provider = await slowProvider()
    const { port } = await ccr.start()
    const arrived = provider.next()
    const answer = await ask(port)
    await arrived
    const before = await only()
    await succeed('restart')
    expect((await only()).pid).not.toBe(before.pid)
    const second = provider.next()
    const other = await ask(port)
    await second
    provider.finish()
    for (const text of [await answer.text(), await other.text()]) {
      expect(text).toContain('message_stop')
    }
    await vi.waitUntil(() => processStart(before.pid) === null, { timeout: 20_000, interval: 5 })
  })
})

describe('the environment', () => {
  const withKey = {
    Providers: [
      {
        name: 'p',
        api_base_url: 'http://127.0.0.1:9/v1/chat/completions',
        api_key: '${MY_KEY}',
        models: ['m'],
      },
    ],
    Router: { default: 'p,m' },
  }
  const key = 'value-of-my-key-0123456789'

  test('a variable without a value fails the start and is named', async () => {
    await ccr.configure(withKey)
    const { code, stderr } = await run('start')
    expect(code).toBe(1)
    expect(stderr).toContain('MY_KEY')
  })

  test('a value survives restarts from a shell without it, and stands in env.json only', async () => {
    await ccr.configure(withKey)
    await succeed('start', undefined, { env: { MY_KEY: key } })
    await succeed('restart')
    await succeed('stop')
    await succeed('start')
    const { sessionId, pid } = await only()
    const folder = join(ccr.ccrHome, 'sessions', sessionId)
    const holding = readdirSync(folder).filter((name) =>
      readFileSync(join(folder, name), 'utf8').includes(key),
    )
    expect(holding).toEqual(['env.json'])
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')).not.toContain(key)
    }
    expect(await succeed('status --json')).not.toContain(key)
  })
})

describe('what is shown', () => {
  test('the listing is the guide’s to the byte', async () => {
    expect(await succeed('sessions')).toBe(
      'Active Sessions:\n================\n\nNo active sessions.\n',
    )
    await succeed('start')
    await succeed('start', 'demo,x')
    const [first, second] = await rows()
    expect(await succeed('sessions')).toBe(
      `Active Sessions:
================

Session ID: default
Model: default
Port: ${String(ccr.port)}
PID: ${String(first?.pid)}
Reference Count: 0

Session ID: ${String(second?.sessionId)}
Model: demo,x
Port: ${String(ccr.port + 1)}
PID: ${String(second?.pid)}
Reference Count: 0
`,
    )
    expect(await succeed('sessions --json --all')).toContain('"referenceCount": 0')
  })

  test('status of a running session, and the help for one that does not run', async () => {
    const missing = await run('status', 'demo,x')
    expect(missing.code).toBe(3)
    expect(missing.stdout).toContain('service not running')
    expect(missing.stdout).toContain('ccr sessions')
    expect(missing.stdout).toContain('CCR_MODEL_PREFERENCE=demo,x ccr start')
    await succeed('start', 'demo,x')
    const shown = await succeed('status', 'demo,x')
    for (const text of ['running', 'demo,x', `http://127.0.0.1:${String(ccr.port + 1)}`]) {
      expect(shown).toContain(text)
    }
    expect(JSON.parse(await succeed('status --json', 'demo,x'))).toMatchObject({
      state: 'running',
      requests: { served: 0, running: 0 },
      notes: [],
    })
  })

  test('a preference that is not configured is told with what may be meant', async () => {
    const { code, stderr } = await run('start', 'demo-aa')
    expect([code, stderr]).toEqual([0, expect.stringContaining('demo-a')])
    expect(await succeed('status', 'demo-aa')).toContain('Note: ')
  })

  test('status shows the daemon that runs although the config is broken now', async () => {
    await succeed('start', 'demo,x')
    writeFileSync(join(ccr.ccrHome, 'config.json'), '{')
    expect(await succeed('status', 'demo,x')).toContain('running')
    const stopped = await run('status', 'demo,y')
    expect([stopped.code, stopped.stdout]).toEqual([3, expect.stringContaining('config.json:1:')])
  })
})

test('a session with its own config is another session, found by the same option', async () => {
  const config = join(ccr.home, 'other.json')
  writeFileSync(config, JSON.stringify({ PORT: ccr.port, Providers: [{ name: 'demo' }] }))
  await succeed('start', 'demo,x')
  await succeed(`start --config ${config}`, 'demo,x')
  const ids = (await rows()).map(({ sessionId }) => sessionId)
  expect(new Set(ids).size).toBe(2)
  const status = JSON.parse(
    await succeed('status --json', 'demo,x', { env: { CCR_CONFIG: config } }),
  ) as Row
  expect(ids).toContain(status.sessionId)
  await succeed(`stop --config ${config}`, 'demo,x')
  expect((await only()).modelPreference).toBe('demo,x')
})

test('--foreground serves in its own process until it is told to end', async () => {
  const child = ccr.spawn(['start', '--foreground'], { preference: 'demo,x' })
  const log = createInterface({ input: child.stderr! })[Symbol.asyncIterator]()
  expect((await log.next()).value).toContain('the session is ready')
  expect(await only()).toMatchObject({ pid: child.pid, state: 'running' })
  expect((await run('start', 'demo,x')).stdout).toContain('already running')
  const ended = once(child, 'close')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(await rows()).toEqual([])
})
