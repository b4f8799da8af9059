import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createLog, fileSink } from './log.ts'
import { createMask } from '../lib/redact.ts'
import { onPlatform } from '../../test/support/platform.ts'

const folder = mkdtempSync(join(tmpdir(), 'ccr-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const collect = () => {
  const lines: string[] = []
  return { lines, sink: { write: (line: string) => void lines.push(line), close: () => undefined } }
}

test('a line is one JSON object with time, level, message and fields', () => {
  const { lines, sink } = collect()
  const log = createLog(sink, { level: 'info', mask: (text) => text, now: () => 0 })
  log.info({ port: 1 }, 'ready\nset')
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","msg":"ready\\nset","port":1}\n',
  ])
})

test('what is less serious than the level is not written', () => {
  const { lines, sink } = collect()
  const log = createLog(sink, { level: 'warn', mask: (text) => text })
  log.debug({}, 'd')
  log.info({}, 'i')
  log.warn({}, 'w')
  log.error({}, 'e')
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual([
    'warn',
    'error',
  ])
})

test('secrets are masked in messages, fields and causes', () => {
  const { lines, sink } = collect()
  const log = createLog(sink, { level: 'info', mask: createMask(['my-secret-key']) })
  const cause = new Error('refused my-secret-key')
  log.error({ cause, headers: { 'x-api-key': 'short' } }, 'with my-secret-key')
  expect(lines.join('')).not.toMatch(/my-secret-key|short/)
  expect(() => JSON.parse(lines[0] ?? '') as unknown).not.toThrow()
})

test.each(['linux', 'win32'] as const)(
  'a full log begins anew, one older file is kept (%s)',
  (name) => {
    onPlatform(name)
    const file = join(folder, `${name}.log`)
    const sink = fileSink(file, 10)
    sink.write('first line\n')
    sink.write('second\n')
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('first line\n')
    expect(readFileSync(file, 'utf8')).toBe('second\n')
    expect([file, `${file}.1`].map((name) => statSync(name).mode & 0o777)).toEqual([0o600, 0o600])
    sink.close()
  },
)

test('a log goes on where the one before ended', () => {
  const file = join(folder, 'append.log')
  writeFileSync(file, 'before\n')
  const sink = fileSink(file)
  sink.write('after\n')
  sink.close()
  expect(readFileSync(file, 'utf8')).toBe('before\nafter\n')
})

test('a log that cannot be written throws nothing', () => {
  const sink = fileSink(join(folder, 'closed.log'))
  sink.close()
  expect(() => sink.write('x\n')).not.toThrow()
})

test('what others wrote has no power over a terminal that shows the file', () => {
  const { lines, sink } = collect()
  const log = createLog(sink, { level: 'info', mask: (text) => text })
  log.info({ model: 'a\u001b[2J\u009b\u202e\u007f' }, 'x')
  expect(lines[0]).toContain('"model":"a\\u001b[2J\\u009b\\u202e\\u007f"')
})
