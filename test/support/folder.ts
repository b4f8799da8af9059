/** A temporary folder for files that a test writes, removed when the test file ends. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

export interface Folder {
  readonly path: string
  /** Writes a file below the folder; each call gives it a new time of change. */
  write(name: string, text: string | Uint8Array): string
}

export function testFolder(): Folder {
  let path = ''
  let seconds = 1_000_000_000
  beforeAll(() => {
    path = realpathSync(mkdtempSync(join(tmpdir(), 'ccr-test-')))
  })
  afterAll(() => {
    rmSync(path, { recursive: true, force: true })
  })
  return {
    get path() {
      return path
    },
    write(name, text) {
      const file = join(path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      seconds += 10
      utimesSync(file, seconds, seconds)
      return file
    },
  }
}
