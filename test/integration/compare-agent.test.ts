/** `ccr compare --agent` and what comes after it, on real repositories, with a scripted client. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { dieWithParent } from '../../src/cli/claude/spawn.ts'
import { BIN, collected, throwawayCcr, type Ccr, type Ran } from '../support/ccr.ts'
import { fakeAgent } from '../support/fake-agent.ts'
import { inPty } from '../support/pty.ts'
import { events } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { PTY } from '../support/requires.ts'

let upstream: Upstream
let ccr: Ccr
let client: { CLAUDE_PATH: string; FAKE_SEEN: string }
/** A repository of one test: its path has a space and letters that are not ASCII. */
let repo: string
let n = 0

beforeAll(async () => {
  upstream = await startUpstream()
  ccr = await throwawayCcr({
    Providers: [
      { name: 'demo' },
      {
        name: 'openrouter',
        api_base_url: upstream.chatUrl,
        api_key: '${COMPARE_KEY:-k}',
        models: ['paid'],
      },
    ],
    Prices: { 'demo,b': { input: 1, output: 10 } },
  })
  client = await fakeAgent(join(ccr.home, 'client'))
})
afterAll(async () => {
  await ccr.remove()
  await upstream.close()
})

beforeEach(async () => {
  n += 1
  repo = join(ccr.home, `Repo ${n} ü`)
  await mkdir(repo)
  git('init', '--quiet', '--initial-branch', 'main')
  git('config', 'user.name', 'User')
  git('config', 'user.email', 'user@example.org')
  await write('kept.txt', 'one\ntwo\nthree\n')
  await write('gone.txt', 'to be deleted\n')
  await write('älter.txt', 'a file that gets another name\n'.repeat(5))
  git('add', '--all')
  git('commit', '--quiet', '--message', 'Start')
})
afterEach(async () => {
  await inRepo(['compare', 'clean', '--all'])
  await rm(client.FAKE_SEEN, { force: true })
})

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: repo,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
const write = (name: string, text: string | Buffer) => writeFile(join(repo, name), text)
const read = (name: string) => readFile(join(repo, name), 'utf8')

/** `ccr` as typed by a user in the repository. */
function inRepo(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawned(args, env)
  child.stdin!.end()
  return collected(child)
}
function spawned(args: readonly string[], env: Record<string, string> = {}) {
  return ccr.spawn(args, { env: { ...client, ...env }, cwd: repo })
}

const BOTH = ['-m', 'demo,a', '-m', 'demo,b']
const agents = (task: string, ...options: string[]): Promise<Ran> =>
  inRepo(['compare', '--agent', ...BOTH, ...options, task])

interface RunJson {
  readonly run: string
  readonly state: string
  readonly models: readonly {
    readonly letter: string
    readonly state: string
    readonly worktree: string
    readonly files: readonly { readonly path: string }[]
    readonly [field: string]: unknown
  }[]
}
const runs = async (): Promise<RunJson[]> =>
  JSON.parse((await inRepo(['compare', 'list', '--json'])).stdout) as RunJson[]

/** Everything of the user's that must not change: tree, index, HEAD, branches. */
async function world(): Promise<object> {
  const index = createHash('sha256').update(await readFile(join(repo, '.git', 'index')))
  return {
    index: index.digest('hex'),
    head: await read('.git/HEAD'),
    refs: git('for-each-ref', 'refs/heads/main', 'refs/stash', 'refs/tags'),
    status: git('status', '--porcelain', '--untracked-files=all'),
    files: await readdir(repo),
  }
}

/** Processes that were told to end may take a moment. */
const expectGone = (pids: readonly number[]): Promise<void> =>
  vi.waitFor(() => expect(pids.filter(lives)).toEqual([]), { timeout: 30_000, interval: 50 })

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The clients of the test at hand. */
async function clients(): Promise<number[]> {
  const lines = (await readFile(client.FAKE_SEEN, 'utf8')).trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { pid: number }).pid)
}

