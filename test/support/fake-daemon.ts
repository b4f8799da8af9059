/**
 * A session's daemon in the process of a test: it holds the session's lock, proves its identity with
 * the token of the record, and answers commands as the test decides.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tryAcquire } from '../../src/lib/lock.ts'
import { proofOf } from '../../src/lib/secret.ts'
import type { SessionRef } from '../../src/session/identity.ts'
import { serveLock } from '../../src/session/paths.ts'
import { readRecord, type SessionRecord, updateRecord } from '../../src/session/record.ts'

export interface ControlRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

export interface FakeDaemon {
  readonly port: number
  /** The requests after its proof, in order. */
  readonly requests: readonly ControlRequest[]
  /** What it does with a request, by path; nothing when it is not named, so that it hangs. */
  readonly answers: Record<string, (res: ServerResponse, requests: ControlRequest) => unknown>
  /** As it says with its proof. */
  health: { status: string; pid: number }
  /** Ends: its port and its lock are free, its connections closed. */
  end(): void
}

export interface FakeDaemonOptions {
  readonly record?: Partial<SessionRecord>
  /** What it says of itself. */
  readonly status?: object
  /** False for one that lost its lock. */
  readonly holdsLock?: boolean
  /** What it does before it proves itself: one that is busy takes its time. */
  readonly beforeProof?: () => Promise<unknown>
}

export async function startFakeDaemon(
  ref: SessionRef,
  { record = {}, status = {}, holdsLock = true, beforeProof }: FakeDaemonOptions = {},
): Promise<FakeDaemon> {
  const held = holdsLock ? await tryAcquire(ref.home, serveLock(ref)) : null
  const requests: ControlRequest[] = []
  const answers: FakeDaemon['answers'] = {
    '/control/status': (res) => res.end(JSON.stringify(status)),
  }
  const server = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy())
  }).listen(0, '127.0.0.1')
  server.keepAliveTimeout = 0 // a connection that idles is closed by who opened it
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const token = record.token ?? (readRecord(ref).token || 'ccr-tok-fake')
  await updateRecord(ref, { host: '127.0.0.1', port, token, desired: 'running', ...record })

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams } = new URL(req.url ?? '', 'http://x')
    let body = ''
    for await (const part of req.setEncoding('utf8')) body += String(part)
    if (path === '/health') {
      await beforeProof?.()
      const proof = proofOf(token, searchParams.get('nonce') ?? '')
      res.end(JSON.stringify({ ...daemon.health, sessionId: ref.id, proof }))
      return
    }
    const { authorization } = req.headers
    const question = { method: req.method ?? '', path, authorization, body }
    requests.push(question)
    await answers[path]?.(res, question)
  }
  const daemon: FakeDaemon = {
    port,
    requests,
    answers,
    health: { status: 'ok', pid: process.pid },
    end: () => {
      server.closeAllConnections()
      server.close()
      held?.release()
    },
  }
  return daemon
}
