/** The service files of docs/services.md: written by its commands, and what they start. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BIN, throwawayCcr, type Ccr } from '../support/ccr.ts'
import { IN_CONTAINER, POSIX, SYSTEMD, UNSHARE } from '../support/requires.ts'

const DOCUMENT = readFileSync(new URL('../../docs/services.md', import.meta.url), 'utf8')

let ccr: Ccr
let path: string
let service: ChildProcess | undefined

beforeEach(async () => {
  const keyed = {
    name: 'keyed',
    api_base_url: 'http://127.0.0.1:9/v1/chat/completions',
    api_key: '${SERVICE_KEY}',
    models: ['any'],
  }
  ccr = await throwawayCcr({
    Providers: [keyed],
    Router: { default: 'keyed,any' },
    Preferences: { fast: 'keyed,any' },
  })
  const folder = join(ccr.home, 'bin')
  await mkdir(folder)
  await symlink(BIN, join(folder, 'ccr'))
  path = [folder, dirname(process.execPath), process.env['PATH']].join(':')
})
afterEach(async () => {
  if (service?.exitCode === null) service.kill('SIGKILL')
  service = undefined
  await ccr.remove()
})

/** Runs the commands of the document that write this file; gives what they wrote. */
async function written(file: string): Promise<string> {
  const blocks = [...DOCUMENT.matchAll(/^```bash\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
  const script = blocks.find((block) => block.includes(`cat > ~/${file}`)) ?? 'exit 9'
  const env = ccr.environment({ env: { PATH: path } })
  const ran = spawnSync('bash', ['-e', '-c', script], { env, encoding: 'utf8' })
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' })
  return readFile(join(ccr.home, file), 'utf8')
}

/**
 * Starts a command with the environment of a service: next to nothing, and no key; resolves when
 * it says that it is ready.
 */
async function served([program = '', ...args]: readonly string[], env = {}): Promise<ChildProcess> {
  const child = spawn(program, args, {
    env: { HOME: ccr.home, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  service = child
  const output: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    output.push(line)
    if (line.includes('the session is ready')) break
  }
  expect(child.exitCode, output.join('\n')).toBeNull()
  child.stderr.resume()
  return child
}

/** The key is known to the session from a start in a shell that had it. */
async function startedOnce(preference?: string): Promise<void> {
  const options = preference === undefined ? {} : { preference }
  const started = await ccr.run(['start'], { ...options, env: { SERVICE_KEY: 'sk-of-the-shell' } })
  expect(started.code, started.stderr).toBe(0)
  await ccr.run(['stop'], options)
}

async function endsWell(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
}

const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '')

describe('the systemd units', () => {
  const unit = '.config/systemd/user/ccr.service'
  const template = '.config/systemd/user/ccr@.service'

  it('are units to systemd', SYSTEMD, async () => {
    await written(unit)
    await mkdir(join(ccr.home, 'run'), { mode: 0o700 })
    const env = { ...process.env, XDG_RUNTIME_DIR: join(ccr.home, 'run') }
    for (const file of [unit, template.replace('@', '@fast')]) {
      const args = ['--user', 'verify', join(ccr.home, file)]
      const { status, stderr } = spawnSync('systemd-analyze', args, { env, encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    }
  })

  it('start the default session, with the keys that it keeps, and end it well', async () => {
    const text = await written(unit)
    await startedOnce()
    const child = await served(words(/^ExecStart=(.*)$/m.exec(text)?.[1] ?? ''))
    expect((await ccr.run(['status'])).code).toBe(0)
    await endsWell(child)
    expect((await ccr.run(['status'])).code).toBe(3)
  })

  it('of a preference start its session; ccr stop ends it well', async () => {
    await written(unit)
    const text = await readFile(join(ccr.home, template), 'utf8')
    const [, name = '', value = ''] = /^Environment="(\w+)=(.*)"$/m.exec(text) ?? []
    expect(value).toBe('%I')
    await startedOnce('fast')
    const command = words(/^ExecStart=(.*)$/m.exec(text)?.[1] ?? '')
    const child = await served(command, { [name]: 'fast' })
    const { stdout } = await ccr.run(['sessions', '--json'])
    expect(JSON.parse(stdout)).toMatchObject([{ modelPreference: 'fast', pid: child.pid }])
    const ended = once(child, 'exit')
    await ccr.run(['stop'], { preference: 'fast' })
    expect(await ended).toEqual([0, null])
  })
})

describe('the launchd agent', () => {
  it('starts the default session and ends it well', async () => {
    const text = await written('Library/LaunchAgents/ccr.plist')
    const list = /<array>(.*?)<\/array>/s.exec(text)?.[1] ?? ''
    const command = [...list.matchAll(/<string>(.*?)<\/string>/g)].map((match) => match[1] ?? '')
    await startedOnce()
    const child = await served(command)
    expect((await ccr.run(['status'])).code).toBe(0)
    await endsWell(child)
  })
})

it('without the key the service fails, and says which variable it needs', async () => {
  const child = spawn(process.execPath, [BIN, 'start', '--foreground'], {
    env: { HOME: ccr.home },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const output: Buffer[] = []
  child.stderr.on('data', (part: Buffer) => output.push(part))
  expect(await once(child, 'close')).toEqual([1, null])
  expect(Buffer.concat(output).toString()).toContain('SERVICE_KEY')
})

describe('ccr start where a manager started ccr itself', () => {
  const start = `"${process.execPath}" "${BIN}" start`
  const inShell = (script: string): readonly string[] => ['/bin/sh', '-c', script]

  /** A program whose command line looks like supervisord's. */
  async function supervisord(): Promise<string> {
    const file = join(ccr.home, 'supervisord')
    const args = JSON.stringify([BIN, 'start'])
    await writeFile(
      file,
      `const child = require('node:child_process').spawn(process.execPath, ${args}, { stdio: 'inherit' })
      process.on('SIGTERM', () => child.kill('SIGTERM'))
      child.on('exit', (code) => process.exit(code))`,
    )
    return file
  }

  it.each([
    ['systemd', `SYSTEMD_EXEC_PID=$$ exec ${start}`],
    ['supervisord', ''],
  ])('%s: serves in the foreground until it is ended', POSIX, async (_, script) => {
    await startedOnce()
    const env = { SUPERVISOR_ENABLED: '1' }
    const command = script === '' ? [process.execPath, await supervisord()] : inShell(script)
    const child = await served(command, env)
    expect((await ccr.run(['status'])).code).toBe(0)
    await endsWell(child)
    expect((await ccr.run(['status'])).code).toBe(3)
  })

  it('process 1 of a container: serves in the foreground', UNSHARE, async () => {
    await startedOnce()
    const child = await served([...IN_CONTAINER, process.execPath, BIN, 'start'])
    expect(child.exitCode).toBeNull()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })

  it.each([
    ['that only inherited their variables', start],
    ['with --detach', `SYSTEMD_EXEC_PID=$$ exec ${start} --detach`],
  ])('a shell %s: returns at once', POSIX, async (_, script) => {
    await startedOnce()
    const env = { SYSTEMD_EXEC_PID: '1', SUPERVISOR_ENABLED: '1', pm_id: '0', PM2_HOME: '/x' }
    const [program = '', ...args] = inShell(script)
    const { status, stdout } = spawnSync(program, args, {
      env: { ...ccr.environment({}), ...env },
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('is running') as string,
    })
    await ccr.run(['stop'])
  })
})
