/**
 * Completion as people have it: the script of `ccr completion` in a real bash, zsh and fish, with the
 * tab key in a terminal where the shell needs one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN } from '../support/ccr.ts'
import { emptyHome, type Home } from '../support/command.ts'
import { inPty, type PtyProgram } from '../support/pty.ts'
import { BASH, BASH_FILE, FISH, PTY, ZSH } from '../support/requires.ts'

/** Each press of the tab key starts ccr. */
const MANY = { timeout: 180_000 }
const IN_TERMINAL = { ...PTY, ...MANY }

/** What a shell would do something with, were it no data. */
const HARD = [
  '$(touch PWNED)',
  '`touch PWNED`',
  "it's",
  'say "so"',
  'a b',
  '*',
  '~',
  '=x',
  'x;touch PWNED',
  '\\',
  '\\\\n',
  '-n',
  'q3:8b',
  'k=v',
  '!!',
  '#1',
  '%s%d',
  '[a]{b,c}',
]

const CONFIG = {
  Providers: [
    {
      name: 'or',
      api_base_url: 'http://127.0.0.1:1/v1/chat/completions',
      models: ['qwen/q3:8b', 'a b', 'k=v', '$$(id)', "it's"],
    },
  ],
  Preferences: { fast: 'or,a b', 'slow-one': 'or,k=v' },
  Router: { default: 'or,a b' },
}

let home: Home
let env: NodeJS.ProcessEnv
/** Answers with what stands in the file `values`, and writes down what it was asked. */
let faked: NodeJS.ProcessEnv

beforeAll(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, JSON.stringify(CONFIG))
  const other = { ...CONFIG, Preferences: { other: 'or,a b' } }
  writeFileSync(join(home.path, 'my config.json'), JSON.stringify(other))
  const script = (folder: string, text: string): NodeJS.ProcessEnv => {
    mkdirSync(join(home.path, folder))
    writeFileSync(join(home.path, folder, 'ccr'), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    const path = [join(home.path, folder), process.env['PATH']].join(delimiter)
    return { ...home.env, PATH: path, TERM: 'xterm', LANG: 'C.UTF-8' }
  }
  env = script('real', `exec '${process.execPath}' '${BIN}' "$@"`)
  faked = script(
    'fake',
    `[ "$1" = completion ] && exec '${process.execPath}' '${BIN}' "$@"\n` +
      'echo an error >&2; printf "%s|" "$@" > "$HOME/asked"; cat "$HOME/values"',
  )
  const run = join(home.ccrHome, 'compare', 'abc123')
  mkdirSync(run, { recursive: true })
  const models = ['fast', 'slow-one'].map((name, n) => ({ name, label: name, letter: 'AB'[n] }))
  const record = { version: 1, id: 'abc123', task: 'a task', models, state: 'done' }
  writeFileSync(join(run, 'run.json'), JSON.stringify({ ...record, startedAt: '2026-11-01' }))
})
afterAll(() => home.remove())

/** A shell that waits for keys; `complete` gives what the tab key makes of a line. */
interface Shell {
  complete(line: string): Promise<string>
  end(): void
}

const START: Readonly<Record<string, readonly string[]>> = {
  bash: [
    'source <(ccr completion bash)',
    'bind "set bell-style none"',
    `show() { printf '<<%s>>\\n' "$READLINE_LINE"; READLINE_LINE=; }`,
    `bind -x '"\\C-t": show'`,
  ],
  zsh: [
    'autoload -U compinit',
    'compinit -D -u',
    'source <(ccr completion zsh)',
    `show() { zle -I; print -r -- "<<$BUFFER>>"; BUFFER=; }`,
    'zle -N show',
    `bindkey '^T' show`,
  ],
}

