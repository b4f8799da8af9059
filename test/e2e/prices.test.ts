/** What the real client counts as spent: in JSON, in /usage, and for --max-budget-usd. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFailed, vi } from 'vitest'
import type { Ccr, Ran } from '../support/ccr.ts'
import { calls, events, text, type Counts, type Reply } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { by, clientHome, messagesText, PATIENCE } from './harness.ts'
import { inTerminal, type TerminalProgram } from './terminal.ts'

const BIN = process.env['CCR_BIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'ccr.js')

let upstream: Upstream
let ccr: Ccr
const closing: (() => unknown)[] = []

beforeEach(async () => {
  upstream = await startUpstream()
  ccr = await clientHome(config())
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await ccr.remove()
  await upstream.close()
})

const BOXED = { id: 'boxed', price: { input: 1, output: 4, cacheRead: 0.5 } }

/** Each provider is the same upstream; a name stands for what is known of its prices. */
function config(more: object = {}): object {
  const provider = (name: string, models: readonly unknown[]) => ({
    name,
    api_base_url: upstream.chatUrl,
    api_key: 'fake-key',
    models,
  })
  return {
    Providers: [
      provider('shop', ['priced', 'cheap', 'unknown', BOXED]),
      provider('ollama', ['qwen3-coder']),
      // By its name it is known to report what it charges.
      provider('openrouter', ['lab/unlisted']),
    ],
    Prices: {
      'shop,priced': { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 },
      'shop,cheap': { input: 0.1, output: 0.4 },
    },
    ...more,
  }
}

const COUNTS: Counts = { input: 60_000, cached: 45_000, output: 1_500 }
/** 15,000 tokens at $2, 45,000 at $0.20 and 1,500 at $10 a million. */
const USD = 0.03 + 0.009 + 0.015

interface Spent {
  readonly subtype: string
  readonly total_cost_usd: number
  readonly modelUsage: Readonly<
    Record<string, { readonly costUSD: number; readonly costBasis?: string }>
  >
}

async function spent(preference: string, args: readonly string[] = []): Promise<Spent & Ran> {
  const options = ['--output-format', 'json', '--dangerously-skip-permissions', ...args]
  const ran = await ccr.run(['code', '-p', 'say hello', ...options], { preference })
  return { ...ran, ...(JSON.parse(ran.stdout) as Spent) }
}

const bases = ({ modelUsage }: Spent) => Object.values(modelUsage).map(({ costBasis }) => costBasis)

/** What the usage records have once all requests are recorded. */
function recorded(): Promise<number | null> {
  return vi.waitFor(async () => {
    const { stdout } = await ccr.run(['usage', '--json'])
    const { total } = JSON.parse(stdout) as { total: { requests: number; cost: number | null } }
    expect(total.requests).toBe(upstream.requests.length)
    return total.cost
  }, PATIENCE)
}

describe('the cost that the client reports', () => {
  it('is that of the prices of the config, cached tokens included, as in the usage records', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const answer = await spent('shop,priced')
    expect(answer.total_cost_usd).toBeCloseTo(USD, 10)
    expect(bases(answer)).toEqual(['managed'])
    expect(await recorded()).toBeCloseTo(USD, 10)
  })

  it('is that of the price in a model object', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const usd = 15_000e-6 + 45_000 * 0.5e-6 + 1_500 * 4e-6
    expect((await spent('shop,boxed')).total_cost_usd).toBeCloseTo(usd, 10)
    expect(await recorded()).toBeCloseTo(usd, 10)
  })

  it('is 0 for the demo and for a model of this machine', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    expect((await spent('demo')).total_cost_usd).toBe(0)
    expect((await spent('ollama,qwen3-coder')).total_cost_usd).toBe(0)
  })

  it('is next to nothing, and marked as unknown, for a model of unknown price', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const answer = await spent('shop,unknown')
    expect(answer.total_cost_usd).toBeLessThan(0.001)
    expect(bases(answer)).toEqual(['unknown'])
    expect(await recorded()).toBeNull()
  })

  it('is that of another model where the user names one', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const answer = await spent('shop,priced', ['--model', 'shop,cheap'])
    expect(answer.total_cost_usd).toBeCloseTo(60_000 * 0.1e-6 + 1_500 * 0.4e-6, 10)
  })

  it('has the web searches of the provider', async () => {
    const url = upstream.messagesUrl
    const models = ['claude-sonnet-4-6']
    await ccr.configure({
      Providers: [{ name: 'anthropic', api_base_url: url, api_key: 'fake-key', models }],
    })
    upstream.script(searched)
    const answer = await spent('anthropic,claude-sonnet-4-6')
    const usd = 1_000 * 3e-6 + 20_000 * 0.3e-6 + 100 * 15e-6 + 3 * 0.01
    expect(answer.total_cost_usd).toBeCloseTo(usd, 10)
    expect(await recorded()).toBeCloseTo(usd, 10)
  })

  it("is that of the session's model for a sub-agent that asks for one of Anthropic's", async () => {
    const task = { description: 'd', prompt: 'the task', subagent_type: 'general-purpose' }
    upstream.script((request) => {
      if (messagesText(request).includes('say hello') && by('tool', request).length === 0) {
        return calls([{ name: 'Agent', input: { ...task, model: 'haiku' } }], { usage: COUNTS })
      }
      return text('done', { usage: COUNTS })
    })
    const answer = await spent('shop,priced')
    expect(Object.keys(answer.modelUsage).length).toBeGreaterThan(1)
    expect(answer.total_cost_usd).toBeCloseTo(upstream.requests.length * USD, 10)
    expect(await recorded()).toBeCloseTo(answer.total_cost_usd, 10)
  })

  it('follows what the provider charged before, where it has no list price', async () => {
    upstream.script(charged)
    expect(bases(await spent('openrouter,lab/unlisted'))).toEqual(['unknown'])
    expect(await recorded()).toBe(0.0345)
    const answer = await spent('openrouter,lab/unlisted')
    expect(bases(answer)).toEqual(['managed'])
    expect(answer.total_cost_usd).toBeCloseTo(0.0345, 6)
  })
})

