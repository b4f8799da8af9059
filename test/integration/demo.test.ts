/** `ccr demo` with the built ccr: it shows what it promises and leaves nothing behind. */
import type { ChildProcess } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ccr, collected, type RunOptions, throwawayCcr } from '../support/ccr.ts'
import { fakeClaude } from './fake-claude.ts'

let ccr: Ccr
let temporary: string

beforeEach(async () => {
  ccr = await throwawayCcr({ Providers: [{ name: 'demo' }] })
  temporary = join(ccr.home, 'temporary')
  await mkdir(temporary)
})
afterEach(() => ccr.remove())

const options = (path: string, env: RunOptions['env'] = {}): RunOptions => ({
  env: { TMPDIR: temporary, PATH: path, ...env },
})

const WITHOUT_CLAUDE = '/nonexistent'

/** Processes whose environment names the throwaway home of the demo (Linux). */
async function leftovers(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const env = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      return env.includes(`CCR_HOME=${temporary}`) ? [pid] : []
    }),
  )
  return found.flat()
}

async function expectNothingLeft(): Promise<void> {
  expect(await readdir(temporary)).toEqual([])
  if (process.platform !== 'linux') return
  // A daemon that has let everything go may still be on its way out.
  await vi.waitFor(async () => expect(await leftovers()).toEqual([]), { interval: 20 })
}

/** Resolves when the child has printed the text. */
function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = ''
    child.stdout!.on('data', (part: Buffer) => {
      seen += part.toString('utf8')
      if (seen.includes(text)) resolve()
    })
    child.once('close', () => reject(new Error(`ended without '${text}': ${seen}`)))
  })
}

describe('ccr demo', () => {
  it('shows two answers to one prompt and the sessions, without claude', async () => {
    const { code, stdout, stderr } = await ccr.run(
      ['demo', '--prompt', 'Any ports?'],
      options(WITHOUT_CLAUDE),
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const answers = (model: string) =>
      [...stdout.matchAll(new RegExp(`^${model} \\| (.*)`, 'gm'))].map(([, text]) => text).join(' ')
    expect(answers('demo-a')).toContain('Any ports?')
    expect(answers('demo-b')).toContain('Any ports?')
    // Both start at once: which gets the lower port, and so comes first, is open.
    expect(stdout).toMatch(/Active Sessions:\n=+\n[^]*Model: demo,demo-a\n/)
    expect(stdout).toMatch(/Active Sessions:\n=+\n[^]*Model: demo,demo-b\n/)
    await expectNothingLeft()
  })

  it('asks through claude where it is installed', async () => {
    const path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
    const { code, stdout, stderr } = await ccr.run(['demo'], options(path, { FAKE: 'print' }))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('demo-a | 200 ')
    expect(stdout).toContain('demo-b | 200 ')
    await expectNothingLeft()
  })

  it('fails when an answer failed', async () => {
    const path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
    const { code, stderr } = await ccr.run(['demo'], options(path, { FAKE: 'exit:3' }))
    expect(code).toBe(1)
    expect(stderr).toContain('claude ended with 3')
    await expectNothingLeft()
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('cleans up on %s while it asks', async (signal, code) => {
    const path = `${await fakeClaude(ccr.home)}:${dirname(process.execPath)}`
    const child = ccr.spawn(['demo'], options(path, { FAKE: 'hang' }))
    const ended = collected(child)
    await printed(child, 'ready')
    child.kill(signal)
    expect(await ended).toMatchObject({ code, signal: null })
    await expectNothingLeft()
  })

  it('cleans up on a signal while the sessions start', async () => {
    const child = ccr.spawn(['demo'], options(WITHOUT_CLAUDE))
    const ended = collected(child)
    await printed(child, 'Two sessions')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130 })
    await expectNothingLeft()
  })

  it('uses nothing of the user: neither config nor preference', async () => {
    const { code, stdout } = await ccr.run(['demo'], {
      ...options(WITHOUT_CLAUDE, { CCR_CONFIG: '/no/such/file' }),
      preference: 'someone,else',
    })
    expect(code).toBe(0)
    expect(stdout).not.toContain('someone')
    expect(await readdir(ccr.ccrHome)).toEqual(['config.json'])
  })
})
