/**
 * Text of others stands everywhere: names in the config and in presets, preferences, models of a
 * local server, errors of a provider, the log, the ledger, records of comparisons, branches. None of
 * it moves the cursor, colours or turns the order of letters, whichever command prints it.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collected, throwawayCcr, type Ccr } from '../support/ccr.ts'
import { messagesClient } from '../support/client.ts'
import { http } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

/** A title, a colour, a link, erasing in C1, back and over, and marks of direction. */
const POWER =
  '\u001b]0;t\u0007\u001b[31m\u001b]8;;http://x\u001b\\\u009b2J\b\u007f\r\u202e\u2066\u200f\u061c\u2028'
const planted = (name: string): string => `planted-${name}${POWER}x`

/** Whether the text could do anything but stand there. */
const HARM = /(?!\r\n|[\n\t])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

const SOME_URL = 'http://127.0.0.1:1/v1/chat/completions'

const PREFERENCE = `${planted('p')},${planted('m')}`
const RUN = 'abcdef'

let upstream: Upstream
let ccr: Ccr

function runRecord(): object {
  return {
    version: 1,
    id: RUN,
    root: join(ccr.work, planted('root')),
    base: 'b'.repeat(40),
    withChanges: false,
    task: planted('task'),
    verify: planted('verify'),
    startedAt: '2026-11-01T10:00:00.000Z',
    state: 'done',
    pid: 1,
    processStart: null,
    models: [
      {
        letter: 'A',
        name: planted('name'),
        label: 'a',
        model: planted('model'),
        sessionId: '0123abcd',
        branch: planted('branch'),
        worktree: join(ccr.work, planted('tree')),
        state: 'failed',
        error: planted('error'),
        ms: 1,
        turns: 1,
        tools: 1,
        denied: 0,
        usage: null,
        costUsd: null,
        said: planted('said'),
        commit: 'c'.repeat(40),
        files: [{ path: planted('file'), added: 1, removed: 1 }],
        note: planted('note'),
        verified: { code: 1, timedOut: false, ms: 1, output: planted('output') },
      },
    ],
    verdict: {
      judge: planted('judge'),
      ranking: [{ letter: 'A', name: planted('name'), reason: planted('reason') }],
      error: null,
    },
    applied: null,
  }
}

function config(): object {
  return {
    Providers: [
      {
        name: planted('p'),
        api_key: 'k',
        api_base_url: upstream.chatUrl,
        models: [planted('m'), 'm'],
      },
      { name: planted('second'), api_base_url: upstream.chatUrl, models: [planted('x')] },
      { name: 'variable', api_key: '${PLANTED}', api_base_url: upstream.chatUrl, models: ['m'] },
    ],
    Router: { default: PREFERENCE, think: `nobody,${planted('m')}`, [planted('key')]: 'a,b' },
    Budgets: [{ provider: planted('p'), limit: 5, per: 'day' }],
    StatusLine: { enabled: true, currentStyle: planted('style') },
  }
}

beforeAll(async () => {
  upstream = await startUpstream(() =>
    http(400, { error: { message: planted('error'), type: planted('type') } }),
  )
  ccr = await throwawayCcr({}, { PLANTED: planted('variable') })
  await ccr.configure(config())
  const { ccrHome, work } = ccr

  mkdirSync(join(ccrHome, 'presets', planted('preset')), { recursive: true })
  const manifest = {
    name: planted('preset'),
    version: planted('version'),
    description: planted('description'),
    schema: [{ id: planted('question'), label: planted('label'), required: true }],
    Providers: [],
  }
  const file = join(ccrHome, 'presets', planted('preset'), 'manifest.json')
  writeFileSync(file, JSON.stringify(manifest))

  mkdirSync(join(ccrHome, 'compare', RUN, 'logs'), { recursive: true })
  writeFileSync(join(ccrHome, 'compare', RUN, 'run.json'), JSON.stringify(runRecord()))

  const broken = { Providers: [{ name: planted('b'), api_base_url: `http://${planted('host')}` }] }
  writeFileSync(join(work, 'broken.json'), JSON.stringify(broken))
  writeFileSync(join(work, 'no.json'), `{ "a": "\u202e\u009b2J" nonsense }`)

  mkdirSync(join(work, '.git'))
  writeFileSync(
    join(work, '.git', 'HEAD'),
    `ref: refs/heads/${planted('branch').replace('\r', '')}\n`,
  )
  writeFileSync(join(work, planted('request').replaceAll('/', '-')), '{')
  writeFileSync(join(work, 'request.json'), JSON.stringify({ model: PREFERENCE, messages: [] }))

  for (const preference of [PREFERENCE, planted('words')]) {
    const session = await ccr.start(preference)
    const client = messagesClient(session, 'ccr')
    const messages = [{ role: 'user', content: planted('prompt') }]
    for (const model of [PREFERENCE, planted('unknown')]) await client.post({ model, messages })
    const folder = join(ccrHome, 'sessions', session.sessionId)
    appendFileSync(join(folder, 'router.log'), `${planted('line')}\n{"msg":"\u202e\u009b2J"}\n`)
  }
})

afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

const ofSession = { preference: PREFERENCE }

/** Each command, in the ways in which it prints what others wrote; `stdin` where it reads that. */
const LINES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  start: [['start']],
  restart: [['restart']],
  status: [['status'], ['status', '--json']],
  sessions: [
    ['sessions', '--all'],
    ['sessions', '--json'],
  ],
  logs: [
    ['logs', '-n', '1000'],
    ['logs', '--json', '-n', '1000'],
  ],
  code: [
    ['code', planted('argument')],
    ['code', '--pref', planted('nowhere')],
    ['code', '--pref', planted('words'), planted('argument')],
  ],
  use: [
    ['use', PREFERENCE],
    ['use', planted('nowhere')],
    ['use', PREFERENCE, '--shell', planted('shell')],
    ['use', PREFERENCE, '--shell', 'cmd'],
  ],
  compare: [
    ['compare', '-m', PREFERENCE, '-m', planted('words'), planted('prompt')],
    ['compare', '--json', '-m', PREFERENCE, '-m', 'm', planted('prompt')],
    ['compare', 'list', '--all'],
    ['compare', 'list', '--all', '--json'],
    ['compare', 'show', RUN],
    ['compare', 'show', RUN, '--json'],
    ['compare', 'diff', RUN, planted('letter')],
    ['compare', 'apply', RUN, 'A'],
    ['compare', 'clean', RUN],
  ],
  init: [['init', '--yes', '--config', 'new.json']],
  env: [['env'], ['env', '--shell', planted('shell')]],
  activate: [['activate']],
  model: [
    ['model', 'get'],
    ['model', 'get', planted('scenario')],
    ['model', 'set', 'think', planted('z')],
    ['model', 'unset', planted('key'), '--force'],
  ],
  models: [['models'], ['models', '--json']],
  pref: [
    ['pref', 'set', planted('name'), PREFERENCE],
    ['pref', 'set', planted('again'), planted('name')],
    ['pref', 'set', planted('other'), planted('nowhere'), '--force'],
    ['pref', 'set', 'demo', planted('nowhere'), '--force'],
    ['pref', 'list'],
    ['pref', 'list', '--json'],
    ['pref', 'rm', planted('again')],
    ['pref', 'rm', planted('nobody')],
    ['pref', planted('word')],
  ],
  provider: [
    ['provider', 'add', planted('new'), '--url', SOME_URL, '--models', planted('model')],
    ['provider', 'add', planted('new'), '--url', SOME_URL],
    ['provider', 'add', planted('unknown')],
    ['provider', 'add', 'other', '--url', planted('url')],
    ['provider', 'add', 'other', '--url', SOME_URL, '--key-variable', planted('variable')],
    ['provider', 'list'],
    ['provider', 'list', '--json'],
    ['provider', 'rm', planted('p')],
    ['provider', 'rm', planted('new')],
    ['provider', 'rm', planted('nobody')],
  ],
  key: [
    ['key', 'set', 'variable'],
    ['key', 'set', planted('nobody')],
    ['key', 'list'],
    ['key', 'list', '--json'],
    ['key', 'rm', planted('nobody')],
    ['key', 'rm', 'variable'],
    ['key', planted('word')],
  ],
  config: [
    ['config', 'check'],
    ['config', 'check', '--json'],
    ['config', planted('word')],
    ['--config', 'broken.json', 'config', 'check'],
    ['--config', 'no.json', 'config', 'check'],
    ['--config', planted('none'), 'config', 'check'],
  ],
  usage: [
    ...['model', 'session', 'provider', 'scenario'].map((by) => ['usage', '--by', by]),
    ['usage', '--by', 'session', '--json'],
    ['usage', '--by', 'session', '--csv'],
    ['usage', '--by', planted('by')],
  ],
  top: [['top'], ['top', '--json']],
  budget: [['budget'], ['budget', '--json']],
  preset: [
    ['preset', 'list'],
    ['preset', 'list', '--json'],
    ['preset', 'info', planted('preset')],
    ['preset', 'info', planted('preset'), '--json'],
    ['preset', 'import', planted('preset')],
    ['preset', 'import', planted('nowhere')],
  ],
  explain: [
    ['explain', 'last'],
    ['explain', 'last', '--json'],
    ['explain', 'request.json'],
    ['explain', planted('request').replaceAll('/', '-')],
  ],
  doctor: [['doctor'], ['doctor', '--json']],
  statusline: [['statusline'], ['statusline', 'powerline'], ['statusline', '--install']],
  completion: [
    ['completion', 'bash'],
    ['completion', 'zsh'],
    ['completion', 'fish'],
    ['__complete', 'zsh', 'use', ''],
    ['__complete', 'zsh', 'provider', 'rm', ''],
    ['__complete', 'zsh', 'compare', 'diff', ''],
    ['__complete', planted('shell'), planted('word'), planted('word')],
    ['completion', planted('shell')],
  ],
  demo: [['demo', '--prompt', planted('prompt')]],
  stop: [['stop'], ['stop', '--all']],
  [planted('command')]: [
    [planted('command')],
    ['status', planted('word')],
    [`--${planted('option')}`],
  ],
}