async function shell(
  name: 'bash' | 'zsh',
  environment: NodeJS.ProcessEnv,
  start = START[name] ?? [],
): Promise<Shell> {
  const program = name === 'bash' ? [BASH_FILE ?? '', '--norc', '-i'] : ['zsh', '-f', '-i']
  const options = { cwd: home.path, env: environment, columns: 200 }
  const terminal: PtyProgram = inPty(program, options)
  terminal.type(` PS1='ready> '; ${start.join('; ')}; echo star""ted\n`)
  await terminal.until(/started\r?\n[^]*ready> /)
  return {
    complete: async (line) => {
      // Ctrl-T shows the line and empties it.
      terminal.type(`${line}\t\u0014`)
      const shown = await terminal.until(/<<[^]*?>>[^]*?ready> /)
      return /<<([^]*?)>>/.exec(shown)?.[1]?.trimEnd() ?? ''
    },
    end: () => terminal.kill(),
  }
}

/** The lines that `complete -C` of fish prints for each of these. */
function inFish(lines: readonly string[], environment: NodeJS.ProcessEnv): string[][] {
  const script =
    'ccr completion fish | source; for line in $argv; complete -C "$line"; echo end; end'
  const ran = spawnSync('fish', ['-c', script, ...lines], {
    cwd: home.path,
    env: environment,
    encoding: 'utf8',
  })
  expect(ran.stderr).toBe('')
  return ran.stdout
    .split('end\n')
    .slice(0, -1)
    .map((part) => part.split('\n').slice(0, -1))
}

/** What is typed, and what stands there after the tab key. */
const LINES: readonly (readonly [typed: string, completed: string])[] = [
  ['ccr sto', 'ccr stop'],
  ['ccr help statusl', 'ccr help statusline'],
  ['ccr model set thi', 'ccr model set think'],
  ['ccr model set think fas', 'ccr model set think fast'],
  ['ccr model set --force think fas', 'ccr model set --force think fast'],
  ['ccr model set think --for', 'ccr model set think --force'],
  ['ccr model unset thi', 'ccr model unset think'],
  ['ccr use fa', 'ccr use fast'],
  ['ccr use or/qw', 'ccr use or/qwen/q3:8b'],
  ['ccr use or,qwen/q3:', 'ccr use or,qwen/q3:8b'],
  ['ccr use or,k=', 'ccr use or,k=v'],
  ['ccr use or,a', 'ccr use or,a\\ b'],
  ['ccr use or,a\\ ', 'ccr use or,a\\ b'],
  ['ccr use "or,a', 'ccr use "or,a b"'],
  ['ccr use or,it', "ccr use or,it\\'s"],
  ['ccr use or,\\$', 'ccr use or,\\$\\$\\(id\\)'],
  ['ccr code --pr', 'ccr code --pref'],
  ['ccr code --pref fas', 'ccr code --pref fast'],
  ['ccr code --pref=fas', 'ccr code --pref=fast'],
  ['ccr code x --pr', 'ccr code x --pr'],
  ['ccr code my', 'ccr code my\\ config.json'],
  ['ccr compare -m fas', 'ccr compare -m fast'],
  ['ccr compare --judge=fas', 'ccr compare --judge=fast'],
  ['ccr compare show ', 'ccr compare show abc123'],
  ['ccr compare diff A ', 'ccr compare diff A B'],
  ['ccr compare apply --run abc123 slo', 'ccr compare apply --run abc123 slow-one'],
  ['ccr compare --file my', 'ccr compare --file my\\ config.json'],
  ['ccr pref rm slo', 'ccr pref rm slow-one'],
  ['ccr key set o', 'ccr key set or'],
  ['ccr provider add oll', 'ccr provider add ollama'],
  ['ccr provider rm o', 'ccr provider rm or'],
  ['ccr --config my', 'ccr --config my\\ config.json'],
  ['ccr --config my\\ config.json use oth', 'ccr --config my\\ config.json use other'],
  ['ccr --config=my\\ config.json use oth', 'ccr --config=my\\ config.json use other'],
  ['ccr use --shell po', 'ccr use --shell powershell'],
  ['ccr usage --by=pro', 'ccr usage --by=provider'],
  ['ccr start my', 'ccr start my'],
]

