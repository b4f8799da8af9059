/** `ccr compare` with the built ccr: in a pipe, in terminals, with models that fail in every way. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LLMock } from '@copilotkit/aimock'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BIN, collected, throwawayCcr, type Ccr } from '../support/ccr.ts'
import { inPty, type PtyProgram } from '../support/pty.ts'
import { events, never, refusal, text, type Reply } from '../support/replies.ts'
import { startUpstream, type Seen, type Upstream } from '../support/upstream.ts'
import { PTY } from '../support/requires.ts'

const mock = new LLMock({ port: 0, chunkSize: 8 })
let upstream: Upstream
let ccr: Ccr

beforeAll(async () => {
  upstream = await startUpstream()
  mock.onMessage('hello both', { content: 'Hello from the other mock.' })
  await mock.start()
  ccr = await throwawayCcr({
    Providers: [
      {
        name: 'fake',
        api_base_url: upstream.chatUrl,
        api_key: 'fake-key',
        models: ['one', 'two', 'three', 'four'],
      },
      {
        name: 'openrouter',
        api_base_url: upstream.chatUrl,
        api_key: 'fake-key',
        models: ['paid'],
      },
      {
        name: 'mock',
        api_base_url: `${mock.url}/v1/chat/completions`,
        api_key: 'mock',
        models: ['gpt-mock'],
      },
    ],
    Preferences: { quick: 'fake,two' },
    Prices: { 'fake,one': { input: 1, output: 2 } },
  })
})
afterAll(async () => {
  await ccr.remove()
  await mock.stop()
  await upstream.close()
})

type Replies = Readonly<Record<string, Reply | ((seen: Seen) => Reply)>>

function answering(replies: Replies): void {
  upstream.script((seen) => {
    const reply = replies[seen.body.model]
    if (reply === undefined) return refusal(400, `nothing is planned for ${seen.body.model}`)
    return typeof reply === 'function' ? reply(seen) : reply
  })
}

const models = (...names: string[]): string[] => names.flatMap((name) => ['-m', `fake,${name}`])

interface Compared {
  readonly models: readonly {
    readonly letter: string
    readonly outcome: string
    readonly [field: string]: unknown
  }[]
  readonly verdict: { readonly ranking: readonly unknown[]; readonly error: string | null } | null
}

describe('ccr compare in a pipe', () => {
  it('prints each answer whole under its heading, in the order given, then the table', async () => {
    const first = upstream.requests.length
    // The first model answers only when the second is done.
    const second = Promise.all([upstream.request(first), upstream.request(first + 1)]).then(
      (seen) => seen.find(({ body }) => body.model === 'two')?.ended,
    )
    const usage = { input: 1000, output: 500 }
    answering({
      one: text('The first\nanswer.', { usage, before: second }),
      two: text('The second answer.', { usage }),
    })
    const { code, stdout, stderr } = await ccr.run([
      'compare',
      ...models('one', 'two'),
      'hi',
      'all',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^== A fake,one ==\nThe first\nanswer\.\n\n== B fake,two ==\nThe second answer\.\n\n +MODEL/,
    )
    expect(stdout).toMatch(/^A {2}fake,one .* 1000 +500 +\$0\.002 +end_turn$/m)
    expect(stdout).toMatch(/^B {2}fake,two .* 1000 +500 +unknown +end_turn$/m)
    const prompts = upstream.requests.slice(first).map(({ body }) => body.messages.at(-1)?.content)
    expect(prompts).toEqual(['hi all', 'hi all'])
  })

  it('names each that failed or refused, and the exit code says so', async () => {
    answering({
      one: text('Fine.'),
      two: refusal(400, 'the model is being moved'),
      three: text('I cannot', { finish: 'content_filter' }),
    })
    const args = ['compare', ...models('one', 'two', 'three'), '--json', 'hi']
    const { code, stdout, stderr } = await ccr.run(args)
    expect(code).toBe(1)
    expect((JSON.parse(stdout) as Compared).models).toMatchObject([
      { letter: 'A', model: 'fake,one', answeredBy: 'fake,one', outcome: 'answered' },
      { letter: 'B', outcome: 'failed', error: expect.stringContaining('being moved') as string },
      { letter: 'C', outcome: 'refused', stopReason: 'refusal', answer: 'I cannot' },
    ])
    expect(stderr).toContain('ccr: B fake,two failed: 400: ')
    expect(stderr).toContain('ccr: C fake,three refused: ')
  })

  it('shows what a provider itself says that it charged', async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 500 }
    const ended = { choices: [{ delta: { content: 'Dear.' }, finish_reason: 'stop' }] }
    answering({
      one: text('Cheap.', { usage: { input: 1000, output: 500 } }),
      paid: events([ended, { choices: [], usage: { ...usage, cost: 1.25, is_byok: false } }]),
    })
    const args = ['compare', ...models('one'), '-m', 'openrouter,paid', 'hi']
    const json = await ccr.run([...args, '--json'])
    expect((JSON.parse(json.stdout) as Compared).models).toMatchObject([
      { costUsd: 0.002, priceSource: 'config' },
      { costUsd: 1.25, priceSource: 'provider', priceDate: null },
    ])
    expect((await ccr.run(args)).stdout).toMatch(/^B {2}openrouter,paid .* \$1\.25 +end_turn$/m)
    const classes = JSON.parse(
      (await ccr.run(['usage', '--by', 'class', '--json'])).stdout,
    ) as object
    expect(classes).toMatchObject({ groups: [{ key: 'other' }] })
    const judged = await ccr.run([...args, '--json', '--judge', 'openrouter,paid'])
    expect((JSON.parse(judged.stdout) as Compared).verdict).toMatchObject({ costUsd: 1.25 })
  })

  it('waits for a model that hangs no longer than told', async () => {
    const first = upstream.requests.length
    answering({ one: never(), two: never() })
    const args = ['compare', ...models('one', 'two'), '--timeout', '1', 'hi']
    const { code, stdout, stderr } = await ccr.run(args)
    expect(code).toBe(1)
    expect(stdout).toContain('== A fake,one ==\n[timeout: no complete answer after 1 s]\n')
    expect(stderr).toContain('ccr: B fake,two timeout: no complete answer after 1 s')
    expect(await upstream.requests[first]!.ended).toBe('client-left')
  })

  it('says that a cut answer was cut, with what came', async () => {
    answering({ one: text('Half of an', { frames: 2, ending: 'cut' }), two: text('Whole.') })
    const { code, stdout } = await ccr.run(['compare', ...models('one', 'two'), 'hi'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/== A fake,one ==\n[^=]*\[failed: /)
    expect(stdout).toMatch(/^A .* unknown +unknown +unknown +failed$/m)
  })

  it('asks --jobs models at a time, in the order given', async () => {
    const seen: string[] = []
    const answerOf = (model: string) => (request: Seen) => {
      seen.push(`+${model}`)
      void request.ended.then(() => seen.push(`-${model}`))
      return text(`I am ${model}.`)
    }
    answering({ one: answerOf('one'), two: answerOf('two'), three: answerOf('three') })
    const args = [...models('one', 'two', 'three'), '--jobs', '1', 'hi']
    const { code, stdout, stderr } = await ccr.run(['compare', ...args])
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toContain('I am three.')
    expect(seen).toEqual(['+one', '-one', '+two', '-two', '+three', '-three'])
  })

  it('sends no request if a model is not configured, and says which may be meant', async () => {
    const before = upstream.requests.length
    const { code, stderr } = await ccr.run(['compare', ...models('one', 'twoo'), 'hi'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/-m fake,twoo: .*\nDid you mean fake,two/)
    expect(upstream.requests.length).toBe(before)
  })

  it.each([
    [[], /no models are given/],
    [['-m', 'fake,one', 'hi'], /only one model/],
    [['hello there you'], /no models are given/],
    [['lst'], /Did you mean: ccr compare list/],
    [[...models('one', 'two'), '--verify', 'true', 'hi'], /--verify needs --agent/],
    [[...models('one', 'two'), '--timeout', 'soon', 'hi'], /whole number/],
    [[...models('one', 'two'), '--jobs', '0', 'hi'], /--jobs needs a whole number above 0/],
    [[...models('one', 'two'), '--agent', '--jobs', 'x', 'hi'], /--jobs needs a whole number/],
    [models('one', 'two'), /no prompt/],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await ccr.run(['compare', ...args])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(why) as string })
  })

  it('takes a prompt of 2 MB from standard input, behind the words of the command line', async () => {
    const first = upstream.requests.length
    answering({ one: text('Long.'), two: text('Very long.') })
    const child = ccr.spawn(['compare', '-m', 'quick', '-m', 'fake,one', '--file', '-', 'Sum up'])
    const prompt = 'grün '.repeat(350_000)
    child.stdin!.end(prompt)
    expect(await collected(child)).toMatchObject({ code: 0, stderr: '' })
    const prompts = upstream.requests.slice(first).map(({ body }) => body.messages.at(-1)?.content)
    expect(prompts).toEqual([`Sum up\n\n${prompt}`, `Sum up\n\n${prompt}`])
    const models = upstream.requests.slice(first).map(({ body }) => body.model)
    expect(models.sort()).toEqual(['one', 'two'])
  })

  it('sends --system and --max-tokens', async () => {
    const first = upstream.requests.length
    answering({ one: text('a'), two: text('b') })
    const options = ['--system', 'Be short.', '--max-tokens', '77']
    await ccr.run(['compare', ...models('one', 'two'), ...options, 'hi'])
    expect(upstream.requests[first]?.raw).toContain('Be short.')
    expect(upstream.requests[first]?.raw).toMatch(/"max(_completion)?_tokens":77/)
  })

  it('gives no answer power over the terminal, and keeps it whole for scripts', async () => {
    const evil = 'a\u001b]0;title\u0007\u009b2Jb'
    answering({ one: text(evil), two: text('b') })
    const plain = await ccr.run(['compare', ...models('one', 'two'), 'hi'])
    expect(plain.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(plain.stdout).toContain('a␛]0;title␇\\u009b2Jb')
    const { stdout } = await ccr.run(['compare', ...models('one', 'two'), '--json', 'hi'])
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u)
    expect((JSON.parse(stdout) as Compared).models[0]?.['answer']).toBe(evil)
  })

  it('writes Markdown and a page in which answers stay text', async () => {
    answering({ one: text('```\n# no heading\n<script>1</script>'), two: text('b') })
    const [md, page] = [join(ccr.work, 'out.md'), join(ccr.work, 'out.html')]
    const files = ['--markdown', md, '--html', page]
    const { code } = await ccr.run(['compare', ...models('one', 'two'), ...files, 'hi'])
    expect(code).toBe(0)
    expect(await readFile(md, 'utf8')).toContain('````text\n```\n# no heading')
    const html = await readFile(page, 'utf8')
    expect(html).toContain('&lt;script&gt;1')
    expect(html).not.toContain('<script')
    expect(html).not.toMatch(/(src|href)=/)
  })

  it('asks two providers of two makers at once', async () => {
    answering({ one: text('Hello from the fake.') })
    const two = ['-m', 'mock,gpt-mock', '-m', 'fake,one']
    const { code, stdout } = await ccr.run(['compare', ...two, 'hello both'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/== A mock,gpt-mock ==\nHello from the other mock\./)
    expect(stdout).toContain('Hello from the fake.')
  })

  it('shows the demo without a config of its own', async () => {
    const demo = ['-m', 'demo,demo-a', '-m', 'demo,demo-b', '--judge', 'demo,judge']
    const { code, stdout } = await ccr.run(['compare', ...demo, 'hi'])
    expect(code).toBe(0)
    expect(stdout).toContain('I am demo-b')
    expect(stdout).toMatch(/Judged blind by demo,judge \(cost \$0\):\n {2}1\. [AB] demo,demo-/)
  })
})

describe('ccr compare --judge', () => {
  const judged = async (verdict: (prompt: string) => string) => {
    answering({
      one: text('red'),
      two: text('green'),
      three: (seen) => text(verdict(JSON.stringify(seen.body.messages))),
    })
    const args = ['compare', ...models('one', 'two'), '--judge', 'fake,three', '--json', 'colours?']
    const ran = await ccr.run(args)
    return { code: ran.code, verdict: (JSON.parse(ran.stdout) as Compared).verdict }
  }

  it('gives the answers without names, and the ranking with them', async () => {
    let seen = ''
    const { code, verdict } = await judged((prompt) => {
      seen = prompt
      const green = /begin answer (\d)\\n(green|red)/.exec(prompt)
      const best = green?.[2] === 'green' ? green[1] : green?.[1] === '1' ? '2' : '1'
      const worst = best === '1' ? '2' : '1'
      return `Sure: {"ranking":[{"answer":"${best}","reason":"fresh"},{"answer":"${worst}","reason":"loud"}]}`
    })
    expect(code).toBe(0)
    expect(verdict?.ranking).toEqual([
      { letter: 'B', name: 'fake,two', reason: 'fresh', rank: 1 },
      { letter: 'A', name: 'fake,one', reason: 'loud', rank: 2 },
    ])
    expect(seen).not.toMatch(/fake,(one|two)/)
  })

  it('that says nonsense is named, and the exit code says so', async () => {
    const { code, verdict } = await judged(() => 'Both are nice.')
    expect(code).toBe(3)
    expect(verdict).toMatchObject({
      ranking: [],
      error: 'the judge fake,three gave no ranking, but answered: Both are nice.',
    })
  })
})

describe('ccr compare -m MODEL*N', () => {
  it('asks a model several times at once in one session, and shows the spread of what answered', async () => {
    const first = upstream.requests.length
    const all = Promise.all([0, 1, 2, 3].map((n) => upstream.request(first + n)))
    // Nothing is answered before all requests are there.
    let asked = 0
    answering({
      one: () => {
        asked += 1
        const usage = { input: 1000, output: asked * 100 }
        return asked === 2
          ? refusal(400, 'not this time')
          : text(`Answer ${asked}.`, { usage, before: all })
      },
      two: text('The other.', { usage: { input: 1000, output: 50 }, before: all }),
    })
    const args = ['compare', '-m', 'fake,one*3', '-m', 'fake,two']
    const { code, stdout, stderr } = await ccr.run([...args, 'hi'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^ccr: [ABC] fake,one #[123] failed: 400: .*not this time/)
    expect(stdout).toContain('== A fake,one #1 ==\n')
    expect(stdout).toContain('== D fake,two ==\nThe other.\n')
    expect(stdout).toMatch(/^[ABC] {2}fake,one #[123] .* unknown +failed$/m)
    expect(stdout).toMatch(/^fake,one +2\/3 .* 100–200–300 +\$0\.0012–0\.0014–0\.0016$/m)
    expect(stdout).toMatch(/^fake,two +1\/1 .* 50 +unknown$/m)
    const requests = upstream.requests.slice(first)
    expect(requests.map(({ body }) => body.model).sort()).toEqual(['one', 'one', 'one', 'two'])
  })

  it('has every run and the spread for scripts, and the judge ranks all without their names', async () => {
    let asked = 0
    let seen = ''
    answering({
      one: () => text(`red ${(asked += 1) === 3 ? 2 : asked}`),
      two: text('green'),
      three: (request) => {
        seen = JSON.stringify(request.body)
        const order = ['green', 'red 2', 'red 1'].map((answer) => {
          return new RegExp(`begin answer (\\d)\\\\n${answer}`).exec(seen)?.[1]
        })
        const ranking = order.map((answer) => ({ answer, reason: 'fresh' }))
        return text(JSON.stringify({ ranking }))
      },
    })
    const args = ['compare', '-m', 'fake,one*3', '-m', 'fake,two', '--judge', 'fake,three']
    const page = join(ccr.work, 'samples.html')
    const { code, stdout } = await ccr.run([...args, '--json', '--html', page, 'colours?'])
    expect(code).toBe(0)
    const json = JSON.parse(stdout) as Compared & { readonly spread: unknown }
    const sessions = new Set(json.models.map(({ sessionId }) => sessionId))
    expect(sessions.size).toBe(2)
    expect(json.models).toMatchObject([
      { letter: 'A', name: 'fake,one #1', model: 'fake,one', sample: 1 },
      { letter: 'B', name: 'fake,one #2', model: 'fake,one', sample: 2 },
      { letter: 'C', name: 'fake,one #3', model: 'fake,one', sample: 3 },
      { letter: 'D', name: 'fake,two', model: 'fake,two', sample: null },
    ])
    expect(json.spread).toMatchObject([
      { model: 'fake,one', letters: ['A', 'B', 'C'], samples: 3, answered: 3 },
      { model: 'fake,two', letters: ['D'], samples: 1, answered: 1 },
    ])
    // The two that are alike are judged as one: 1 green, 2–3 red 2, 4 red 1.
    expect(seen).toContain('Rank the answers 1, 2, 3 as JSON')
    expect(seen).not.toMatch(/fake,|#\d/)
    expect(json.verdict).toMatchObject({
      ranking: [{ letter: 'D', rank: 1 }, { rank: 2.5 }, { rank: 2.5 }, { rank: 4 }],
      models: [
        { model: 'fake,two', meanRank: 1, ranked: 1, samples: 1 },
        { model: 'fake,one', meanRank: 3, ranked: 3, samples: 3 },
      ],
    })
    const html = await readFile(page, 'utf8')
    expect(html).toContain('Spread of each model')
    expect(html).toContain('<h3 class="model"><span class="dot m0"></span>fake,one (3)</h3>')
    expect(html).toContain('Best model by mean rank: fake,two.')
  })

  it('compares a model with itself, and needs no judge to see that all answers are alike', async () => {
    const first = upstream.requests.length
    answering({ two: text('The same.') })
    const args = ['compare', '-m', 'fake,two*2', '--judge', 'fake,three', 'hi']
    const { code, stdout } = await ccr.run(args)
    expect(code).toBe(0)
    expect(stdout).toContain(
      'Judged blind by fake,three (cost $0):\n' +
        '  1–2. A, B (identical): All answers are the same.\n',
    )
    expect(upstream.requests.length).toBe(first + 2)
  })

  it('names a model that is given twice like one that runs twice', async () => {
    answering({ two: text('The same.') })
    const { stdout } = await ccr.run(['compare', ...models('two', 'two'), 'hi'])
    expect(stdout).toMatch(/== A fake,two #1 ==[^]*== B fake,two #2 ==[^]*^fake,two +2\/2 /m)
  })

  it.each([
    ['fake,one*0', 2, /-m fake,one\*0: \* needs a whole number from 1 to 20 after it/],
    ['fake,one*21', 2, /-m "fake,one\*3"/],
    ['fake,one*1', 2, /only one model is given: fake,one\*1/],
    ['fake,none*3', 1, /-m fake,none: .*\nDid you mean fake,one/],
    ['*3', 1, /-m : it is empty/],
  ])('refuses %s, and nothing is sent', async (model, code, why) => {
    const before = upstream.requests.length
    const ran = await ccr.run(['compare', '-m', model, 'hi'])
    expect(ran).toMatchObject({ code, stderr: expect.stringMatching(why) as string })
    expect(upstream.requests.length).toBe(before)
  })

  it('refuses more than 100 runs in all, and a judge that runs several times', async () => {
    const many = Array<string[]>(6).fill(['-m', 'fake,one*20']).flat()
    expect((await ccr.run(['compare', ...many, 'hi'])).stderr).toContain('120 runs are too many')
    const args = ['compare', '-m', 'fake,one*2', '--judge', 'fake,two*3', 'hi']
    const { code, stderr } = await ccr.run(args)
    expect(code).toBe(2)
    expect(stderr).toContain('--judge fake,two*3: one model judges')
  })
})

describe('ccr compare in a terminal', PTY, () => {
  let pty: PtyProgram
  const open = (columns: number, ...args: string[]): PtyProgram => {
    const env = { ...ccr.environment(), TERM: 'xterm-256color', NO_COLOR: '1' }
    pty = inPty([process.execPath, BIN, 'compare', ...args], { cwd: ccr.work, env, columns })
    return pty
  }
  beforeEach(() => answering({ one: text('The left one.'), two: text('Der rechte 日本語 👍.') }))

  it('shows the answers side by side, and gives the terminal back', async () => {
    const { until, ended } = open(100, ...models('one', 'two'), 'hi')
    await until(/\[\?1049h/)
    const all = await until(/MODEL[^]*B {2}fake,two[^\n]*\n/)
    expect(await ended).toBe(0)
    expect(all).toContain('\u001b[?25h\u001b[?1049l')
    const after = all.slice(all.indexOf('\u001b[?1049l'))
    expect(after).toMatch(
      /A fake,one +│ B fake,two\r?\n─+\r?\nThe left one\. +│ Der rechte 日本語 👍\.\r?\n/,
    )
  })

  it('shows them below each other where it is narrow', async () => {
    const { until, ended } = open(50, ...models('one', 'two'), 'hi')
    const all = await until(/MODEL[^]*B {2}fake,two/)
    expect(await ended).toBe(0)
    const after = all.slice(all.indexOf('\u001b[?1049l'))
    expect(after).toMatch(/== A fake,one ==\r?\nThe left one\.\r?\n\r?\n== B fake,two ==/)
    expect(after).not.toContain('│')
  })

  it('Ctrl-C ends all, shows what has come, and gives the terminal back', async () => {
    const first = upstream.requests.length
    answering({
      one: text('This much has come', { pieces: 4, frames: 4, ending: 'hold' }),
      two: never(),
    })
    const { until, type, ended } = open(100, ...models('one', 'two'), 'hi')
    const seen = await Promise.all([upstream.request(first), upstream.request(first + 1)])
    await until(/This much/)
    type('\u0003')
    const all = await until(/MODEL[^]*B {2}fake,two[^\n]*interrupted/)
    expect(await ended).toBe(130)
    expect(all.slice(all.indexOf('\u001b[?1049l'))).toMatch(/This much/)
    expect(await Promise.all(seen.map((one) => one.ended))).toEqual(['client-left', 'client-left'])
  })
})

it('a prompt in a file that is not there is told as such', async () => {
  await writeFile(join(ccr.work, 'prompt.txt'), 'from a file')
  const first = upstream.requests.length
  answering({ one: text('a'), two: text('b') })
  const good = await ccr.run(['compare', ...models('one', 'two'), '-f', 'prompt.txt'])
  expect(good.code).toBe(0)
  expect(upstream.requests[first]?.body.messages.at(-1)?.content).toBe('from a file')
  const bad = await ccr.run(['compare', ...models('one', 'two'), '-f', 'none.txt'])
  expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('none.txt') as string })
})
