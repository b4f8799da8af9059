import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { System } from '../lib/process.ts'
import { isOldRouter, oldRouterCure } from './old-router.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-old-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A Linux whose process 77 was started so. */
const system = (command: string): System => {
  const none = (): never => {
    throw new Error('none')
  }
  const read = (file: string): string =>
    file === '/proc/77/cmdline' ? command.replaceAll(' ', '\0') : none()
  return { platform: 'linux', read, list: none, link: none, run: none }
}
const OLD = system('node /usr/lib/node_modules/@musistudio/claude-code-router/dist/cli.js start')

it('the old router is known by its file and its command line together', () => {
  expect(isOldRouter(77, home, OLD)).toBe(false)
  writeFileSync(join(home, '.claude-code-router.pid'), ' 77\n')
  expect(isOldRouter(77, home, OLD)).toBe(true)
  expect(isOldRouter(77, home, system('node /usr/bin/ccr start'))).toBe(true)
  expect(isOldRouter(77, home, system('nginx -g daemon'))).toBe(false)
  expect(isOldRouter(77, home, system('node /usr/bin/xccry start'))).toBe(false)
  expect(isOldRouter(78, home, OLD)).toBe(false)
  expect(isOldRouter(7, home, OLD)).toBe(false)
})

it('how to end it is told with its pid', () => {
  expect(oldRouterCure(77)).toContain('kill 77\n')
})
