import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dieWithParent } from './child.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ccr-child-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function program(content: string): Promise<string> {
  const file = join(folder, 'setpriv')
  await writeFile(file, content)
  return file
}

describe('the parent-death signal', () => {
  it.runIf(process.platform === 'linux')('is set by a setpriv that knows it', async () => {
    const file = await program('\u007fELF … pdeathsig …')
    expect(dieWithParent(file)).toEqual([file, '--pdeathsig', 'TERM', '--'])
  })

  it('is left out with a setpriv that does not, and without one', async () => {
    expect(dieWithParent(await program('\u007fELF … reuid …'))).toEqual([])
    expect(dieWithParent(join(folder, 'none'))).toEqual([])
  })
})
