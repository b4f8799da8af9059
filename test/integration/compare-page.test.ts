/** The pages of `ccr compare --html` in a real browser, where there is one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelRecord, RunRecord } from '../../src/cli/commands/compare/agent/record.ts'
import { EMPTY } from '../../src/cli/commands/compare/answer.ts'
import { answersPage } from '../../src/cli/commands/compare/page/answers.ts'
import { diffHtml, runPage } from '../../src/cli/commands/compare/page/run.ts'
import { timeHtml } from '../../src/cli/commands/compare/page/page.ts'
import { CHROMIUM, CHROMIUM_FILE } from '../support/requires.ts'

const EVIL = `</pre><script>document.title = 'taken over'</script><img src="http://127.0.0.1:9/x" onerror="document.title = 'taken over'"><style>body { display: none }</style>`
const usage = { input: 1200, output: 300, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 }

function answers(): string {
  const answer = { ...EMPTY, usage, stopReason: 'end_turn', error: null, totalMs: 4000 }
  const result = (letter: string, name: string) => ({
    ...{ letter, name, preference: name, sample: null, label: name },
    ...{ means: 'p,m', sessionId: 'x' },
  })
  return answersPage({
    prompt: EVIL,
    startedAt: '2026-01-01T00:00:00Z',
    results: [
      {
        ...result('A', `one ${EVIL}`),
        answer: { ...answer, outcome: 'answered', text: EVIL, firstTokenMs: 1000, model: 'p,one' },
        cost: { usd: 0.02, source: 'config', priceDate: null },
      },
      {
        ...result('B', 'two'),
        answer: {
          ...answer,
          ...{ outcome: 'failed', text: '', error: EVIL, firstTokenMs: null, totalMs: 2000 },
          ...{ usage: null, model: null },
        },
        cost: null,
      },
    ],
    verdict: {
      judge: 'three',
      ranking: [{ letter: 'A', name: 'one', reason: EVIL }],
      error: null,
      costUsd: null,
    },
  })
}

function run(): RunRecord {
  const model = (letter: string, passed: boolean): ModelRecord => ({
    letter,
    name: `model ${letter}`,
    preference: `model ${letter}`,
    sample: null,
    label: letter,
    model: 'p,m',
    sessionId: 'x',
    branch: EVIL,
    worktree: '',
    state: passed ? 'done' : 'failed',
    error: passed ? null : EVIL,
    ms: passed ? 60_000 : 30_000,
    turns: 3,
    tools: 5,
    denied: 0,
    usage,
    costUsd: null,
    finalMessage: EVIL,
    commit: null,
    files: [{ path: EVIL, added: 10, deleted: 2 }],
    note: '',
    verified: { code: passed ? 0 : 1, timedOut: false, ms: 10, output: EVIL },
  })
  return {
    version: 1,
    id: 'abc123',
    root: '/nonexistent',
    base: 'f00',
    withChanges: false,
    task: EVIL,
    verify: EVIL,
    startedAt: '2026-01-01T00:00:00Z',
    state: 'done',
    pid: 1,
    processStart: null,
    models: [model('A', true), model('B', false)],
    verdict: null,
    applied: null,
  }
}

describe('the page of ccr compare', CHROMIUM, () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ccr-page-'))
    browser = await chromium.launch({ executablePath: CHROMIUM_FILE!, timeout: 60_000 })
  }, 90_000)
  afterAll(async () => {
    await browser.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Opens the page as a user would: from a file. Everything that it asks for or complains of is kept. */
  async function opened(html: string, width: number, colorScheme: 'light' | 'dark') {
    const file = join(folder, 'page.html')
    await writeFile(file, html)
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
    const page = await context.newPage()
    const requests: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(pathToFileURL(file).href)
    return { page, requests, complaints }
  }

  const evaluate = <T>(page: Page, code: string): Promise<T> => page.evaluate<T>(code)

  it.each([
    ['answers', 360, 'light'],
    ['answers', 1200, 'dark'],
    ['run', 360, 'dark'],
    ['run', 1200, 'light'],
  ] as const)(
    '%s at %d px, %s: harmless, whole, and no wider than the window',
    async (kind, width, scheme) => {
      const html = kind === 'answers' ? answers() : await runPage(run())
      const { page, requests, complaints } = await opened(html, width, scheme)
      expect(requests).toHaveLength(1)
      expect(complaints).toEqual([])
      expect(await page.title()).toMatch(/^ccr compare/)
      expect(await page.innerText('body')).toContain(
        `<script>document.title = 'taken over'</script>`,
      )
      expect(await evaluate(page, 'document.images.length + document.scripts.length')).toBe(0)
      expect(await evaluate(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      )
      const paper = await evaluate<string>(page, 'getComputedStyle(document.body).backgroundColor')
      expect(paper).toBe(scheme === 'dark' ? 'rgb(22, 24, 28)' : 'rgb(251, 251, 250)')
      await page.context().close()
    },
  )

  it('draws bars whose lengths are as the numbers', async () => {
    const { page } = await opened(answers(), 1000, 'light')
    const widths = await evaluate<number[]>(
      page,
      `[...document.querySelectorAll('section[aria-label^=Time] rect:not(.track)')].map((bar) => bar.getBoundingClientRect().width)`,
    )
    const [total = 0, first = 0, other = 0] = widths
    expect(first / total).toBeCloseTo(0.25, 2)
    expect(other / total).toBeCloseTo(0.5, 2)
    const costs = await page.innerText('section[aria-label=Cost]')
    expect(costs).toContain('unknown')
    await page.context().close()
  })
})

