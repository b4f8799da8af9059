/** What `ccr status` and `ccr sessions` show in each state of a session, to people and to scripts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import { throwawayCcr, type Ccr, type Ran } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let ccr: Ccr
let upstream: Upstream
const PREFERENCE = 'shop,large'
const PATIENCE = { timeout: 60_000, interval: 10 } as const

beforeEach(async () => {
  upstream = await startUpstream(() => text('served'))
  const shop = {
    name: 'shop',
    api_base_url: upstream.chatUrl,
    api_key: 'k',
    models: ['large', 'small'],
  }
  ccr = await throwawayCcr({ Providers: [shop], Router: { default: 'shop,small' } })
})
afterEach(async () => {
  await ccr.remove()
  await upstream.close()
})

const run = (command: string, preference = PREFERENCE): Promise<Ran> =>
  ccr.run(command.split(' '), { preference })

/** `ccr status` and `ccr status --json`, which must agree on their exit code. */
async function status(preference = PREFERENCE) {
  const output = await run('status', preference)
  const { code, stdout } = await run('status --json', preference)
  expect(code).toBe(output.code)
  return { code, shown: output.stdout, facts: JSON.parse(stdout) as Record<string, unknown> }
}

/** The value behind a name in a table of facts; undefined where the name does not stand. */
const fact = (shown: string, name: string): string | undefined =>
  shown
    .split('\n')
    .flatMap((line) => (line.startsWith(`${name}:`) ? [line.slice(name.length + 1).trim()] : []))[0]

describe('a running session', () => {
  test('is shown with all that can be known of it', async () => {
    const session = await ccr.start(PREFERENCE)
    const { port, pid, sessionId, baseUrl } = session
    await messagesClient(session, 'any').post({ top_k: 5 })
    // Counted when the answer is out, which its reader may see a moment before.
    await vi.waitUntil(
      async () => fact((await status()).shown, 'Requests') === '1 served, 0 running',
      PATIENCE,
    )

    const { code, shown, facts } = await status()
    const logFile = `${ccr.ccrHome}/sessions/${sessionId}/router.log`
    expect(code).toBe(0)
    const names = [
      'Session ID',
      'State',
      'Preference',
      'Model',
      'Port',
      'Endpoint',
      'PID',
      'Reference Count',
      'Requests',
      'Dropped fields',
      'Log',
    ]
    expect(names.map((name) => fact(shown, name))).toEqual([
      sessionId,
      'running',
      PREFERENCE,
      'shop,large',
      String(port),
      baseUrl,
      String(pid),
      '0',
      '1 served, 0 running',
      '1',
      logFile,
    ])
    expect(fact(shown, 'Uptime')).toMatch(/^\d+[smh]/)
    expect(fact(shown, 'Memory')).toMatch(/^\d+ MiB$/)
    expect(shown).toContain(`Use it:  CCR_MODEL_PREFERENCE=${PREFERENCE} ccr code "`)
    expect(facts).toMatchObject({
      sessionId,
      state: 'running',
      modelPreference: PREFERENCE,
      provider: 'shop',
      model: 'large',
      port,
      pid,
      endpoint: baseUrl,
      referenceCount: 0,
      requests: { served: 1, running: 0 },
      droppedFields: 1,
      logFile,
      notes: [],
    })
    expect(facts['uptimeMs']).toBeGreaterThan(0)
    expect(facts['rssBytes']).toBeGreaterThan(1024 * 1024)
    expect(facts['next']).toMatch(/^CCR_MODEL_PREFERENCE=shop,large ccr code /)
  })

  test('whose preference means nothing says where requests go, and what may be meant', async () => {
    await ccr.start('shop,larg')
    const { code, shown, facts } = await status('shop,larg')
    expect([code, fact(shown, 'Model'), facts['model']]).toEqual([0, 'shop,small', 'small'])
    expect(fact(shown, 'Note')).toMatch(
      /"larg".*Did you mean 'shop,large'.*Requests go to shop,small/,
    )
    expect(facts['notes']).toEqual([fact(shown, 'Note')])
  })
})

describe('a session that does not run', () => {
  test('exits 3 with the help of the guide, the model that it would have, and how to start it', async () => {
    const { code, shown, facts } = await status()
    expect(code).toBe(3)
    expect(shown).toContain('service not running')
    expect(shown).toContain("1. You're using the exact same CCR_MODEL_PREFERENCE value")
    expect(shown).toContain('2. The session is actually running (check with `ccr sessions`)')
    expect(shown).toContain('Start it:  CCR_MODEL_PREFERENCE=shop,large ccr start')
    expect([fact(shown, 'State'), fact(shown, 'Model')]).toEqual(['stopped', 'shop,large'])
    expect(facts).toMatchObject({
      state: 'stopped',
      provider: 'shop',
      model: 'large',
      pid: null,
      referenceCount: null,
      next: 'CCR_MODEL_PREFERENCE=shop,large ccr start',
    })
  })

  test('whose preference means nothing says so before its first start', async () => {
    const { code, shown, facts } = await status('shop,larg')
    expect([code, facts['model']]).toEqual([3, 'small'])
    expect(fact(shown, 'Note')).toMatch(/Did you mean 'shop,large'/)
  })

  test('is told the other spelling under which its model runs', async () => {
    const { sessionId } = await ccr.start('shop,large')
    const { code, shown, facts } = await status('shop/large')
    expect(code).toBe(3)
    expect(fact(shown, 'Note')).toBe(
      `the same model also runs in session ${sessionId}, spelled 'shop,large'.`,
    )
    expect(facts['notes']).toEqual([fact(shown, 'Note')])
  })
})

