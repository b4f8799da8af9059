import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onPlatform } from '../../../test/support/platform.ts'
import { POSIX } from '../../../test/support/requires.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { machineFolders, machineSettings } from './machine-settings.ts'
import { namingArguments, obstacleTo, refusedOption, unlistedNotes } from './native-names.ts'
import type { SessionPrices } from './session-prices.ts'

let home: string
let file: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ccr-names-'))
  file = join(home, 'claude')
  install('2.1.330')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function install(version: string): void {
  writeFileSync(file, `#!/bin/sh\necho '${version} (Claude Code)'\n`)
  chmodSync(file, 0o755)
}

const launch = (argv: readonly string[], machine: readonly string[] = []) => ({
  claude: { file, args: [] },
  argv,
  home,
  env: process.env,
  machine,
})

const PRICES: SessionPrices = {
  target: null,
  price: undefined,
  of: () => undefined,
  text: () => 'free',
}

const SESSION = {
  ...{ baseUrl: '', token: 'ccr-tok-0123456789', alias: 'ccr-a', preference: 'p,m' },
  target: { provider: 'p', model: 'm' },
  ...{ firstParty: false, apiTimeoutMs: 1, contextWindow: 1, maxOutput: 1 },
}

describe('the option with the names', () => {
  it.each([
    ['nothing', []],
    ['an option', ['--continue']],
    ['a prompt', ['Write a function']],
    ['a prompt in one word with a capital', ['Hello']],
    ['one print of a word', ['-p', 'hello']],
    ['one print, last', ['hello', '--print']],
    ['a prompt behind --', ['--', 'mcp']],
    ['the option behind --', ['--', '--managed-settings']],
  ])('is used with %s', POSIX, async (_, argv) => {
    expect(await obstacleTo(launch(argv))).toBeNull()
  })

  it.each([
    ['mcp', 'list'],
    ['config', 'list'],
    ['update', ''],
    ['remote-control', ''],
    ['logs', 'x'],
    ['a-command-of-tomorrow', ''],
    ['--managed-settings', '{}'],
    ['--managed-settings={}', ''],
    ['--managed-settings-in-initialize', '-p'],
    ['-p', '--managed-settings'],
  ])('is not used with %s %s', async (...argv) => {
    expect(await obstacleTo(launch(argv))).toEqual({ kind: 'arguments' })
  })

  it('is not used with an older client, or one that says nothing', POSIX, async () => {
    install('2.1.242')
    expect(await obstacleTo(launch([]))).toEqual({ kind: 'version', version: '2.1.242' })
    writeFileSync(file, '#!/bin/sh\nexit 1\n# another size')
    expect(await obstacleTo(launch([]))).toEqual({ kind: 'version', version: '' })
  })

  it('is not used beside managed settings of the machine, and claude is not asked', async () => {
    rmSync(file)
    const machine = ['/etc/claude-code/managed-settings.json']
    expect(await obstacleTo(launch([], machine))).toEqual({ kind: 'machine', files: machine })
  })

  it('comes with the document, without a secret', () => {
    const naming = namingArguments(launch([]), SESSION, emptyConfig(), PRICES)
    const [option, value = ''] = naming.words
    expect(option).toBe('--managed-settings')
    expect(JSON.parse(value)).toMatchObject({ modelPicker: { options: [{ model: 'ccr-a' }] } })
    expect(value).not.toContain('ccr-tok')
    expect(unlistedNotes(naming, [])).toEqual([])
  })

  const LONG = Array.from({ length: 2_000 }, (_, n) => `m-${String(n)}`.padEnd(60, 'x'))
  const naming = (argv: readonly string[], wanted: readonly string[]) => {
    const provider = { name: 'p', url: 'http://127.0.0.1:1/v1', apiKey: '', models: LONG }
    const config = {
      ...emptyConfig(),
      providers: [{ ...provider, missing: [] }],
      preferences: Object.fromEntries(wanted.map((model) => [model, `p,${model}`])),
    }
    const session = { ...SESSION, target: { provider: 'p', model: LONG[0] ?? '' } }
    return namingArguments(launch(argv), session, config, PRICES)
  }

  it('says how many models it has no room for, and what to do', () => {
    const found = naming([], [LONG[7] ?? '', LONG[8] ?? ''])
    expect(found).toMatchObject({ listed: 3, unlisted: 1_997 })
    const [note, ...more] = unlistedNotes(found, [])
    expect(more).toEqual([])
    expect(note).toMatch(
      /^1997 models of the config are not listed in \/model, only 3 are: .* in Preferences\..*\/model provider,model/,
    )
    expect(unlistedNotes({ ...found, unlisted: 1 }, [])[0]).toMatch(
      /^1 model of the config is not listed/,
    )
  })

  it('says so where Preferences name too many, and only the model of the session is listed', () => {
    const found = naming([], LONG)
    expect(found).toMatchObject({ listed: 1, unlisted: 1_999 })
    const [note] = unlistedNotes(found, [])
    expect(note).toMatch(/only 1 is: .* name the few that you use in Preferences/)
  })

  it('says that claude counts other prices, where the arguments leave no room at all', () => {
    onPlatform('win32')
    const found = naming(['x'.repeat(32_000)], [])
    expect(found).toEqual({ words: [], listed: 0, unlisted: 2_000 })
    const [note] = unlistedNotes(found, [])
    expect(note).toMatch(/"From gateway".*price of a Claude model/)
    expect(note).not.toContain('not listed')
  })

  it('says nothing to a client that prints one answer, and has no /model', () => {
    const found = naming([], [])
    for (const argv of [
      ['-p', 'hi'],
      ['hi', '--print'],
    ]) {
      expect(unlistedNotes(found, argv)).toEqual([])
    }
    expect(unlistedNotes(found, ['--', '-p'])).toHaveLength(1)
  })
})

