/** The guide, sentence by sentence: ports, and what happens when there are no more. */
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULTS, PORT_RANGE } from '../../src/config/defaults.ts'
import { sessionRef } from '../../src/session/identity.ts'
import { portClaims } from '../../src/session/ports.ts'
import { GPT4, startHarness, OPUS, TURBO, type Harness } from './harness.ts'

let harness: Harness
let strangers: Server[]

beforeEach(async () => {
  harness = await startHarness()
  strangers = []
})
afterEach(async () => {
  for (const server of strangers) server.close()
  await harness.remove()
})

/** Another program that listens on a port. */
async function stranger(port: number): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  strangers.push(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
}

/** Other programs on every port for preferences but the first `left`. */
async function onlyPorts(left: number): Promise<void> {
  const first = harness.ccr.port + 1
  const taken = Array.from({ length: PORT_RANGE - left }, (_, n) => first + left + n)
  await Promise.all(taken.map(stranger))
}

describe('Port Allocation', () => {
  it('"Default session starts on port 3456"', async () => {
    expect(DEFAULTS.port).toBe(3456)
    expect(portClaims({ id: 'default', port: null }, DEFAULTS.port, [])).toMatchObject([
      { port: 3456 },
    ])
    expect((await harness.ccr.start()).port).toBe(harness.ccr.port)
  })

  it('"Each new session automatically finds the next available port"', async () => {
    const { port } = harness.ccr
    await stranger(port + 2)
    expect((await harness.ccr.start(GPT4)).port).toBe(port + 1)
    expect((await harness.ccr.start(OPUS)).port).toBe(port + 3)
    expect((await harness.ccr.start(TURBO)).port).toBe(port + 4)
  })

  it('"Port range: 3456-3556 (100 ports available)"', () => {
    const { id } = sessionRef({ CCR_MODEL_PREFERENCE: GPT4, HOME: '/nowhere' })
    const ports = portClaims({ id, port: null }, DEFAULTS.port, []).map((claim) => claim.port)
    expect(ports).toEqual(Array.from({ length: 100 }, (_, n) => 3457 + n))
  })

  it('"Sessions remember their port allocation"', async () => {
    const gpt4 = await harness.ccr.start(GPT4)
    const opus = await harness.ccr.start(OPUS)
    await harness.ccr.run(['stop', '--all'])
    expect((await harness.ccr.start(TURBO)).port).not.toBe(gpt4.port)
    expect((await harness.ccr.start(OPUS)).port).toBe(opus.port)
    expect((await harness.ccr.start(GPT4)).port).toBe(gpt4.port)
    process.kill((await harness.session(GPT4)).pid, 'SIGKILL')
    expect((await harness.ccr.start(GPT4)).port).toBe(gpt4.port)
  })
})

describe('Troubleshooting: Port Conflicts', () => {
  it('"If all ports are in use": the start fails, says who holds them, and gives the advice of the guide', async () => {
    await onlyPorts(2)
    const gpt4 = await harness.ccr.start(GPT4)
    const opus = await harness.ccr.start(OPUS)
    const { code, stdout, stderr } = await harness.ccr.run(['start'], { preference: TURBO })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`${harness.ccr.port + 1}-${harness.ccr.port + 100} are in use`)
    expect(stderr).toContain('`ccr sessions`')
    expect(stderr).toContain('`CCR_MODEL_PREFERENCE=... ccr stop`')
    expect(stderr).toContain('`ps aux | grep ccr`')
    for (const { port, sessionId, pid } of [gpt4, opus]) {
      const line = stderr.split('\n').find((text) => text.includes(`${port} `)) ?? ''
      expect(line).toContain(sessionId)
      expect(line).toContain(String(pid))
    }
  })

  it('"Stop unused sessions: `ccr sessions` then `CCR_MODEL_PREFERENCE=... ccr stop`"', async () => {
    await onlyPorts(1)
    const { port } = await harness.ccr.start(GPT4)
    expect((await harness.ccr.run(['start'], { preference: OPUS })).code).toBe(1)
    const { stdout } = await harness.bash('ccr sessions')
    const unused = /^Model: (.*)$/m.exec(stdout)?.[1] ?? ''
    expect((await harness.bash(`CCR_MODEL_PREFERENCE='${unused}' ccr stop`)).code).toBe(0)
    expect((await harness.ccr.start(OPUS)).port).toBe(port)
  })

  it('"Check for orphaned processes: `ps aux | grep ccr`"', async () => {
    const { sessionId, pid } = await harness.ccr.start(GPT4)
    const { stdout } = await harness.bash('ps aux | grep ccr')
    // Another home may have a session of the same name.
    const line = stdout.split('\n').find((text) => text.split(/\s+/)[1] === String(pid))
    expect(line).toContain(`${sessionId} ${GPT4}`)
  })
})
