import { expect, test } from 'vitest'
import type { SessionRef } from '../../../session/identity.ts'
import type { SessionView } from '../../../session/probe.ts'
import { blankRecord } from '../../../session/record.ts'
import { announcement, sessionJson } from '../../client/session-text.ts'
import { visible } from '../../terminal/untrusted-text.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { listing } from './sessions.ts'
import { sorted } from './sort.ts'

const ref = (preference: string, more: Partial<SessionRef> = {}): SessionRef => ({
  id: preference === '' ? 'default' : 'a3f2d8e1',
  preference,
  home: '/h',
  dir: '/h/sessions/a3f2d8e1',
  configFile: '/h/config.json',
  isCustomConfig: false,
  ...more,
})

function view(preference: string, more: Partial<SessionView> = {}): SessionView {
  const session = ref(preference)
  return {
    ref: session,
    id: session.id,
    preference,
    record: { ...blankRecord(session), provider: 'openrouter', model: 'openai/gpt-4', port: 3457 },
    state: 'running',
    port: 3457,
    pid: 12345,
    version: '1',
    uptimeMs: 1000,
    rssBytes: 1,
    referenceCount: 1,
    served: 0,
    running: 0,
    dropped: 0,
    access: null,
    unproved: null,
    notes: [],
    logFile: '/h/sessions/a3f2d8e1/router.log',
    ...more,
  }
}

test('the listing has the form that the guide shows', () => {
  const sessions = [
    view('openrouter/gpt-4', { port: 3456 }),
    view('anthropic,claude-3-opus', {
      id: 'b7c9a4f2',
      port: 3457,
      pid: 12346,
      referenceCount: 2,
    }),
  ]
  expect(listing(sessions)).toBe(`Active Sessions:
================

Session ID: a3f2d8e1
Model: openrouter/gpt-4
Port: 3456
PID: 12345
Reference Count: 1

Session ID: b7c9a4f2
Model: anthropic,claude-3-opus
Port: 3457
PID: 12346
Reference Count: 2
`)
})

test('no sessions, and sessions in another state', () => {
  expect(listing([])).toBe('Active Sessions:\n================\n\nNo active sessions.\n')
  const stopped = view('', { state: 'stopped', pid: null, referenceCount: null, port: null })
  expect(listing([stopped], true)).toBe(
    'All Sessions:\n=============\n\nSession ID: default\nModel: default\nState: stopped\n',
  )
})

test('a preference cannot write over the terminal', () => {
  const shown = listing([view('a\u001b[2J\nPID: 1\u009b\u2028')])
  expect(shown).toContain('Model: a\\x1b[2J\\nPID: 1\\x9b\\u2028\n')
  expect(visible('öäü 🙂 "quoted"')).toBe('öäü 🙂 "quoted"')
})

test('what to type is quoted for a shell when it must be', () => {
  expect(commandLine(ref('openrouter/gpt-4'), 'start')).toBe(
    'CCR_MODEL_PREFERENCE=openrouter/gpt-4 ccr start',
  )
  expect(commandLine(ref(''), 'stop')).toBe('ccr stop')
  expect(commandLine(ref("it's $HOME"), 'start')).toBe(
    `CCR_MODEL_PREFERENCE='it'\\''s $HOME' ccr start`,
  )
  const custom = ref('a,b', { isCustomConfig: true, configFile: '/my config.json' })
  expect(commandLine(custom, 'start')).toBe(
    "CCR_CONFIG='/my config.json' CCR_MODEL_PREFERENCE=a,b ccr start",
  )
})

test('the announcement names the model as it was understood when that differs', () => {
  expect(announcement(view('openrouter/gpt-4'), 'is running')).toContain(
    'openrouter/gpt-4 (openrouter,openai/gpt-4)',
  )
  const plain = view('openrouter,openai/gpt-4')
  expect(announcement(plain, 'is running')).toContain('Model:      openrouter,openai/gpt-4\n')
})

test('for scripts, what is unknown is null', () => {
  const stopped = view('a,b', {
    state: 'stopped',
    pid: null,
    referenceCount: null,
    rssBytes: null,
    uptimeMs: null,
  })
  expect(sessionJson(stopped)).toEqual({
    sessionId: 'a3f2d8e1',
    modelPreference: 'a,b',
    provider: 'openrouter',
    model: 'openai/gpt-4',
    fallsBack: false,
    port: 3457,
    pid: null,
    referenceCount: null,
    state: 'stopped',
    startedAt: null,
    uptimeMs: null,
    rssBytes: null,
    logFile: '/h/sessions/a3f2d8e1/router.log',
  })
})

test('a preference that is no configured model says where requests go instead', () => {
  const wrong = view('nope')
  const shown = { ...wrong, record: { ...wrong.record, fallsBack: true } }
  expect(listing([shown])).toContain('Model: nope -> openrouter,openai/gpt-4\n')
  expect(announcement(shown, 'is running')).toMatch(/Model: +nope -> openrouter,openai\/gpt-4\n/)
})

test.each([
  ['session', [3, 1, 2]],
  ['model', [2, 1, 3]],
  ['port', [1, 2, 3]],
  ['clients', [2, 3, 1]],
  ['requests', [1, 3, 2]],
  ['uptime', [3, 2, 1]],
] as const)('sessions in the order of their %s', (order, ports) => {
  const views = [
    view('c', { port: 3, referenceCount: 0, served: 0, uptimeMs: 9 }),
    view('b', { port: 1, referenceCount: null, served: 7, uptimeMs: null }),
    view('a', { port: 2, referenceCount: 4, served: null, uptimeMs: 1 }),
  ]
  expect(sorted(views, order).map(({ port }) => port)).toEqual(ports)
})
