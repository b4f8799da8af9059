import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { sessionRef } from '../../../session/identity.ts'
import { command } from './config.ts'
import { editConfig, editorCommand } from './edit.ts'
import { POSIX } from '../../../../test/support/requires.ts'

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
})
afterEach(() => home.remove())

const run = (argv: readonly string[], env = home.env) => runCommand(command, argv, env)

function write(source: string): void {
  writeFileSync(home.configFile, source, { mode: 0o600 })
}

const PROVIDER = `{ "name": "p", "api_base_url": "http://127.0.0.1:1/v1", "models": ["alpha", "beta"] }`

describe('ccr config check', () => {
  it('says ok of a good config and exits 0', async () => {
    write(`{ "Providers": [${PROVIDER}], "Router": { "default": "p,alpha" } }`)
    expect(await run(['check'])).toEqual({
      code: 0,
      out: `ok: ${home.configFile}: 1 provider, 2 models, default p,alpha.\n`,
      err: '',
    })
  })

  it('tells every error with its place and exits 1', async () => {
    write(`{\n  "PORT": "abc",\n  "Providers": [{ "name": "p" }]\n}`)
    const { code, out } = await run(['check'])
    expect(code).toBe(1)
    expect(out).toContain(`error    ${home.configFile}:2:11: PORT is "abc"; expected a port`)
    expect(out).toContain(`${home.configFile}:3:17: Providers[0] has no api_base_url`)
    expect(out).toContain('2 errors')
  })

  it('shows the place where the text breaks', async () => {
    write(`{\n  "PORT": 3456\n  "LOG": true\n}`)
    const { code, out } = await run(['check'])
    expect(code).toBe(1)
    expect(out).toContain('  3 |   "LOG": true\n')
    expect(out).toContain('A comma may be missing at the end of line 2')
  })

  it('warns of unknown keys and of models that no provider has, with what may be meant', async () => {
    write(`{
  "Colour": "blue",
  "Providers": [${PROVIDER}],
  "Router": { "default": "p,alpha", "think": "p,bata" }
}`)
    const { code, out } = await run(['check'])
    expect(code).toBe(0)
    expect(out).toMatch(/warning {2}.*:2:3: Colour is not a key ccr knows; it is ignored$/m)
    expect(out).toMatch(/warning {2}.*:4:46: Router\.think: .*did you mean "p,beta"\?/)
    expect(out).toContain('2 warnings')
  })

  const OTHER = `{ "name": "q", "api_base_url": "http://127.0.0.1:1/v1", "models": ["alpha"] }`
  const GOOD = `"Providers": [${PROVIDER}], "Router": { "default": "p,alpha" }`

  it.each([
    ['{}', 'there are no providers; add one to Providers'],
    ['{ "Providers": [] }', 'there are no providers; add one to Providers'],
    [`{ ${GOOD}, "Bugdets": [] }`, 'Bugdets is not a key ccr knows.*did you mean Budgets'],
    [`{ "Providers": [${PROVIDER}], "Router": { "default": "q,alpha" } }`, 'no provider "q"'],
    [`{ "Providers": [${PROVIDER}], "Router": { "defualt": "p,alpha" } }`, 'did you mean default'],
    [`{ "Providers": [${PROVIDER}, ${PROVIDER}] }`, 'a provider named "p" is already there'],
    [`{ ${GOOD}, "Budgets": [{ "per": "day" }] }`, 'Budgets\\[0\\] has neither limit nor warn'],
    [`{ ${GOOD}, "Prices": { "p,alpha": { "input": 1 } } }`, 'Prices\\["p,alpha"\\] has no output'],
  ])('fails on %s, whether or not a session starts with it', async (source, message) => {
    write(source)
    const { code, out } = await run(['check'])
    expect(code).toBe(1)
    expect(out).toMatch(new RegExp(`^error .*${message}`, 'm'))
    expect(out).toContain('1 error')
    const asJson = await run(['check', '--json'])
    expect(asJson.code).toBe(1)
    expect(JSON.parse(asJson.out)).toMatchObject({ valid: false, errors: [{}] })
  })

  it.each([
    ['a scenario that leads nowhere', `"Router": { "default": "p,alpha", "think": "x,y" }`],
    ['a model that its provider does not list', `"Router": { "default": "p,gamma" }`],
    ['a provider that is not filled in', `"Router": { "default": "p,alpha" }`, ', { "name": "n" }'],
    ['no default', `"Preferences": { "fast": "p,alpha" }`],
    ['a budget that only warns', `"Budgets": [{ "warn": 5 }]`],
    ['two providers with the same models', `"Router": { "default": "p,alpha" }`, `, ${OTHER}`],
  ])('passes with %s', async (_, rest, more = '') => {
    write(`{ "Providers": [${PROVIDER}${more}], ${rest} }`)
    expect((await run(['check'])).code).toBe(0)
  })

  it('passes where everything goes to the demo, which needs no provider', async () => {
    write('{ "Router": { "default": "demo,demo-a" } }')
    expect((await run(['check'])).code).toBe(0)
  })

  it('gives scripts an object', async () => {
    write(`{\n  "PORT": "abc"\n}`)
    const { code, out } = await run(['check', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      file: home.configFile,
      exists: true,
      valid: false,
      errors: [{ line: 2, column: 11, message: expect.stringContaining('PORT') as string }],
      warnings: [],
    })
  })

  it('names models of Lend that no provider has', async () => {
    const lend = '"Lend": { "vision": "p,alpa", "webSearch": "q,m" }'
    write(`{ "Providers": [${PROVIDER}],\n"Router": { "default": "p,alpha" },\n${lend} }`)
    const { code, out } = await run(['check'])
    expect(code).toBe(0)
    expect(out).toContain(`${home.configFile}:3:21: Lend.vision: p has no model "alpa"`)
    expect(out).toContain(`${home.configFile}:3:44: Lend.webSearch: `)
  })

  it('names a model of Lend.vision that takes no images', async () => {
    const blind = PROVIDER.replace('"alpha"', '{ "id": "alpha", "input": ["text"] }')
    const check = async (provider: string) => {
      const lend = '"Lend": { "vision": "p,alpha" }'
      write(`{ "Providers": [${provider}],\n"Router": { "default": "p,alpha" },\n${lend} }`)
      return run(['check'])
    }
    const { code, out } = await check(blind)
    expect(code).toBe(0)
    expect(out).toContain(`${home.configFile}:3:21: Lend.vision: p,alpha takes no images itself`)
    expect((await check(PROVIDER)).out).not.toContain('takes no images')
    expect((await check(blind.replace('["text"]', '["text", "image"]'))).out).not.toContain('Lend')
  })

  it('says what to write when there is none, and exits 1', async () => {
    const { code, out } = await run(['check'])
    expect(code).toBe(1)
    expect(out).toContain(`there is no config at ${home.configFile}`)
    expect(out).toContain('"Providers"')
    const { out: asJson } = await run(['check', '--json'])
    expect(JSON.parse(asJson)).toMatchObject({ exists: false, errors: [{ line: null }] })
  })

  it('never shows a key that stands in the file', async () => {
    write(`{ "Providers": [{ "name": "p", "api_key": "sk-0123456789abcdef" }], "PORT": [ }`)
    const { out } = await run(['check'])
    expect(out).not.toContain('0123456789')
  })
})