describe('the layout of the page', CHROMIUM, () => {
  const LONG = 'a-very-long-provider,with/a-very-long-name-of-a-model-that-goes-on:free'
  const PAID = { source: 'config', priceDate: null }
  const MARKDOWN = '# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![x](http://127.0.0.1:9/x.png)\n'
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM_FILE!, timeout: 60_000 })
  }, 90_000)
  afterAll(() => browser.close())

  const pageOf = (names: readonly string[]): string =>
    answersPage({
      prompt: 'hi',
      startedAt: '2026-01-01T00:00:00Z',
      verdict: null,
      results: names.map((name, n) => ({
        ...{ letter: 'ABCD'[n] ?? '', name: `${name} #${n}`, preference: name, sample: null },
        ...{ label: 'x', means: 'p,m', sessionId: 'x', cost: { ...PAID, usd: n / 100 } },
        answer: {
          ...{ ...EMPTY, usage, stopReason: 'end_turn', error: null, totalMs: 4000 },
          ...{ outcome: 'answered', text: MARKDOWN, firstTokenMs: 1000, model: 'p,other' },
        },
      })),
    })

  it.each([400, 800, 1280])(
    'at %d px has cards in line, names beside their values, and a hint',
    async (width) => {
      const context = await browser.newContext({ viewport: { width, height: 900 } })
      const page = await context.newPage()
      const requests: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      await page.setContent(pageOf([LONG, 'fast', 'slow', 'free']))
      expect(requests.filter((url) => url.startsWith('http'))).toEqual([])
      expect(
        await page.evaluate<number>('document.documentElement.scrollWidth'),
      ).toBeLessThanOrEqual(width)
      // Cards that share a row begin at one height: half of them do, or all stand below each other.
      const tops = await page.evaluate<number[]>(
        `[...document.querySelectorAll('article.card')].map((card) => card.getBoundingClientRect().top)`,
      )
      expect(new Set(tops).size).toBe(width < 800 ? 4 : 2)
      const overlaps = await page.evaluate<boolean[]>(
        `[...document.querySelectorAll('.bar')].map(({ children: [name, value] }) => name.getBoundingClientRect().right > value.getBoundingClientRect().left)`,
      )
      expect(overlaps).not.toContain(true)
      const [scrolls, hint] = await page.evaluate<[boolean, boolean]>(
        `(() => { const box = document.querySelector('.wide'); return [box.scrollWidth > box.clientWidth, box.querySelector('.hint').offsetHeight > 0] })()`,
      )
      expect(scrolls).toBe(width === 400)
      expect(hint).toBe(scrolls)
      await context.close()
    },
  )

  it.each([400, 1280])(
    'at %d px has the samples of each model together, in one colour, with their spread',
    async (width) => {
      const context = await browser.newContext({ viewport: { width, height: 900 } })
      const page = await context.newPage()
      await page.setContent(pageOf([LONG, 'fast', LONG, 'fast']))
      expect(
        await page.evaluate<number>('document.documentElement.scrollWidth'),
      ).toBeLessThanOrEqual(width)
      const titles = await page.evaluate<string[]>(
        `[...document.querySelectorAll('h3.model, article h3')].map((title) => title.innerText + ' ' + title.querySelector('.dot').className)`,
      )
      expect(titles).toEqual([
        `${LONG} (2) dot m0`,
        `A ${LONG} #0 dot m0`,
        `C ${LONG} #2 dot m0`,
        'fast (2) dot m1',
        'B fast #1 dot m1',
        'D fast #3 dot m1',
      ])
      const [, spread = ''] = (await page.innerText('body')).split('Spread of each model')
      expect(spread).toMatch(/^\s+Minimum–median–maximum[^]*2\/2[^]*\$0–0\.0100–0\.0200/)
      await context.close()
    },
  )
})

it('the page shows who answered, and when by the clock of its maker', () => {
  const html = answers()
  expect(html).toMatch(/A one [^<]*&lt;\/pre[^]*?<small>p,one<\/small>/)
  expect(html).toMatch(/B two<small>p,m<\/small>/)
  expect(timeHtml('2026-01-01T00:00:00Z', 'America/New_York')).toBe(
    '<time datetime="2026-01-01T00:00:00Z">31 December 2025 at 19:00 UTC-05:00</time>',
  )
  expect(timeHtml('2026-07-01T00:00:00Z', 'UTC')).toContain('1 July 2026 at 00:00 UTC<')
  expect(timeHtml('<b>')).toBe('&lt;b&gt;')
})

it('a diff is coloured by its lines, and its text stays text', () => {
  const html = diffHtml('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-<b>\n+<i>\n')
  expect(html).toContain('<span class="f">diff --git a/x b/x</span>')
  expect(html).toContain('<span>+++ b/x</span>')
  expect(html).toContain('<span class="h">@@ -1 +1 @@</span>')
  expect(html).toContain('<span class="d">-&lt;b&gt;</span><span class="a">+&lt;i&gt;</span>')
})
