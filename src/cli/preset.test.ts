import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { loadConfig } from '../config/load.ts'
import { command as preset } from './preset.ts'
import { runCli } from './run.ts'

const folder = testFolder()

// Written by hand, in the form of version 2.
const MANIFEST = {
  name: 'team',
  description: 'Ours',
  Providers: [
    { name: 'o', api_base_url: 'https://o.example/v1', api_key: '#{key}', models: ['m'] },
  ],
  Router: { default: 'o,m' },
  CUSTOM_ROUTER_PATH: './route.js',
  schema: [{ id: 'key', type: 'password', required: true }],
}

async function ccr(...argv: string[]) {
  let [out, err] = ['', '']
  const io = {
    env: { CCR_HOME: join(folder.path, 'home') },
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  }
  const commands = { preset: () => Promise.resolve({ command: preset }) }
  const code = await runCli(argv, commands, io)
  return { code, out, err }
}

it('a preset of version 2 becomes a config of its own', async () => {
  folder.write('home/presets/team/manifest.json', JSON.stringify(MANIFEST))
  const config = join(folder.path, 'home/presets/team/config.json')
  expect((await ccr('preset', 'list')).out).toBe('team (not imported): Ours\n')
  expect((await ccr('team', 'hello')).err).toContain('First: ccr preset import team')

  const unanswered = await ccr('preset', 'import', 'team')
  expect(unanswered.code).toBe(1)
  expect(unanswered.err).toContain("--set key='${VARIABLE}'")

  const done = await ccr('preset', 'import', 'team', '--set', 'key=${O_KEY}')
  expect(done.out).toContain(`ccr --config ${config} code`)
  expect(statSync(config).mode & 0o777).toBe(0o600)
  const read = loadConfig(config, { O_KEY: 'k' })
  expect(read.providers).toMatchObject([{ name: 'o', apiKey: 'k' }])
  expect(read.extensions.router).toBe(join(folder.path, 'home/presets/team/route.js'))

  expect((await ccr('preset', 'import', 'team')).err).toContain('--force')
  expect((await ccr('team')).err).toContain(`ccr --config ${config} code`)
  expect(readFileSync(config, 'utf8')).toContain('${O_KEY}')
})

it.each([
  [['preset', 'install', 'x'], 'ccr preset import FOLDER'],
  [['preset', 'rm', 'x'], 'Remove its folder'],
  [['preset', 'info', 'none'], 'there is no preset "none"'],
  [['ui'], 'ccr config edit'],
  [['install', 'x'], 'ccr preset import'],
])('ccr %j tells what to do instead', async (argv, said) => {
  const { code, err } = await ccr(...argv)
  expect(code).toBeGreaterThan(0)
  expect(err).toContain(said)
})
