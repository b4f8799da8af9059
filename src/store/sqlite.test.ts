import { expect, it, vi } from 'vitest'
import { faultOf, loadDriver } from './sqlite.ts'

it.each([
  [5, 'busy'],
  [517, 'busy'], // SQLITE_BUSY_SNAPSHOT
  [6, 'busy'],
  [15, 'busy'],
  [8, 'unwritable'],
  [10, 'unwritable'],
  [3850, 'unwritable'], // SQLITE_IOERR_LOCK
  [13, 'unwritable'],
  [14, 'unwritable'],
  [11, 'damaged'],
  [267, 'damaged'], // SQLITE_CORRUPT_VTAB
  [26, 'damaged'],
  [1, 'other'],
  [19, 'other'],
])('the result code %i of SQLite means %s', (errcode, fault) => {
  expect(faultOf(Object.assign(new Error('x'), { errcode }))).toBe(fault)
})

it('an error that is not of SQLite is another one', () => {
  for (const thrown of [new Error('x'), null, undefined, 'busy', { errcode: '5' }]) {
    expect(faultOf(thrown)).toBe('other')
  }
})

it('is loaded once, and silences no warning of others', async () => {
  const before: unknown = Reflect.get(process, 'emitWarning')
  const warnings: unknown[] = []
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(warning)
  })
  vi.resetModules()
  const fresh = await import('./sqlite.ts')
  const loading = fresh.loadDriver()
  process.emitWarning('SQLite is an experimental feature')
  process.emitWarning('something else is')
  const driver = await loading
  process.emitWarning('SQLite later')
  emit.mockRestore()
  expect(warnings).toContain('something else is')
  expect(warnings).toContain('SQLite later')
  expect(warnings).not.toContain('SQLite is an experimental feature')
  expect(Reflect.get(process, 'emitWarning')).toBe(before)
  expect(await fresh.loadDriver()).toBe(driver)
  expect(await loadDriver()).not.toBeNull()
  const db = driver!.open(':memory:')
  expect(db.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 })
  db.close()
})
