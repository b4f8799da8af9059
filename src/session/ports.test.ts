import { expect, test } from 'vitest'
import type { SessionRef } from './identity.ts'
import { portClaims } from './ports.ts'
import { blankRecord, type SessionRecord } from './record.ts'

const ref = (id: string): SessionRef => ({
  id,
  preference: id,
  home: '/h',
  dir: `/h/sessions/${id}`,
  configFile: '/h/config.json',
  isCustomConfig: false,
})
const known = (id: string, port: number | null, more: Partial<SessionRecord> = {}) => ({
  ref: ref(id),
  record: { ...blankRecord(ref(id)), port, ...more },
})
const ports = (...parts: Parameters<typeof portClaims>): number[] =>
  portClaims(...parts).map(({ port }) => port)

test('the default session has PORT and no other', () => {
  expect(ports({ id: 'default', port: null }, 3456, [])).toEqual([3456])
  expect(ports({ id: 'default', port: 9999 }, 4000, [known('a', 4000)])).toEqual([4000])
})

test('a preference has the hundred ports after PORT, the lowest first', () => {
  const all = ports({ id: 'a', port: null }, 3456, [])
  expect([all[0], all.at(-1), all.length]).toEqual([3457, 3556, 100])
})

test('near the end of all ports those before PORT fill the hundred', () => {
  const all = ports({ id: 'a', port: null }, 65_500, [])
  expect([all[0], all[34], all[35], all.at(-1)]).toEqual([65_501, 65_535, 65_435, 65_499])
  expect(new Set(ports({ id: 'a', port: null }, 65_535, [])).size).toBe(100)
  expect(ports({ id: 'a', port: null }, 1, [])[0]).toBe(2)
})

test('the port that the session remembers comes first', () => {
  expect(ports({ id: 'a', port: 3500 }, 3456, []).slice(0, 2)).toEqual([3500, 3457])
})

test('a remembered port outside of the range is given up', () => {
  expect(ports({ id: 'a', port: 3500 }, 5000, [])[0]).toBe(5001)
})

test('ports that others remember come last: long stopped, stopped, to be running', () => {
  const others = [
    known('a', 3457, { desired: 'running', startedAt: '2026-01-01' }),
    known('b', 3458, { startedAt: '2026-03-01' }),
    known('c', 3459, { startedAt: '2026-02-01' }),
    known('d', null),
    known('e', 3462, { startedAt: '2026-04-01' }),
    known('f', 3461),
    known('g', 3463, { startedAt: '2026-02-15' }),
    known('h', 4000),
  ]
  const claims = portClaims({ id: 'x', port: null }, 3456, others)
  expect(claims).toHaveLength(100)
  expect(claims[0]).toEqual({ port: 3460, rememberedBy: [] })
  expect(claims.slice(-6).map(({ port }) => port)).toEqual([3461, 3459, 3463, 3458, 3462, 3457])
  expect(claims.at(-1)?.rememberedBy.map(({ id }) => id)).toEqual(['a'])
})

test('of two that remember the same port each must be asked', () => {
  const claims = portClaims({ id: 'a', port: 3457 }, 3456, [known('b', 3457), known('c', 3457)])
  expect(claims[0]?.port).toBe(3457)
  expect(claims[0]?.rememberedBy.map(({ id }) => id)).toEqual(['b', 'c'])
})

test('a session does not wait for itself: what it remembers is its own', () => {
  const others = [known('a', 3500), known('b', 3501)]
  const claims = portClaims({ id: 'a', port: 3500 }, 3456, others)
  expect(claims[0]).toEqual({ port: 3500, rememberedBy: [] })
  expect(claims.at(-1)).toEqual({ port: 3501, rememberedBy: [ref('b')] })
  expect(portClaims({ id: 'a', port: null }, 3456, others).at(-1)?.port).toBe(3501)
})
