/** Starts a server as a child on 127.0.0.1 and ends it. */
import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { endGroup, endWithUs } from './install.ts'

export interface Started {
  readonly origin: string
  /** The last lines that it printed. */
  output(): string
  stop(): Promise<void>
}

export interface StartParts {
  readonly program: string
  /** Its arguments; it must listen on 127.0.0.1 and this port. */
  readonly args: (port: number) => readonly string[]
  /** Its whole environment, with a HOME of its own; `env(port)` for servers that read their port there. */
  readonly env: (port: number) => Readonly<Record<string, string>>
  readonly cwd: string
  /** Answers 200 as soon as the server is ready: `/health`. */
  readonly ready: string
  /** How long it may take to be ready. */
  readonly limitMs?: number
}

/** @throws Error with its last lines if it ends, or is not ready in time. */
export async function startServer(parts: StartParts): Promise<Started> {
  const { program, args, env, cwd, ready, limitMs = 180_000 } = parts
  const port = await freePort()
  const child = spawn(program, args(port), {
    cwd,
    env: env(port),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const { pid = 0 } = child
  const forget = endWithUs(pid)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(-20_000)))
  }
  const state = { hasEnded: false }
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => (text += error.message))
    child.once('close', () => {
      state.hasEnded = true
      forget()
      resolve()
    })
  })
  const output = (): string => text.trim().split('\n').slice(-15).join('\n')
  const stop = async (): Promise<void> => {
    if (!state.hasEnded) endGroup(pid, 'SIGTERM')
    const late = setTimeout(() => endGroup(pid), 5_000)
    await closed
    clearTimeout(late)
  }
  const origin = `http://127.0.0.1:${String(port)}`
  const deadline = performance.now() + limitMs
  while (!(await isReady(origin + ready))) {
    if (state.hasEnded) throw new Error(`${program} ended:\n${output()}`)
    if (performance.now() > deadline) {
      await stop()
      throw new Error(`${program} was not ready after ${limitMs / 1000} s:\n${output()}`)
    }
    await wait(100)
  }
  return { origin, output, stop }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    await answer.body?.cancel()
    return answer.status === 200
  } catch {
    return false
  }
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