describe('ccr compare --agent', () => {
  it('shows what the provider of its conversation itself says that it charged', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 1, cost: 0.75, is_byok: false }
    const ended = { choices: [{ delta: { content: 'Dear.' }, finish_reason: 'stop' }] }
    upstream.script(() => events([ended, { choices: [], usage }]))
    const task = `
      const id = 'of ' + model
      say({ type: 'system', subtype: 'init', session_id: id })
      const { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token, ANTHROPIC_MODEL } = process.env
      const headers = { authorization: 'Bearer ' + token, 'x-claude-code-session-id': id }
      const messages = [{ role: 'user', content: 'hi' }]
      const body = JSON.stringify({ model: ANTHROPIC_MODEL, max_tokens: 9, messages })
      for (const _ of [1, 2]) await (await fetch(url + '/v1/messages', { method: 'POST', headers, body })).text()
    `
    const both = ['-m', 'demo,b', '-m', 'openrouter,paid']
    const ran = await inRepo(['compare', '--agent', ...both, task])
    expect(ran.code).toBe(0)
    const [run] = await runs()
    expect(run!.models[0]!['costUsd']).toBeCloseTo((2000 + 20 * 10) / 1e6, 9)
    expect(run!.models[1]!['costUsd']).toBe(1.5)
    expect(run!.models[1]!['answeredBy']).toEqual(['openrouter,paid'])
    const { stdout: shown } = await inRepo(['compare', 'show'])
    expect(shown).toContain('Answered by: openrouter,paid\n')
  })

  it('has each work in its own worktree, and leaves the tree of the user as it is', async () => {
    // Neither hooks nor commit signing of the user may interfere.
    await mkdir(join(repo, 'hooks'))
    for (const hook of [
      'pre-commit',
      'post-checkout',
      'reference-transaction',
      'post-index-change',
    ]) {
      await write(
        join('hooks', hook),
        `#!/bin/sh\necho "${hook}" >> "${join(ccr.home, 'hooked')}"\n`,
      )
      await chmod(join(repo, 'hooks', hook), 0o755)
    }
    git('config', 'core.hooksPath', join(repo, 'hooks'))
    git('config', 'commit.gpgSign', 'true')
    git('config', 'gpg.program', '/nonexistent')
    git('config', 'diff.noprefix', 'true')
    const before = await world()
    await rm(join(ccr.home, 'hooked'), { force: true })
    const task = `
      fs.writeFileSync('neu ß.txt', model)
      fs.writeFileSync('binary.dat', Buffer.from([0, 1, 2, 255]))
      fs.rmSync('gone.txt')
      fs.renameSync('älter.txt', 'jünger.txt')
      if (model === 'demo,b') return 'B says \\u001b[31mred'`
    const { code, stdout, stderr } = await agents(task)
    expect(code).toBe(0)
    expect(stderr).toMatch(/uncommitted changes \(4 files\).*--with-changes/)
    expect(stdout).toMatch(/^A {2}demo,a +done +- +4 +\+1 -1 +2 +1 +2000 \/ 20 +\$0 /m)
    expect(stdout).toMatch(/^B {2}demo,b +done +- +4 +\+1 -1 +2 +1 +2000 \/ 20 +\$0\.0022 /m)
    expect(existsSync(join(ccr.home, 'hooked'))).toBe(false)
    expect(await world()).toEqual(before)

    const seen = (await readFile(client.FAKE_SEEN, 'utf8')).trim().split('\n')
    for (const line of seen) {
      const { argv } = JSON.parse(line) as { argv: string[] }
      expect(argv.join(' ')).not.toContain('writeFileSync')
      expect(argv.join(' ')).toContain('--permission-mode acceptEdits')
    }
    const { stdout: shown } = await inRepo(['compare', 'show'])
    expect(shown).toContain('B says ␛[31mred')
    expect(shown).toMatch(/jünger\.txt +\+0 -0 \(was älter\.txt\)/)
    expect(shown).toMatch(/binary\.dat +binary/)
    const { stdout: diff } = await inRepo(['compare', 'diff', 'A', 'demo,b'])
    expect(diff).toContain('-demo,a\n')
    expect(diff).toContain('+demo,b\n')

    expect(await inRepo(['compare', 'apply', 'b'])).toMatchObject({ code: 0, stderr: '' })
    expect(await read('neu ß.txt')).toBe('demo,b')
    expect(await readFile(join(repo, 'binary.dat'))).toEqual(Buffer.from([0, 1, 2, 255]))
    expect(existsSync(join(repo, 'gone.txt'))).toBe(false)
    expect(existsSync(join(repo, 'älter.txt'))).toBe(false)
    expect(git('diff', '--cached', '--name-only')).toBe('')
    const again = await inRepo(['compare', 'apply', 'B'])
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('already') as string })

    expect((await inRepo(['compare', 'clean'])).code).toBe(0)
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(git('branch', '--list', 'ccr/*')).toBe('')
    expect(await runs()).toEqual([])
  })

  it('takes what a model committed, checked out elsewhere, or did not change at all', async () => {
    const task = `
      if (model === 'demo,b') return
      fs.writeFileSync('kept.txt', 'changed\\n'); git('commit', '-qam', 'mine')
      git('checkout', '-q', '-b', 'elsewhere-' + process.pid)
      fs.writeFileSync('second.txt', 'more\\n'); git('add', '-A'); git('commit', '-qm', 'more')
      fs.writeFileSync('third.txt', 'left\\n'); git('checkout', '-q', '--detach')`
    expect((await agents(task)).code).toBe(0)
    const [run] = await runs()
    expect(run!.models.map(({ files }) => files.map(({ path }) => path))).toEqual([
      ['kept.txt', 'second.txt', 'third.txt'],
      [],
    ])
    const none = await inRepo(['compare', 'apply', 'B'])
    expect(none).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to apply') as string,
    })
    expect((await inRepo(['compare', 'apply', 'A'])).code).toBe(0)
    expect(await read('third.txt')).toBe('left\n')
    expect(git('log', '--oneline').trim().split('\n')).toHaveLength(1)
  })

  it('apply refuses to write over uncommitted changes, and over what has moved on', async () => {
    await agents(
      `fs.writeFileSync('kept.txt', 'one\\nTWO\\nthree\\n'); fs.writeFileSync('new.txt', 'n')`,
    )
    await write('kept.txt', 'mine\n')
    await write('new.txt', 'my own')
    const before = await world()
    const dirty = await inRepo(['compare', 'apply', 'A'])
    expect(dirty.code).toBe(1)
    expect(dirty.stderr).toMatch(
      /uncommitted changes in 2 files[^]*kept\.txt\n[^]*new\.txt[^]*Commit them/,
    )
    expect(await world()).toEqual(before)

    git('add', '--all')
    git('commit', '--quiet', '--message', 'Moved on')
    const moved = await inRepo(['compare', 'apply', 'A'])
    expect(moved.code).toBe(1)
    expect(moved.stderr).toMatch(
      /conflicts with your working tree[^]*git merge --squash ccr\/compare\//,
    )
    expect(git('status', '--porcelain')).toBe('')
    expect(await read('kept.txt')).toBe('mine\n')
  })

  it('apply merges with commits and changes of the user that are elsewhere', async () => {
    await agents(`fs.writeFileSync('kept.txt', 'one\\ntwo\\nTHREE\\n')`)
    await write('kept.txt', 'zero\none\ntwo\nthree\n')
    git('commit', '--quiet', '--all', '--message', 'Above')
    await write('other.txt', 'untracked')
    expect(await inRepo(['compare', 'apply', 'A'])).toMatchObject({ code: 0, stderr: '' })
    expect(await read('kept.txt')).toBe('zero\none\ntwo\nTHREE\n')
    expect(await read('other.txt')).toBe('untracked')
  })

  it('--with-changes starts from what is not committed, untracked files too', async () => {
    await write('kept.txt', 'uncommitted\n')
    await write('untracked.txt', 'seen\n')
    const before = await world()
    const task = `fs.appendFileSync('kept.txt', fs.readFileSync('untracked.txt'))`
    const { code, stderr } = await agents(task, '--with-changes')
    expect(code).toBe(0)
    expect(stderr).not.toContain('uncommitted')
    expect(await world()).toEqual(before)
    expect((await inRepo(['compare', 'apply', 'A'])).code).toBe(0)
    expect(await read('kept.txt')).toBe('uncommitted\nseen\n')
  })

  it('--verify and --setup run in each worktree, one verification at a time', async () => {
    const busy = join(ccr.home, `busy-${n}`)
    const verify = `mkdir '${busy}' && echo checking && cat set-up && test -f good; code=$?; rmdir '${busy}'; exit $code`
    const { code, stdout } = await agents(
      `if (model === 'demo,a') fs.writeFileSync('good', '')`,
      ...['--setup', 'echo ready > set-up', '--verify', verify],
    )
    expect(code).toBe(1)
    expect(stdout).toMatch(/^A .* done +passed/m)
    expect(stdout).toMatch(/^B .* done +failed \(1\)/m)
    const { stdout: shown } = await inRepo(['compare', 'show'])
    expect(shown).toContain('  checking\n  ready\n')
  })

  it('never proposes work that failed --verify; applied by name it says so', async () => {
    const task = `fs.writeFileSync('kept.txt', model === 'demo,b' ? 'good\\n' : 'bad\\n')`
    const { stdout } = await agents(task, '--verify', 'grep -q good kept.txt')
    expect(stdout).toContain('ccr compare apply B')
    expect(stdout).not.toContain('ccr compare apply A')
    const [run] = await runs()
    expect(run).toMatchObject({ suggested: 'B' })
    const applied = await inRepo(['compare', 'apply', 'A'])
    expect(applied.code).toBe(0)
    expect(applied.stderr).toBe('ccr: A demo,a: it did not pass --verify: failed (1).\n')
    expect(await read('kept.txt')).toBe('bad\n')

    const none = await agents(task, '--verify', 'false', '--json')
    expect(none.code).toBe(1)
    expect(JSON.parse(none.stdout)).toMatchObject({ suggested: null })
    const { stdout: output } = await agents(task, '--verify', 'false')
    expect(output).not.toContain('compare apply')
    expect(output).toContain('Nothing to apply: none passed --verify.')
  })

  it('a command for checking that hangs is ended with all that it started', async () => {
    const hang = `echo $$ >> '${join(ccr.home, `pids-${n}`)}'; sleep 1000 & echo $! >> '${join(ccr.home, `pids-${n}`)}'; wait`
    const { code, stdout } = await agents('return', '--verify', hang, '--verify-timeout', '1')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^A .* done +timeout/m)
    const pids = (await readFile(join(ccr.home, `pids-${n}`), 'utf8'))
      .trim()
      .split('\n')
      .map(Number)
    expect(pids).toHaveLength(4)
    await expectGone(pids)
  })

  it('an agent that removes its .git harms no repository around the home of ccr', async () => {
    const around = (...args: string[]): string =>
      execFileSync('git', ['-C', ccr.home, ...args], { encoding: 'utf8' })
    await writeFile(join(ccr.home, '.gitignore'), '*\n')
    around('init', '--quiet')
    around('add', '--force', '.gitignore')
    around(
      '-c',
      'user.name=U',
      '-c',
      'user.email=u@x',
      'commit',
      '--quiet',
      '--message',
      'dotfiles',
    )
    try {
      const { code, stdout, stderr } = await agents(`if (model === 'demo,a') fs.rmSync('.git')`)
      expect(code, stderr).toBe(0)
      expect(stdout).toMatch(/^A {2}demo,a +done/m)
      expect(stdout).toMatch(/^B {2}demo,b +done/m)
      expect(around('log', '--all', '--oneline').trim().split('\n')).toHaveLength(1)
      expect(around('status', '--porcelain')).toBe('')
      expect((await inRepo(['compare', 'clean'])).code).toBe(0)
      expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    } finally {
      await rm(join(ccr.home, '.git'), { recursive: true })
    }
  })

  it('takes and applies files of any name, in a worktree of the user whose HEAD is detached', async () => {
    const first = repo
    git('worktree', 'add', '--quiet', '--detach', join(repo, 'inner tree'))
    repo = join(first, 'inner tree')
    const names = [
      '-rf',
      '--all',
      'two\nlines',
      'quo\'te"',
      ' blank ',
      ':(top)x',
      '*',
      'a\tb',
      'a\\b',
    ]
    const task = `for (const name of ${JSON.stringify(names)}) fs.writeFileSync(name, name)`
    const many = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'].flatMap((name) => [
      '-m',
      `demo,${name}`,
    ])
    const ran = await inRepo(['compare', '--agent', ...many, task])
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('\nJ  demo,b')
    const applied = await inRepo(['compare', 'apply', 'J'])
    expect(applied.code, applied.stderr).toBe(0)
    for (const name of names) expect(await read(name)).toBe(name)
    expect((await inRepo(['compare', 'show'])).stdout).not.toContain('two\nlines')
    expect((await inRepo(['compare', 'clean'])).code).toBe(0)
    repo = first
    expect(git('branch', '--list', 'ccr/*')).toBe('')
  })

  it('a submodule and a repository that an agent makes do no harm', async () => {
    const other = join(ccr.home, `other-${n}`)
    execFileSync('git', ['clone', '--quiet', repo, other])
    git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'lib')
    git('commit', '--quiet', '--message', 'With a submodule')
    const task = `fs.mkdirSync('own'); git('init', '-q', 'own'); fs.writeFileSync('own/x', ''); fs.writeFileSync('y', '')`
    const { stderr } = await agents(task)
    expect(stderr).toMatch(/1 submodule will be empty in the worktrees/)
    const [run] = await runs()
    expect(run!.models[0]!.files.map(({ path }) => path)).toContain('y')
    expect((await inRepo(['compare', 'apply', 'A'])).code).toBe(0)
    expect(existsSync(join(repo, 'y'))).toBe(true)
    expect((await inRepo(['compare', 'clean'])).code).toBe(0)
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  })

  it('a branch in the way stops the run before it begins, and nothing is left of it', async () => {
    git('branch', 'ccr')
    const { code, stderr } = await agents('return')
    expect(code).toBe(1)
    expect(stderr).toMatch(/git worktree: .*ccr/)
    expect(await runs()).toEqual([])
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(await inRepo(['compare', '--agent', ...BOTH, '--system', 'x', 'y'])).toMatchObject({
      code: 2,
    })
    const none = await inRepo(['compare', '--agent', ...BOTH, 'x'], { CLAUDE_PATH: '/none' })
    expect(none).toMatchObject({ code: 127 })
  })

  it('an agent that fails is named, and what it did is kept', async () => {
    const task = `fs.writeFileSync('half.txt', ''); if (model === 'demo,b') throw new Error('no more tokens')`
    const { code, stdout, stderr } = await agents(task)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^B {2}demo,b +failed +- +1 /m)
    expect(stderr).toContain('B demo,b: claude ended with exit code 1: Error: no more tokens')
  })

  it('--timeout ends an agent that hangs', async () => {
    const { code, stdout, stderr } = await agents('await hang()', '--timeout', '1')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^A {2}demo,a +timeout/m)
    expect(stderr).toContain('B demo,b: not finished after 1 s')
  })

  it('gives what stands behind -- to claude', async () => {
    await inRepo([
      'compare',
      '--agent',
      ...BOTH,
      'return',
      '--',
      '--permission-mode',
      'plan',
      '--x',
    ])
    const [line = ''] = (await readFile(client.FAKE_SEEN, 'utf8')).split('\n')
    const { argv } = JSON.parse(line) as { argv: string[] }
    expect(argv.slice(-3)).toEqual(['--permission-mode', 'plan', '--x'])
    expect(argv).not.toContain('acceptEdits')
  })
})

