/** What must hold of a home whenever nothing is under way in it, whatever happened before. */
import { readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
import { processStart } from '../../src/lib/process.ts'
import type { SessionView } from '../../src/session/probe.ts'
import { type Client, PATIENCE, type Seen, type Harness } from './harness.ts'

/** What a session has for good from its first start on, by preference. */
export type Memory = Map<string, { readonly port: number | null; readonly token: string }>

/**
 * Waits until the home is at rest and all of it fits together: at most one daemon a session and
 * no other process than those and the live clients; the count is that of the clients; the files
 * say the same; no two sessions on one port; port and token as ever.
 */
export async function settled(harness: Harness, memory: Memory): Promise<readonly SessionView[]> {
  const views = await vi.waitFor(() => atRest(harness), PATIENCE)
  for (const { preference, record } of views) {
    const { port, token } = record
    if (!memory.has(preference) && port !== null) memory.set(preference, { port, token })
    const known = memory.get(preference)
    if (known) expect({ preference, port, token }).toEqual({ preference, ...known })
  }
  return views
}

async function atRest(harness: Harness): Promise<readonly SessionView[]> {
  const views = await harness.views()
  const clients = harness.clients.filter(({ alive }) => alive)
  for (const view of views) {
    expect(['running', 'stopped'], `state of '${view.preference}'`).toContain(view.state)
    const clientsOfSession = clients.filter(({ preference }) => preference === view.preference)
    if (view.state === 'running') runs(harness, view, clientsOfSession)
    else
      expect(clientsOfSession.length, `clients of '${view.preference}', which is stopped`).toBe(0)
  }
  const ports = views.flatMap(({ state, port }) => (state === 'running' ? [port] : []))
  expect(new Set(ports).size, `ports ${ports.join(' ')}`).toBe(ports.length)
  belong(harness.processes(), views, clients)
  return views
}

function runs(harness: Harness, view: SessionView, clients: readonly Client[]): void {
  const { preference, pid, record, referenceCount } = view
  const read = (name: string): string => readFileSync(harness.file(preference, name), 'utf8').trim()
  expect({
    preference,
    referenceCount,
    pid: record.pid,
    processStart: record.processStart,
    desired: record.desired,
    pidFile: read('router.pid'),
    countFile: read('reference-count.txt'),
  }).toEqual({
    preference,
    referenceCount: clients.length,
    pid,
    processStart: processStart(pid ?? 0),
    desired: 'running',
    pidFile: String(pid),
    countFile: String(clients.length),
  })
}

/** Every process of the home is the daemon of a running session, or a client or its child. */
function belong(
  processes: readonly Seen[],
  views: readonly SessionView[],
  clients: readonly Client[],
): void {
  const daemons = views.flatMap(({ state, pid }) => (state === 'running' && pid ? [pid] : []))
  const known = new Set([...daemons, ...clients.map(({ pid }) => pid)])
  const strange = processes.filter(({ pid, parent }) => !known.has(pid) && !known.has(parent))
  expect(strange, 'processes that belong to nothing').toEqual([])
  if (processes.length === 0) return
  const alive = new Set(processes.map(({ pid }) => pid))
  expect(
    [...known].filter((pid) => !alive.has(pid)),
    'ended daemons or clients',
  ).toEqual([])
}
