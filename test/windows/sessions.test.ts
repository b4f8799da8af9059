/** The life of sessions on Windows: started, killed, raced, with ports that others have. */
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN } from '../support/ccr.ts'
import { type Home, NODE, toWindows, WINDOWS, windowsHome } from './harness.ts'

const DEMO = { Providers: [{ name: 'demo' }], Router: { default: 'demo,demo-a' } }

async function ask(home: Home, sessionId: string, port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': home.token(sessionId), 'content-type': 'application/json' },
    body: JSON.stringify({
      model: `ccr-${sessionId}`,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hello' }],
    }),
  })
  const { content } = (await response.json()) as { content?: { text?: string }[] }
  return `${String(response.status)} ${content?.[0]?.text ?? ''}`
}

describe('a session', WINDOWS, () => {
  let home: Home
  beforeAll(async () => {
    home = await windowsHome(DEMO)
  })
  afterAll(() => home.remove())

  it('is started in the home of the user, whose path has blanks, umlauts and an ampersand', async () => {
    expect(await home.succeed(['start'])).toContain(`Port:       ${String(home.port)}`)
    const status = await home.succeed(['status'])
    expect(status).toMatch(/State: +running/)
    expect(status).toContain(toWindows(join(home.ccrHome, 'sessions', 'default', 'router.log')))
    expect(await ask(home, 'default', home.port)).toMatch(/^200 .*demo-a/)
    expect(await home.succeed(['logs'])).toContain('demo-a')
  })

  it('is found by a second start, which starts nothing', async () => {
    const [before] = await home.sessions()
    expect(await home.succeed(['start'])).toContain('already running')
    const [after, ...more] = await home.sessions()
    expect([after?.pid, more]).toEqual([before?.pid, []])
  })

  it('keeps port and token in a restart', async () => {
    const [before] = await home.sessions()
    const token = home.token('default')
    expect(await home.succeed(['restart'])).toContain('was restarted.')
    const [after] = await home.sessions()
    expect(after?.pid).not.toBe(before?.pid)
    expect([after?.port, home.token('default')]).toEqual([before?.port, token])
    expect(await ask(home, 'default', home.port)).toMatch(/^200 /)
  })

  it('stands beside that of another preference, with a port of its own', async () => {
    await home.succeed(['start'], { preference: 'demo,demo-b' })
    const sessions = await home.sessions()
    expect(sessions.map(({ modelPreference }) => modelPreference).toSorted()).toEqual([
      '',
      'demo,demo-b',
    ])
    const routes = await Promise.all(
      sessions.map(({ sessionId, port }) => ask(home, sessionId, port)),
    )
    expect(routes.toSorted()).toEqual([
      expect.stringMatching(/^200 .*demo-a/),
      expect.stringMatching(/^200 .*demo-b/),
    ])
  })

  it('whose daemon is terminated is shown as crashed and revived with its port and token', async () => {
    const [{ pid, port } = { pid: 0, port: 0 }] = (await home.sessions()).filter(
      ({ sessionId }) => sessionId === 'default',
    )
    const token = home.token('default')
    await home.kill(pid)
    expect((await home.run(['status'])).stdout).toMatch(/State: +(?:crashed|stopped)/)
    await home.succeed(['start'])
    expect(home.token('default')).toBe(token)
    expect(await ask(home, 'default', port)).toMatch(/^200 /)
  })

  it('is restarted while another program has its files open every now and then', async () => {
    // As a virus scanner does. Windows does not let an open file be replaced.
    const file = toWindows(join(home.ccrHome, 'sessions', 'default', 'session.json'))
    const done = join(home.work, 'done')
    const scanner = home.node<number>(`(async () => {
      const { closeSync, existsSync, openSync } = require('node:fs')
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
      let opened = 0
      while (!existsSync(${JSON.stringify(toWindows(done))})) {
        const held = openSync(${JSON.stringify(file)}, 'r')
        await pause(40)
        closeSync(held)
        opened += 1
        await pause(40)
      }
      return opened
    })()`)
    await home.succeed(['restart'])
    await home.succeed(['restart'])
    writeFileSync(done, '')
    expect(await scanner).toBeGreaterThan(10)
  })

  it('is stopped alone, and all are with --all', async () => {
    await home.succeed(['stop'])
    expect((await home.run(['status'])).code).toBe(3)
    expect(await home.sessions()).toHaveLength(1)
    await home.succeed(['stop', '--all'])
    expect(await home.sessions()).toEqual([])
  })
})