describe('ccr compare --agent -m MODEL*N', () => {
  const SAMPLES = ['-m', 'demo,b*3', '-m', 'demo,a']
  /** Writes another number of lines in each worktree. */
  const task = `
    const n = Number(/b-(\\d)$/.exec(process.cwd())?.[1] ?? 1)
    fs.writeFileSync('lines.txt', 'x\\n'.repeat(n))
    if (n === 2) throw new Error('no more tokens')`

  it('has each sample in its worktree, shows the spread, and names each everywhere', async () => {
    const args = ['compare', '--agent', ...SAMPLES, '--verify', 'grep -q x lines.txt', task]
    const page = join(ccr.home, 'samples.html')
    const { code, stdout, stderr } = await inRepo([...args, '--html', page])
    expect(code, stderr).toBe(1)
    expect(stdout).toMatch(/^A {2}demo,b #1 +done +passed .* \+1 -0 /m)
    expect(stdout).toMatch(/^B {2}demo,b #2 +failed +- .* \+2 -0 /m)
    expect(stdout).toMatch(/^C {2}demo,b #3 +done +passed .* \+3 -0 /m)
    expect(stdout).toMatch(/^demo,b +2\/3 +2\/3 +1–2–3 +2 +20 +\$0\.0022 /m)
    expect(stdout).toMatch(/^demo,a +1\/1 +1\/1 +1 +2 +20 +\$0 /m)
    expect(stderr).toContain('B demo,b #2: claude ended with exit code 1: Error: no more tokens')
    const [run] = await runs()
    const names = run!.models.map(({ name, branch }) => [name, String(branch).split('/').at(-1)])
    expect(names).toEqual([
      ['demo,b #1', 'b-1'],
      ['demo,b #2', 'b-2'],
      ['demo,b #3', 'b-3'],
      ['demo,a', 'a'],
    ])
    expect(new Set(run!.models.map(({ sessionId }) => sessionId)).size).toBe(2)
    expect(run).toMatchObject({
      spread: [
        { model: 'demo,b', letters: ['A', 'B', 'C'], done: 2, lines: { min: 1, max: 3 } },
        { model: 'demo,a', done: 1 },
      ],
    })
    expect((await inRepo(['compare', 'show'])).stdout).toMatch(/Spread[^]*== C demo,b #3 ==/)
    expect((await inRepo(['compare', 'diff', 'A', 'b-3'])).stdout).toContain('+x\n+x\n')
    const vague = await inRepo(['compare', 'apply', 'demo,b'])
    expect(vague).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('several samples of demo,b: A, B, C') as string,
    })
    expect((await inRepo(['compare', 'apply', 'demo,b #3'])).code).toBe(0)
    expect(await read('lines.txt')).toBe('x\nx\nx\n')
    expect(await readFile(page, 'utf8')).toContain('demo,b (3)</h3>')
    expect((await inRepo(['compare', 'clean'])).code).toBe(0)
    expect(git('branch', '--list', 'ccr/*')).toBe('')
  })

  it('works ten at a time; Ctrl-C ends those, and the others never begin', async () => {
    const hanging = `fs.writeFileSync('half.txt', ''); await hang()`
    const child = spawned(['compare', '--agent', '-m', 'demo,a*12', hanging])
    child.stdin!.end()
    const ended = collected(child)
    await vi.waitFor(async () => expect(await clients()).toHaveLength(10), {
      timeout: 60_000,
      interval: 100,
    })
    const [before] = await runs()
    expect(before!.models.map(({ state }) => state).slice(9)).toEqual([
      'working',
      'waiting',
      'waiting',
    ])
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, signal: null })
    await expectGone(await clients())
    expect(await clients()).toHaveLength(10)
    const [run] = await runs()
    expect(run!.models.every(({ state }) => state === 'interrupted')).toBe(true)
  }, 120_000)
})