/** An answer for which OpenRouter reports what it charged. */
function charged(): Reply {
  const usage = { prompt_tokens: 20_000, completion_tokens: 400, cost: 0.0345 }
  return events([
    { choices: [{ index: 0, delta: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] },
    { choices: [], usage },
    '[DONE]',
  ])
}

/** An answer of Anthropic's API after three searches. */
function searched(): Reply {
  const usage = { input_tokens: 1_000, output_tokens: 1, cache_read_input_tokens: 20_000 }
  const counted = { ...usage, output_tokens: 100, server_tool_use: { web_search_requests: 3 } }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    usage,
  }
  return events([
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'found' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: counted,
    },
    { type: 'message_stop' },
  ])
}

describe('--max-budget-usd', () => {
  const looping = (): void => {
    let n = 0
    upstream.script(() => {
      n += 1
      const call = {
        id: `call_${String(n)}`,
        name: 'Bash',
        input: { command: `echo ${String(n)}` },
      }
      return n > 8 ? text('done') : calls([call], { usage: { input: 1_000, output: 400 } })
    })
  }

  it('stops where the price says so', async () => {
    looping()
    // $0.006 a request.
    const answer = await spent('shop,priced', ['--max-budget-usd', '0.01'])
    expect(answer.subtype).toBe('error_max_budget_usd')
    expect(upstream.requests).toHaveLength(2)
    expect(answer.stderr).not.toContain('--max-budget-usd')
  })

  it('does not stop a free model', async () => {
    looping()
    const answer = await spent('ollama,qwen3-coder', ['--max-budget-usd', '0.01'])
    expect(answer).toMatchObject({ subtype: 'success', total_cost_usd: 0 })
    expect(answer.stderr).not.toContain('--max-budget-usd')
  })

  it('cannot hold where the price is unknown, and ccr says so', async () => {
    looping()
    const answer = await spent('shop,unknown', ['--max-budget-usd', '0.01'])
    expect(answer.subtype).toBe('success')
    expect(answer.stderr).toMatch(/--max-budget-usd .*price of shop,unknown is unknown.*Prices/)
  })
})

describe('/usage', () => {
  function open(preference: string): TerminalProgram {
    const terminal = inTerminal([process.execPath, BIN, 'code', 'say hello'], {
      cwd: ccr.work,
      env: ccr.environment({ preference }),
    })
    closing.push(async () => {
      terminal.kill()
      await terminal.ended
    })
    onTestFailed(() => {
      process.stderr.write(`The screen at the end:\n${terminal.screen()}\n`)
    })
    return terminal
  }

  /** Its screen after one answer. */
  async function usageScreen(preference: string): Promise<string> {
    const terminal = open(preference)
    await terminal.until(/✻ \S+ for \d/)
    return command(terminal, '/usage', /Usage by model/)
  }

  async function command(terminal: TerminalProgram, name: string, shows: RegExp): Promise<string> {
    terminal.type(name)
    await terminal.until(new RegExp(`❯ ${name}`))
    terminal.type('\r')
    return terminal.until(shows)
  }

  it('shows no dollars for the demo', async () => {
    const screen = await usageScreen('demo')
    expect(screen).toMatch(/cost: +\$0\.0000/)
    expect(screen).not.toMatch(/\$[\d.]*[1-9]/)
    expect(screen).not.toContain('unknown models')
  })

  it('shows what a priced model cost', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const screen = await usageScreen('shop,priced')
    expect(screen).toMatch(/cost: +\$0\.0540/)
  })

  it('says that the cost is of an unknown model', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const screen = await usageScreen('shop,unknown')
    expect(screen).toMatch(/cost: +\$0\.00\d\d \(costs may be inaccurate due to usage of unknown/)
  })

  it('/model shows what each model costs', async () => {
    upstream.script(text('hello', { usage: COUNTS }))
    const terminal = open('shop,unknown')
    await terminal.until(/✻ \S+ for \d/)
    const screen = await command(terminal, '/model', /ollama,qwen3-coder .*/)
    expect(screen).toMatch(/shop,unknown .*price unknown/)
    expect(screen).toMatch(/shop,priced .*\$2 in, \$10 out per million tokens/)
    expect(screen).toMatch(/ollama,qwen3-coder .*free/)
  })
})