describe('a run that fails', POSIX, () => {
  const end = { code: 1, ms: 100 }

  it('did not know the option if claude is another one by now', async () => {
    expect(await obstacleTo(launch([]))).toBeNull()
    expect(await refusedOption(launch([]), end)).toBe(false)
    install('1.0.100')
    expect(await refusedOption(launch([]), end)).toBe(true)
  })

  it('had another reason if it succeeded, took long, or claude says nothing', async () => {
    install('1.0.100')
    expect(await refusedOption(launch([]), { code: 0, ms: 100 })).toBe(false)
    expect(await refusedOption(launch([]), { code: 1, ms: 60_000 })).toBe(false)
    writeFileSync(file, '#!/bin/sh\nexit 1\n')
    expect(await refusedOption(launch([]), end)).toBe(false)
  })
})

describe('the managed settings of a machine', () => {
  it('are its file and the JSON files beside it', () => {
    const folder = join(home, 'claude-code')
    expect(machineSettings([folder])).toEqual([])
    mkdirSync(join(folder, 'managed-settings.d'), { recursive: true })
    expect(machineSettings([folder])).toEqual([])
    for (const name of ['managed-settings.json', 'managed-settings.d/10-a.json', 'other.json']) {
      writeFileSync(join(folder, name), '{}')
    }
    for (const name of ['.hidden.json', 'b.txt']) {
      writeFileSync(join(folder, 'managed-settings.d', name), '{}')
    }
    expect(machineSettings([folder, join(home, 'none')])).toEqual([
      join(folder, 'managed-settings.json'),
      join(folder, 'managed-settings.d', '10-a.json'),
    ])
  })

  it('count whatever is in them', () => {
    writeFileSync(join(home, 'managed-settings.json'), 'not JSON')
    expect(machineSettings([home])).toHaveLength(1)
  })

  it('are looked for where the system has them', () => {
    expect(machineFolders('linux')).toEqual(['/etc/claude-code'])
    expect(machineFolders('darwin')).toEqual(['/Library/Application Support/ClaudeCode'])
    expect(machineFolders('win32')[0]).toBe('C:\\Program Files\\ClaudeCode')
  })
})
