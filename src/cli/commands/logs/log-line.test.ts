import { describe, expect, it } from 'vitest'
import { logJson, logLine } from './log-line.ts'

const plain = (_: string, text: string): string => text
const show = (entry: object): string => logLine(JSON.stringify(entry), plain)

/** The time as it stands in a line, here and now. */
const TIME = '2026-11-23T14:05:09.120Z'
const HERE = /^\d{4}-\d\d-\d\d \d\d:\d\d:09\.120/

describe('a line of the log', () => {
  it('begins with the time here, the level and the message', () => {
    const line = show({ time: TIME, level: 'info', msg: 'the session is ready', port: 3456 })
    expect(line).toMatch(HERE)
    expect(line.replace(HERE, '')).toBe(' INFO  the session is ready  port=3456')
  })

  it('of a request names target, route, status, times and tokens', () => {
    const line = show({
      time: TIME,
      level: 'info',
      msg: 'request',
      target: 'openrouter,gpt-4',
      route: 'default (preference not found)',
      status: 200,
      ttftMs: 120,
      totalMs: 1500,
      usage: { input_tokens: 12, output_tokens: 34, cache_read_input_tokens: 5 },
      dropped: ['top_k', 'metadata'],
    })
    expect(line).toContain(
      'request  target=openrouter,gpt-4  route="default (preference not found)"  status=200  ' +
        'ttftMs=120  totalMs=1500  in=12  cached=5  out=34  dropped=top_k,metadata',
    )
  })

  it('of a failure tells the causes without their stacks', () => {
    const line = show({
      time: TIME,
      level: 'error',
      msg: 'the provider cannot be reached',
      cause: {
        type: 'Error',
        message: 'connect failed',
        stack: 'Error: connect failed\n    at x',
        cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED', stack: 'y' },
      },
    })
    expect(line).toContain('ERROR the provider')
    expect(line).toContain('cause="connect failed: refused (ECONNREFUSED)"')
    expect(line).not.toContain('at x')
  })

  it('leaves out what is empty', () => {
    const line = show({ time: TIME, level: 'info', msg: 'x', a: null, dropped: [], usage: {} })
    expect(line).toMatch(/INFO {2}x$/)
  })

  it('names the lanes that failed before, and what was dropped', () => {
    const hops = [
      { lane: 'p,m#1', kind: 'rate_limit_error', status: 429 },
      { lane: 'p,m#2', kind: 'api_error', status: 500 },
    ]
    const line = show({ time: TIME, level: 'info', msg: 'x', hops, dropped: ['top_k', 'a\u001b'] })
    expect(line).toContain('hops="p,m#1 rate_limit_error 429; p,m#2 api_error 500"')
    expect(line).toContain('dropped=top_k,a\\x1b')
  })

  it('cannot write over the terminal', () => {
    const line = show({ time: TIME, level: 'warn', msg: 'a\u001b[2Jb\nc', model: '\u0007x' })
    expect(line).toContain('a\\x1b[2Jb\\nc  model=\\x07x')
    expect(logLine('\u001b[2J', plain)).toBe('\\x1b[2J')
  })

  it.each(['Error: out of memory', '\tat main (x.js:1:1)', '', '{broken', '[1]'])(
    'that is no entry stays as it is: %j',
    (line) => {
      expect(logLine(line, plain)).toBe(line)
      expect(JSON.parse(logJson(line))).toEqual({ msg: line })
    },
  )

  it.each([{}, { time: 5, level: 1, msg: null }, { time: 'soon', msg: { a: 1 } }])(
    'of odd types is shown all the same: %j',
    (entry) => {
      expect(show(entry)).toMatch(/^- /)
    },
  )

  it('for scripts is the line itself', () => {
    const line = JSON.stringify({ time: TIME, level: 'info', msg: 'x' })
    expect(logJson(line)).toBe(line)
  })
})