describe('ccr config', () => {
  it('path prints the file of the session', async () => {
    expect((await run(['path'])).out).toBe(`${home.configFile}\n`)
    const other = join(home.path, 'other.json')
    expect((await run(['path'], { ...home.env, CCR_CONFIG: other })).out).toBe(`${other}\n`)
    expect((await run(['path', '--config', other])).out).toBe(`${other}\n`)
  })

  it('schema prints a JSON Schema with a description of every setting', async () => {
    const schema = JSON.parse((await run(['schema'])).out) as {
      properties: Record<string, { description?: string }>
    }
    expect(schema).toMatchObject({ type: 'object' })
    for (const [key, { description }] of Object.entries(schema.properties)) {
      expect([key, description]).toEqual([key, expect.stringMatching(/\S/)])
    }
  })

  it('edit refuses without a terminal and says what to do instead', async () => {
    const { code, err } = await run(['edit'])
    expect(code).toBe(1)
    expect(err).toContain('needs an interactive terminal')
    expect(err).toContain('ccr config check')
  })

  it.each([
    [[], 'needs a subcommand'],
    [['chek'], 'Did you mean: ccr config check?'],
    [['path', 'more'], "unexpected argument 'more'"],
    [['path', '--json'], 'takes no --json'],
  ])('%j is a wrong command line: exit 2', async (argv, message) => {
    const { code, err } = await run(argv)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})

describe('the editor', () => {
  it.each([
    [{ VISUAL: 'code --wait', EDITOR: 'vi' }, ['code', '--wait']],
    [{ VISUAL: ' ', EDITOR: 'nano' }, ['nano']],
  ])('of %j is %j', (env, words) => {
    expect(editorCommand(env, '/config.json', false)).toEqual({
      command: words[0],
      args: [...words.slice(1), '/config.json'],
      options: {},
    })
  })

  it('of Windows may be a batch file, a path in quotes, and have a file with any name', () => {
    const env = { EDITOR: '"C:\\Program Files\\Code\\code.cmd"  --wait' }
    const file = 'C:\\100%PATH% & more\\config.json'
    expect(editorCommand(env, file, true)).toEqual({
      command: '"C:\\Program Files\\Code\\code.cmd"  --wait "%CCR_EDITED_FILE%"',
      args: [],
      options: {
        shell: true,
        env: { CCR_EDITED_FILE: file, NoDefaultCurrentDirectoryInExePath: '1' },
      },
    })
    expect(editorCommand({}, file, true).command).toBe('notepad "%CCR_EDITED_FILE%"')
    expect(editorCommand({}, file, false).command).toBe('vi')
  })

  it(
    'gets the file as its last argument; what it saves is checked and stays private',
    POSIX,
    async () => {
      write('{}')
      const editor = join(home.path, 'editor.mjs')
      writeFileSync(
        editor,
        `import { rmSync, writeFileSync } from 'node:fs'
        const [flag, file] = process.argv.slice(2)
        rmSync(file)
        writeFileSync(file, JSON.stringify({ PORT: flag }), { mode: 0o644 })`,
      )
      chmodSync(editor, 0o644)
      let out = ''
      const io = {
        env: { ...home.env, EDITOR: `${process.execPath} ${editor} --wait` },
        stdout: { write: (text: string) => (out += text) },
        stderr: { write: () => undefined },
      }
      const ref = sessionRef(io.env)
      expect(await editConfig(ref, io)).toBe(1)
      expect(out).toContain('PORT is "--wait"')
      expect(statSync(home.configFile).mode & 0o777).toBe(0o600)
    },
  )
})