test('a daemon that hangs is listed as unresponsive, beside sessions that run', async () => {
  const hanging = await ccr.start(PREFERENCE)
  const other = await ccr.start('shop,small')
  process.kill(hanging.pid, 'SIGSTOP')
  try {
    const { stdout } = await run('sessions')
    expect(stdout).toBe(
      'Active Sessions:\n================\n' +
        `\nSession ID: ${hanging.sessionId}\nModel: shop,large\nPort: ${String(hanging.port)}\nPID: ${String(hanging.pid)}\nState: unresponsive\n` +
        `\nSession ID: ${other.sessionId}\nModel: shop,small\nPort: ${String(other.port)}\nPID: ${String(other.pid)}\nReference Count: 0\n`,
    )
    const { code, shown, facts } = await status()
    expect([code, fact(shown, 'State'), fact(shown, 'PID')]).toEqual([
      3,
      'unresponsive',
      String(hanging.pid),
    ])
    expect(shown).toContain('its daemon hangs')
    expect(shown).toContain('End it:  CCR_MODEL_PREFERENCE=shop,large ccr stop --force')
    expect(facts).toMatchObject({
      state: 'unresponsive',
      referenceCount: null,
      next: 'CCR_MODEL_PREFERENCE=shop,large ccr stop --force',
    })
  } finally {
    process.kill(hanging.pid, 'SIGCONT')
  }
  // It only slept: nothing was lost.
  await vi.waitUntil(async () => (await status()).code === 0, PATIENCE)
  expect((await status()).facts).toMatchObject({ state: 'running', pid: hanging.pid })
})

test('a session that is stopped under a running answer is listed as draining until that is out', async () => {
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  upstream.script({ ...text('late'), pauseAt: { frame: 0, pause: finished } })
  const session = await ccr.start(PREFERENCE)
  const answer = messagesClient(session, 'any').stream()
  await upstream.request(0)
  const stopping = run('stop --drain 600')
  await vi.waitUntil(
    async () => (await run('sessions')).stdout.includes('State: draining\n'),
    PATIENCE,
  )

  const { code, shown, facts } = await status()
  expect([code, fact(shown, 'State'), fact(shown, 'Requests')]).toEqual([
    0,
    'draining',
    '0 served, 1 running',
  ])
  expect(shown).toContain(
    'Start it again when its last answers are finished:  CCR_MODEL_PREFERENCE=shop,large ccr start',
  )
  expect(facts).toMatchObject({
    state: 'draining',
    pid: session.pid,
    requests: { running: 1 },
    next: 'CCR_MODEL_PREFERENCE=shop,large ccr start',
  })

  finish()
  expect((await answer).message.content).toMatchObject([{ type: 'text', text: 'late' }])
  expect((await stopping).code).toBe(0)
  await vi.waitUntil(() => processStart(session.pid) === null, PATIENCE)
  expect((await run('sessions')).stdout).toContain('No active sessions.')
})

describe('a key', () => {
  const keyed = () => ({
    Providers: [
      { name: 'shop', api_base_url: upstream.chatUrl, api_key: '${SHOP_KEY}', models: ['small'] },
    ],
    Router: { default: 'shop,small' },
  })
  const shown = async (env: Record<string, string>): Promise<[string, string[]]> => {
    const { stdout } = await ccr.run(['status'], { env })
    const json = await ccr.run(['status', '--json'], { env })
    return [stdout, (JSON.parse(json.stdout) as { notes: string[] }).notes]
  }

  test('that is not set is named by status, with both ways to set it', async () => {
    await ccr.configure(keyed())
    const [text, notes] = await shown({})
    const how = 'export SHOP_KEY=…, or let ccr store it: ccr key set shop'
    expect(text).toContain(how)
    expect(notes.join()).toContain(how)
    expect(text).not.toContain('..')
    const { code, stderr } = await ccr.run(['start'])
    expect([code, stderr]).toEqual([1, expect.stringContaining(how)])
  })

  test('that is another one in this shell is seen by status, never its value', async () => {
    await ccr.configure(keyed())
    await ccr.run(['start'], { env: { SHOP_KEY: 'first-of-all' } })
    expect((await shown({ SHOP_KEY: 'first-of-all' }))[1].join()).not.toContain('SHOP_KEY')
    const [text, notes] = await shown({ SHOP_KEY: 'second-to-none' })
    expect(notes).toContainEqual(
      expect.stringMatching(/^SHOP_KEY is not the same .*: ccr restart$/),
    )
    expect(text).toContain('Note: SHOP_KEY is not the same in this shell as in session default')
    expect(text).not.toMatch(/first-of|second-to/)
    await ccr.run(['restart'], { env: { SHOP_KEY: 'second-to-none' } })
    expect((await shown({ SHOP_KEY: 'second-to-none' }))[1].join()).not.toContain('SHOP_KEY')
  })
})