describe('the scheduled tasks of docs/services.md', WINDOWS, () => {
  const document = readFileSync(new URL('../../docs/services.md', import.meta.url), 'utf8')
  const blocks = [...document.matchAll(/^```powershell\n(.*?)^```$/gms)].map(
    ([, block = '']) => block,
  )
  let home: Home
  beforeAll(async () => {
    home = await windowsHome({ ...DEMO, Preferences: { fast: 'demo,demo-b' } })
  })
  afterAll(() => home.remove())

  /** The value of a variable of the document as PowerShell reads it: double quotes, escaped by backticks. */
  const value = (name: string, variables: Readonly<Record<string, string>>): string => {
    const text = new RegExp(`^\\$${name} = "(.*)"$`, 'm').exec(blocks.join(''))?.[1] ?? ''
    return text
      .replaceAll('`"', '"')
      .replaceAll(/\$(\w+)/g, (_, found: string) => variables[found]!)
  }
  /** The argument of the action that runs this program. */
  const argument = (program: string, variables: Readonly<Record<string, string>>): string => {
    const action = blocks
      .join('')
      .split('\n')
      .find((line) => line.includes(`-Execute ${program}`))
    const text = /-Argument "(.*)"$/.exec(action ?? '')?.[1] ?? ''
    return text
      .replaceAll('`"', '"')
      .replaceAll(/\$(\w+)/g, (_, found: string) => variables[found]!)
  }
  const runTask = (program: string, words: string): Promise<null> =>
    home.node(
      `require('node:child_process').spawnSync(${JSON.stringify(program)}, [${JSON.stringify(words)}],
        { windowsVerbatimArguments: true, stdio: 'ignore' }).status || null`,
    )

  it('start the default session and that of a preference', async () => {
    const paths = { node: toWindows(NODE), ccr: toWindows(BIN) }
    expect(await runTask(paths.node, argument('$node', paths))).toBeNull()
    const run = value('run', paths)
    expect(run).toContain(paths.ccr)
    expect(await runTask('cmd.exe', argument('cmd.exe', { run }))).toBeNull()
    const sessions = await home.sessions()
    expect(sessions.map(({ modelPreference }) => modelPreference).toSorted()).toEqual(['', 'fast'])
  })
})

describe('many starts at once', WINDOWS, () => {
  let home: Home
  beforeAll(async () => {
    home = await windowsHome(DEMO)
  })
  afterAll(() => home.remove())

  it('of one session give one daemon', async () => {
    const starts = await Promise.all(Array.from({ length: 5 }, () => home.run(['start'])))
    for (const { code, stderr } of starts) expect(code, stderr).toBe(0)
    const sessions = await home.sessions()
    expect(sessions).toHaveLength(1)
    const pids = starts.map(({ stdout }) => /PID: +(\d+)/.exec(stdout)?.[1])
    expect(new Set(pids)).toEqual(new Set([String(sessions[0]?.pid)]))
  })

  it('of sessions of several preferences give each a port', async () => {
    const preferences = ['demo,demo-a', 'demo,demo-b', 'demo,demo-c']
    await Promise.all(preferences.map((preference) => home.succeed(['start'], { preference })))
    const sessions = await home.sessions()
    expect(sessions).toHaveLength(4)
    expect(new Set(sessions.map(({ port }) => port)).size).toBe(4)
  })

  it('after the daemon was terminated revive it once', async () => {
    const [before] = (await home.sessions()).filter(({ sessionId }) => sessionId === 'default')
    await home.kill(before?.pid ?? 0)
    await Promise.all(Array.from({ length: 4 }, () => home.succeed(['start'])))
    const after = (await home.sessions()).filter(({ sessionId }) => sessionId === 'default')
    expect(after).toMatchObject([{ port: before?.port, state: 'running' }])
  })
})

describe('a port that another program has', WINDOWS, () => {
  let home: Home
  const squatters: Server[] = []
  const occupied = (port: number): Server => {
    const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
    squatters.push(server)
    return server
  }
  beforeAll(async () => {
    home = await windowsHome(DEMO)
    for (const port of [home.port, home.port + 1]) await once(occupied(port), 'listening')
  })
  afterAll(async () => {
    for (const server of squatters) server.close()
    await home.remove()
  })

  it('is not taken for the default session, which says so', async () => {
    const { code, stderr } = await home.run(['start'])
    expect([code, stderr]).toEqual([1, expect.stringContaining(`port ${String(home.port)} of`)])
    expect(await home.sessions()).toEqual([])
  })

  it('is passed over by the session of a preference', async () => {
    await home.succeed(['start'], { preference: 'demo,demo-b' })
    const [{ sessionId, port } = { sessionId: '', port: 0 }] = await home.sessions()
    expect(port).not.toBe(home.port + 1)
    expect(await ask(home, sessionId, port)).toMatch(/^200 /)
  })
})
