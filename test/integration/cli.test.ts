/** The command line of the built ccr. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { type Ccr, throwawayCcr } from '../support/ccr.ts'

let ccr: Ccr
beforeAll(async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }] })
})
afterAll(() => ccr.remove())

const COMMANDS = ['start', 'stop', 'restart', 'status', 'sessions', 'code', 'demo']

describe('ccr', () => {
  it.each(['--version', '-v', 'version'])('%s prints the version of the package', async (flag) => {
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    expect(await ccr.run([flag])).toMatchObject({ code: 0, stdout: `ccr ${version}\n`, stderr: '' })
  })

  it.each([[[]], [['help']], [['--help']], [['-h']]])('%j names every command', async (argv) => {
    const { code, stdout, stderr } = await ccr.run(argv)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
  })

  it.each(COMMANDS)('help %s shows its usage and examples', async (name) => {
    const { code, stdout } = await ccr.run(['help', name])
    expect(code).toBe(0)
    expect(stdout).toContain('Usage: ccr ')
    expect(stdout).toMatch(new RegExp(`Examples:\\n(.*ccr.*\\n)+`))
    if (name !== 'code') expect((await ccr.run([name, '--help'])).stdout).toBe(stdout)
  })

  it.each(COMMANDS.filter((name) => name !== 'code'))(
    '%s refuses an unknown option and exits 2',
    async (name) => {
      const { code, stdout, stderr } = await ccr.run([name, '--definitely-not'])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain("unknown option '--definitely-not'")
    },
  )

  it('names near commands and exits 2', async () => {
    const { code, stderr } = await ccr.run(['sesions'])
    expect(code).toBe(2)
    expect(stderr).toContain('ccr sessions')
  })

  it('shows an error without a stack', async () => {
    const { code, stderr } = await ccr.run(['start', '--config', '/no/such/config.json'])
    expect(code).toBe(1)
    expect(stderr).toContain('/no/such/config.json')
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
