import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cacheFolder } from './install.ts'
import { recordedAnswer } from './recordings.ts'

/** What is kept of an answer. */
const kept = (answer: string): string | undefined =>
  recordedAnswer('chat', 'text', {
    ...{ method: 'POST', path: '/', sent: '', status: 200, type: 'application/json' },
    ...{ answer, end: 'ended' },
  })?.body

it.each([
  ['the working folder', process.cwd()],
  ['the cache folder', cacheFolder('llama')],
  ['the home', homedir()],
  ['the folder for temporary files', tmpdir()],
  ['someone’s home', '/home/someone'],
])('no path below %s is kept in a recording', (_, folder) => {
  const error = JSON.stringify({ error: `cannot read ${join(folder, 'models', 'a.gguf')} (5)` })
  expect(kept(error)).toBe('{"error":"cannot read /removed (5)"}')
})

it('a path in an URL is not kept either', () => {
  expect(kept(encodeURIComponent(process.cwd()))).not.toContain(encodeURIComponent(process.cwd()))
})