describe('text of others', () => {
  const seen = async () => {
    const lines = (await readFile(client.FAKE_SEEN, 'utf8')).trim().split('\n')
    return lines.map((line) => JSON.parse(line) as { argv: string[]; env: Record<string, string> })
  }

  it('has the client obey nothing of the repository, and see no key of a provider', async () => {
    const keys = { COMPARE_KEY: 'sk-secret', OTHER: 'stays' }
    const check = `node -e "process.exit(process.env.COMPARE_KEY ? 1 : 0)"`
    const ran = await inRepo(['compare', '--agent', ...BOTH, '--verify', check, 'return 1'], keys)
    expect(ran.code, ran.stdout + ran.stderr).toBe(0)
    for (const { argv, env } of await seen()) {
      expect(argv.join(' ')).toContain('--setting-sources user --strict-mcp-config --add-dir .')
      expect(env).toMatchObject({
        OTHER: 'stays',
        CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1',
      })
      expect(env).not.toHaveProperty('COMPARE_KEY')
    }
  })

  it('needs --trust where the client is too old for that', async () => {
    const old = { FAKE_HELP: 'Options: --strict-mcp-config' }
    const refused = await inRepo(['compare', '--agent', ...BOTH, 'return 1'], old)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('does not have --setting-sources')
    expect(refused.stderr).toContain('--trust')
    expect(existsSync(client.FAKE_SEEN)).toBe(false)
    expect((await inRepo(['compare', '--agent', ...BOTH, '--trust', 'return 1'], old)).code).toBe(0)
    for (const { argv } of await seen()) expect(argv.join(' ')).not.toContain('--setting-sources')
  })

  it('runs no program that an agent wrote into the settings of git', async () => {
    const canary = join(ccr.home, `canary-${String(n)}`)
    const run = (key: string) => `execFileSync('git', ['--git-dir', evil, 'config', '${key}', hit])`
    const task = `
      const evil = process.cwd() + '/evil.git'
      const hit = 'touch ${canary}; cat'
      git('init', '--quiet', '--bare', evil)
      execFileSync('git', ['--git-dir', evil, 'config', 'core.bare', 'false'])
      ${['filter.x.clean', 'core.fsmonitor', 'diff.external', 'diff.x.textconv'].map(run).join('\n')}
      fs.writeFileSync('.gitattributes', '* filter=x diff=x')
      fs.rmSync('.git')
      fs.writeFileSync('.git', 'gitdir: ' + evil)
      fs.writeFileSync('work.txt', 'done')
    `
    const ran = await agents(task)
    expect(ran.code, ran.stdout + ran.stderr).toBe(0)
    expect((await inRepo(['compare', 'show'])).code).toBe(0)
    expect((await inRepo(['compare', 'diff', 'A'])).stdout).toContain('work.txt')
    expect(existsSync(canary)).toBe(false)
  })

  it('names what runs by itself before it is applied', async () => {
    const task = `
      fs.mkdirSync('.vscode')
      fs.writeFileSync('.vscode/tasks.json', '{}')
      fs.writeFileSync('.envrc', 'touch x')
      fs.writeFileSync('package.json', '{}')
      fs.symlinkSync('/etc/passwd', 'link')
      fs.writeFileSync('run.sh', '', { mode: 0o755 })
      fs.writeFileSync('plain.txt', 'x')
    `
    expect((await agents(task)).code).toBe(0)
    const { code, stderr } = await inRepo(['compare', 'apply', 'A'])
    expect(code).toBe(0)
    expect(stderr).toBe(
      'ccr: some files may run without being started by you:\n' +
        '  .envrc (runs by itself)\n' +
        '  .vscode/tasks.json (runs by itself)\n' +
        '  link (link)\n' +
        '  package.json (runs by itself)\n' +
        '  run.sh (executable)\n',
    )
    expect(await read('plain.txt')).toBe('x')
  })
})

