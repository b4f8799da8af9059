import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compact, type CompactRecord, expanded } from './compact.ts'
import { type ClientRecord, differences, printed } from './compare.ts'
import type { Paths } from './shape.ts'

const record = (text: Paths, more: Partial<ClientRecord> = {}): ClientRecord => ({
  client: '1.0.0',
  scenarios: {
    text: { result: { 'exit code': '0' }, requests: { main: text } },
    tool: { result: { 'exit code': '0' }, requests: { main: text, other: { 'beta b': '' } } },
  },
  tools: { Bash: { '.name': '', '/command!': 'string' } },
  ...more,
})

const OLD = { 'header x-app': 'cli', 'body max_tokens': 'number 1' }

describe('a client beside the record', () => {
  it('differs in nothing from itself', () => {
    expect(differences(record(OLD), record(OLD, { client: '2.0.0' }))).toEqual([])
    expect(printed([])).toBe('')
  })

  it('has what is new, gone or changed, once for all places', () => {
    const list = differences(record(OLD), record({ 'body max_tokens': 'number 2', 'beta n': '' }))
    const where = ['text: main', 'tool: main']
    expect(list).toEqual([
      { kind: 'new', what: 'beta n', before: undefined, now: '', where },
      { kind: 'changed', what: 'body max_tokens', before: 'number 1', now: 'number 2', where },
      { kind: 'gone', what: 'header x-app', before: 'cli', now: undefined, where },
    ])
    expect(printed(list)).toBe(
      [
        'new     beta n',
        '        in text: main; tool: main',
        'changed body max_tokens: number 1 -> number 2',
        '        in text: main; tool: main',
        'gone    header x-app: cli',
        '        in text: main; tool: main',
        '',
      ].join('\n'),
    )
  })

  it('has scenarios, kinds of requests and tools as wholes', () => {
    const { text } = record(OLD).scenarios
    const scenarios = { text: { ...text!, requests: { ...text!.requests, late: OLD } } }
    const tools = { Bash: { '.name': '', '/command!': 'string, pattern' }, Read: { '.name': '' } }
    const list = differences(record(OLD), record(OLD, { scenarios, tools }))
    expect(list.map(({ kind, what, where }) => [kind, what, ...where])).toEqual([
      ['new', 'request', 'text: late'],
      ['gone', 'scenario', 'tool'],
      ['changed', 'tool Bash /command!'],
      ['new', 'tool Read'],
    ])
  })

  it('notices that a lever no longer works', () => {
    const scenarios = {
      ...record(OLD).scenarios,
      text: { result: { 'exit code': '1' }, requests: { main: OLD } },
    }
    expect(differences(record(OLD), record(OLD, { scenarios }))).toEqual([
      { kind: 'changed', what: 'result exit code', before: '0', now: '1', where: ['text'] },
    ])
  })
})

describe('the record that is checked in', () => {
  const text = readFileSync(new URL('record.json', import.meta.url), 'utf8')

  it('is compact, and whole again', () => {
    const kept = JSON.parse(text) as CompactRecord
    expect(compact(expanded(kept))).toEqual(kept)
    expect(differences(expanded(kept), expanded(kept))).toEqual([])
    const whole = record(OLD)
    expect(expanded(compact(whole))).toEqual(whole)
  })

  it('holds names, types and betas, and no text of the client', () => {
    expect(text.length).toBeLessThan(80_000)
    const values = text.match(/"(?:[^"\\]|\\.)*"/g) ?? []
    expect(values.filter((value) => value.length > 320)).toEqual([])
    expect(text).not.toMatch(/You are|\/tmp\/|\/root|Bearer/)
  })
})
