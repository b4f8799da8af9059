/** Everything in examples/ works: configs are checked, code of them runs, units are read by systemd. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import JSON5 from 'json5'
import { afterEach, describe, expect, it } from 'vitest'
import { throwawayCcr, type Ccr } from '../support/ccr.ts'
import { CERTIFICATE } from '../support/certificate.ts'
import { messagesClient } from '../support/client.ts'
import { text } from '../support/replies.ts'
import { SYSTEMD } from '../support/requires.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8', withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name).slice(FOLDER.length).replaceAll('\\', '/'))
const CONFIGS = FILES.filter((file) => file.endsWith('.json5'))
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8')

let ccr: Ccr | undefined
let upstream: Upstream | undefined

afterEach(async () => {
  await ccr?.remove()
  await upstream?.close()
  ccr = upstream = undefined
})

/** A home with the files of the folder beside its config, and a value for each of their variables. */
async function withExamples(config: object): Promise<Ccr> {
  const names = CONFIGS.flatMap((file) => [...read(file).matchAll(/\$\{(\w+)\}/g)])
  const variables = Object.fromEntries(names.map(([, name = '']) => [name, `value-of-${name}`]))
  ccr = await throwawayCcr(config, variables)
  cpSync(FOLDER, ccr.ccrHome, { recursive: true })
  writeFileSync(join(ccr.ccrHome, 'company-ca.pem'), CERTIFICATE)
  return ccr
}

interface Example {
  readonly Providers: readonly { readonly name: string; readonly models: readonly string[] }[]
  readonly Router: { readonly default: string }
}

/** Starts the default session of an example whose providers are all the fake one. */
async function ask(file: string, params: object): ReturnType<typeof post> {
  upstream = await startUpstream(() => text('hello'))
  const { chatUrl } = upstream
  const example = JSON5.parse<Example>(read(file))
  const Providers = example.Providers.map((entry) => ({ ...entry, api_base_url: chatUrl }))
  return post(await withExamples({ ...example, Providers }), params)
}

async function post(home: Ccr, params: object): Promise<{ model: string | null; log: string }> {
  const session = await home.start()
  const { headers, status } = await messagesClient(session, 'ccr-default').post(params)
  expect(status).toBe(200)
  return { model: headers.get('x-ccr-model'), log: await home.log(session.sessionId) }
}

const user = (content: string): object => ({ messages: [{ role: 'user', content }] })
const TOOL = { name: 'run', description: 'Runs.', input_schema: { type: 'object' } }

it('README.md says of each file for whom it is', () => {
  const named = [...read('README.md').matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target)
  expect(FILES.filter((file) => file !== 'README.md' && !named.includes(file))).toEqual([])
})

describe.each(CONFIGS)('examples/%s', (file) => {
  it('is a config with which nothing is wrong', async () => {
    const home = await withExamples({})
    const path = join(home.ccrHome, file)
    const { code, stdout, stderr } = await home.run(['--config', path, 'config', 'check'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ok: .*\n$/)
  })
})

describe('examples/custom-router.mjs', () => {
  const CONFIG = 'custom-router.json5'

  it('keeps confidential conversations on this machine', async () => {
    const { model, log } = await ask(CONFIG, { ...user('This is CONFIDENTIAL.'), tools: [TOOL] })
    expect(model).toBe('ollama,qwen3-coder')
    expect(log).toContain('stays on this machine')
  })

  it('sends short questions to a cheap model', async () => {
    const { model } = await ask(CONFIG, user('hello?'))
    expect(model).toBe('openrouter,deepseek/deepseek-v4.1-flash')
  })

  it('leaves everything else to the rules', async () => {
    const { model, log } = await ask(CONFIG, { ...user('hello?'), tools: [TOOL] })
    expect(model).toBe('openrouter,anthropic/claude-sonnet-5.5')
    expect(log).not.toContain('failed')
  })
})

describe('examples/transformer.mjs', () => {
  it('masks addresses wherever they are, and says which team it is', async () => {
    const question = user('Write to jane.doe@mail.example.com and (bob+x@example.org).')
    await ask('transformer.json5', { ...question, system: 'I am root@localhost.example' })
    const { raw, headers, body } = upstream?.requests[0] ?? {}
    expect(raw).toContain('Write to [address] and ([address]).')
    expect(raw).not.toMatch(/\w@\w/)
    expect(headers?.['x-team']).toBe('search')
    expect(body?.model).toBe('anthropic/claude-sonnet-5.5')
  })
})

describe('examples/systemd', () => {
  it.each(['ccr.service', 'ccr@.service'])('%s is a unit to systemd', SYSTEMD, async (name) => {
    const home = await withExamples({})
    const run = join(home.home, 'run')
    mkdirSync(run, { mode: 0o700 })
    const unit = join(home.ccrHome, 'systemd', name.replace('@', '@fast'))
    writeFileSync(unit, read(`systemd/${name}`))
    const { status, stderr } = spawnSync('systemd-analyze', ['--user', 'verify', unit], {
      env: { ...process.env, XDG_RUNTIME_DIR: run },
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('the unit of a preference differs only in naming it', () => {
    const lines = (file: string): string[] =>
      read(`systemd/${file}`)
        .split('\n')
        .filter((line) => !/^(?:#|Description=)/.test(line))
    const more = lines('ccr@.service').filter((line) => !lines('ccr.service').includes(line))
    expect(more).toEqual(['Environment="CCR_MODEL_PREFERENCE=%I"'])
  })
})