describe('a run that was ended', () => {
  const HANGING = `fs.writeFileSync('half.txt', model); await hang()`

  /** The clients of the run, once all have begun. */
  async function begun(): Promise<void> {
    await vi.waitFor(
      async () => {
        const [run] = await runs()
        expect(run!.models.every(({ worktree }) => existsSync(join(worktree, 'half.txt')))).toBe(
          true,
        )
      },
      { timeout: 30_000, interval: 50 },
    )
  }

  it('by Ctrl-C is found, shown and cleaned', async () => {
    const child = spawned(['compare', '--agent', ...BOTH, HANGING])
    child.stdin!.end()
    const ended = collected(child)
    await begun()
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, signal: null })
    await expectGone(await clients())
    const [run] = await runs()
    expect(run).toMatchObject({ state: 'interrupted' })
    expect(run!.models.map(({ state }) => state)).toEqual(['interrupted', 'interrupted'])
    expect((await inRepo(['compare', 'diff', 'A'])).stdout).toContain('+demo,a')
    expect((await inRepo(['compare', 'clean', run!.run])).code).toBe(0)
    expect(git('branch', '--list', 'ccr/*')).toBe('')
  })

  it('by kill -9 is found, its work too, and cleaned; before that it is not', async () => {
    const child = spawned(['compare', '--agent', ...BOTH, HANGING])
    child.stdin!.end()
    const ended = collected(child)
    await begun()
    const early = await inRepo(['compare', 'clean'])
    expect(early).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('still running') as string,
    })
    child.kill('SIGKILL')
    await ended
    // On other systems they get no signal, and end when they next write.
    if (dieWithParent().length > 0) await expectGone(await clients())
    expect((await inRepo(['compare', 'list'])).stdout).toContain('interrupted')
    expect((await inRepo(['compare', 'diff', 'B'])).stdout).toContain('+demo,b')
    const [run] = await runs()
    const [a, b] = run!.models.map(({ worktree }) => worktree)
    git('worktree', 'lock', a!)
    await rm(a!, { recursive: true })
    git('worktree', 'lock', b!)
    expect((await inRepo(['compare', 'clean', '--all'])).code).toBe(0)
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(git('branch', '--list', 'ccr/*')).toBe('')
  })

  it('and whose record is damaged can still be removed', async () => {
    await agents('return')
    const [run] = await runs()
    await writeFile(join(ccr.ccrHome, 'compare', run!.run, 'run.json'), '{"version":')
    expect(await runs()).toEqual([])
    expect((await inRepo(['compare', 'show', run!.run])).stderr).toContain('damaged')
    expect((await inRepo(['compare', 'clean', run!.run])).code).toBe(0)
    expect(await lstat(join(ccr.ccrHome, 'compare', run!.run)).catch(() => null)).toBeNull()
    git('worktree', 'prune')
  })
})