describe.each([
  ['bash', BASH],
  ['zsh', ZSH],
] as const)('the tab key in %s', (name, here) => {
  describe('', here, () => {
    it('completes what ccr knows, where it may stand', IN_TERMINAL, async () => {
      const there = await shell(name, env)
      try {
        for (const [typed, completed] of LINES) {
          expect(await there.complete(typed)).toBe(completed)
        }
      } finally {
        there.end()
      }
    })

    it('takes what ccr says as data, and quotes it', IN_TERMINAL, async () => {
      const there = await shell(name, faked)
      try {
        for (const value of HARD) {
          writeFileSync(join(home.path, 'values'), `p,${value}\tsays: ${value}\n`)
          const line = await there.complete('ccr use p')
          const words = spawnSync(name, ['-c', line.replace(/^ccr/, 'printf "%s|"')], {
            cwd: home.path,
            env: faked,
            encoding: 'utf8',
          })
          expect(words.stdout).toBe(`use|p,${value}|`)
          expect(readFileSync(join(home.path, 'asked'), 'utf8')).toBe(`__complete|${name}|use|p|`)
        }
        // All at once, in a list.
        writeFileSync(
          join(home.path, 'values'),
          HARD.map((value) => `p,${value}\t${value}\n`).join(''),
        )
        expect(await there.complete('ccr use p')).toBe('ccr use p,')
        expect(existsSync(join(home.path, 'PWNED'))).toBe(false)
      } finally {
        there.end()
      }
    })

    it('leaves the line as it is where ccr fails or is gone', IN_TERMINAL, async () => {
      const there = await shell(name, faked)
      try {
        rmSync(join(home.path, 'values'), { force: true })
        expect(await there.complete('ccr use f')).toBe('ccr use f')
        expect(await there.complete('PATH=/nowhere; ccr use f')).toBe('PATH=/nowhere; ccr use f')
      } finally {
        there.end()
      }
    })
  })
})

describe('the script for zsh', ZSH, () => {
  const rest = (START['zsh'] ?? []).slice(-3)
  it.each([
    [
      'as a file in a folder of $fpath',
      [
        'mkdir -p functions',
        'ccr completion zsh > functions/_ccr',
        'fpath=($PWD/functions $fpath)',
        'autoload -U compinit',
        'compinit -D -u',
      ],
    ],
    ['without a call of compinit', ['source <(ccr completion zsh)']],
  ])('works %s', IN_TERMINAL, async (_, lines) => {
    const there = await shell('zsh', env, [...lines, ...rest])
    try {
      for (let n = 0; n < 2; n += 1) {
        expect(await there.complete('ccr pref rm slo')).toBe('ccr pref rm slow-one')
      }
    } finally {
      there.end()
    }
  })
})

describe('completion in fish', { ...FISH, ...MANY }, () => {
  it('completes what ccr knows, where it may stand', () => {
    const found = inFish(
      LINES.map(([typed]) => typed),
      env,
    )
    const last = (line: string): string =>
      (/(?:\\.|[^ ])*$/.exec(line)?.[0] ?? '').replace(/\\(.)/g, '$1')
    const expected = LINES.map(([typed, completed]) => {
      if (completed === typed) return []
      return [completed.includes('"') ? 'or,a b' : last(completed)]
    })
    expect(found.map((list) => list.map((line) => line.split('\t')[0]))).toEqual(expected)
  })

  it('says what the values are', () => {
    expect(inFish(['ccr use fa', 'ccr compare diff ', 'ccr sto'], env)).toEqual([
      ['fast\tor,a b'],
      ['A\tfast', 'B\tslow-one'],
      ['stop\tstop the session of CCR_MODEL_PREFERENCE'],
    ])
  })

  it('takes what ccr says as data', () => {
    const values = HARD.map((value) => `p,${value}`)
    writeFileSync(join(home.path, 'values'), values.map((value) => `${value}\tx\n`).join(''))
    const [found] = inFish(['ccr use p,'], faked)
    expect(found?.map((line) => line.split('\t')[0])).toEqual(values)
    expect(existsSync(join(home.path, 'PWNED'))).toBe(false)
    expect(readFileSync(join(home.path, 'asked'), 'utf8')).toBe('__complete|fish|use|p,|')
  })

  it('knows the variables before a command', () => {
    expect(inFish(['X=1 Y=2 ccr pref rm slo'], env)).toEqual([['slow-one\tor,k=v']])
  })
})
