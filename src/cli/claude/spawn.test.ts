import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dieWithParent, runChild } from './spawn.ts'
import { LINUX, POSIX } from '../../../test/support/requires.ts'

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

/** Deaf to the end of its input; says what it is told. */
const CHILD = `
process.on('SIGTERM', () => { console.log('SIGTERM'); process.exit(5) })
console.log('ready ' + process.pid)
setInterval(() => undefined, 1000)
`

describe('without a parent-death signal', POSIX, () => {
  const launch = (script: string) => {
    const program = fileURLToPath(
      new URL('../../../test/support/programs/launch.ts', import.meta.url),
    )
    const args = ['--import', 'tsx', program, process.execPath, '-e', script]
    const launcher = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    return { launcher, lines: createInterface({ input: launcher.stdout })[Symbol.asyncIterator]() }
  }

  it('the child ends all the same when the launcher is killed', async () => {
    const { launcher, lines } = launch(CHILD)
    expect((await lines.next()).value).toMatch(/^ready \d+$/)
    launcher.kill('SIGKILL')
    expect((await lines.next()).value).toBe('SIGTERM')
    expect((await lines.next()).done).toBe(true)
  })

  it('nobody is left to watch a child that has ended, and its exit code is given', async () => {
    const { launcher } = launch('process.exit(7)')
    expect((await once(launcher, 'close'))[0]).toBe(7)
  })
})

it(
  'a child whose session is lost before it starts is ended like one that runs',
  POSIX,
  async () => {
    const executable = { file: process.execPath, args: [] }
    const argv = ['-e', 'setInterval(() => undefined, 1000)']
    const signal = AbortSignal.abort()
    expect(await runChild({ executable, argv, env: {}, input: 'closed', signal })).toBe(143)
  },
)

describe('the parent-death signal', () => {
  it('is set by a setpriv that knows it', LINUX, async () => {
    const file = await program('\u007fELF … pdeathsig …')
    expect(dieWithParent(file)).toEqual([file, '--pdeathsig', 'TERM', '--'])
  })

  it('is left out with a setpriv that does not, and without one', async () => {
    expect(dieWithParent(await program('\u007fELF … reuid …'))).toEqual([])
    expect(dieWithParent(join(folder, 'none'))).toEqual([])
  })
})