describe('where there is nothing to start from', () => {
  it('says so: no repository, no commit, no working tree', async () => {
    const home = repo
    repo = join(ccr.home, `empty ${n}`)
    await mkdir(repo)
    expect(await agents('x')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not in a git repository[^]*git init/) as string,
    })
    git('init', '--quiet')
    expect(await agents('x')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no commits yet[^]*git commit/) as string,
    })
    repo = join(home, '.git')
    expect(await agents('x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('without a working tree') as string,
    })
    repo = home
    expect((await inRepo(['compare', 'show'])).stderr).toMatch(/there are no runs/)
    expect((await inRepo(['compare', 'show', 'abc'])).stderr).toMatch(/there is no run 'abc'/)
  })
})

describe('in a terminal', PTY, () => {
  it('shows how far each is, and the table at the end', async () => {
    const env = { ...ccr.environment(), ...client, TERM: 'xterm-256color', NO_COLOR: '1' }
    const go = join(ccr.home, `go-${n}`)
    const wait = `while (!fs.existsSync(${JSON.stringify(go)})) await new Promise((next) => setTimeout(next, 20))`
    const task = `if (model === 'demo,a') { ${wait} }`
    const command = [process.execPath, BIN, 'compare', '--agent', ...BOTH, task]
    const { until, ended } = inPty(command, { cwd: repo, env, columns: 140 })
    const live = await until(/B {2}demo,b +done/)
    expect(live).toContain('Write a file')
    await writeFile(go, '')
    await until(/\[\?1049l[^]*A {2}demo,a +done[^]*compare clean/)
    expect(await ended).toBe(0)
  })
})