/** Commands that show nothing of others in this home. */
const SILENT: ReadonlySet<string> = new Set([
  'init',
  'completion',
  'activate',
  'env',
  'top',
  'demo',
])

/** claude shows the colours of the status line, which are ccr's. */
function withoutColours(line: string): string {
  const [first = '', ...parts] = line.split('\u001b[')
  return first + parts.map((part) => part.replace(/^[\d;]*m/, '')).join('')
}

describe('text of others, printed by', () => {
  it('every command is tried', () => {
    const main = readFileSync(fileURLToPath(new URL('../../src/main.ts', import.meta.url)), 'utf8')
    const names = [...main.matchAll(/^ {2}(\w+): (?:async )?\(\) => /gm)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(20)
    expect(Object.keys(LINES)).toEqual(expect.arrayContaining(names))
  })

  it.each(Object.keys(LINES))(
    '%j has no power over a terminal',
    async (name) => {
      let shown = ''
      for (const args of LINES[name] ?? []) {
        const child = ccr.spawn(args, {
          ...ofSession,
          env: { OLLAMA_HOST: new URL(upstream.chatUrl).host, CLAUDE_PATH: planted('claude') },
        })
        child.stdin?.end(
          JSON.stringify({
            model: { display_name: planted('display') },
            version: planted('version'),
            workspace: { current_dir: ccr.work },
          }),
        )
        const { stdout, stderr } = await collected(child)
        const written = name === 'statusline' ? withoutColours(stdout) : stdout + stderr
        const harm = HARM.exec(written)
        const around = harm ? written.slice(Math.max(0, harm.index - 60), harm.index + 20) : ''
        expect(JSON.stringify(around), `ccr ${args.join(' ')}`).toBe('""')
        if (args.includes('--json') && stdout !== '' && name !== 'logs') JSON.parse(stdout)
        shown += written
      }
      if (!SILENT.has(name)) expect(shown).toContain('planted')
    },
    60_000,
  )
})
