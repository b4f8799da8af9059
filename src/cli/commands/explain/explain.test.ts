import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyHome, type Home, runCommand } from '../../../../test/support/command.ts'
import { command } from './explain.ts'

const CONFIG = {
  Providers: [
    {
      name: 'openai',
      api_base_url: 'https://me:hushhush@api.openai.com/v1/chat/completions?key=hushhush&alt=sse',
      api_key: ['sk-hushhush-1', 'sk-hushhush-2'],
      models: ['gpt-4o', 'o3'],
    },
    {
      name: 'an',
      api_base_url: 'https://api.anthropic.com/v1/messages',
      api_key: '${NO_SUCH_KEY}',
      models: ['claude-x'],
    },
  ],
  Router: { default: 'openai,gpt-4o', background: 'openai,o3' },
  fallback: { default: ['openai,o3', 'an,claude-x'] },
}

const REQUEST = {
  model: 'claude-sonnet-4-5',
  stream: true,
  top_k: 3,
  messages: [{ role: 'user', content: 'MY SECRET PROMPT' }],
}

let home: Home
beforeEach(async () => {
  home = await emptyHome()
  mkdirSync(home.ccrHome, { mode: 0o700 })
  writeFileSync(home.configFile, JSON.stringify(CONFIG), { mode: 0o600 })
})
afterEach(() => home.remove())

function file(name: string, value: unknown): string {
  const path = join(home.ccrHome, name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

const run = (...argv: string[]) => runCommand(command, argv, home.env)

describe('ccr explain FILE', () => {
  it('tells every rule with its answer, and where the request would go', async () => {
    const { code, out } = await run(file('r.json', REQUEST))
    expect(code).toBe(0)
    expect(out).toContain('asks for claude-sonnet-4-5, streamed, 1 message')
    expect(out).toMatch(/>>> {2}default {8}Router\.default is openai,gpt-4o/)
    expect(out).toMatch(/no {3}background +is no auxiliary request/)
    expect(out).toContain('1. openai,gpt-4o (2 keys)\n')
    expect(out).toContain(
      'https://api.openai.com/v1/chat/completions?key=***&alt=sse (openai-chat)',
    )
    expect(out).toContain('would drop: top_k')
    expect(out).toContain('cannot be used: Provider an needs NO_SUCH_KEY')
    expect(out).not.toMatch(/hushhush|SECRET PROMPT/)
  })

  it('takes the headers from a file of their own, or from the same file', async () => {
    const headers = { 'X-Claude-Code-Request-Class': 'auxiliary' }
    const apart = await run(file('r.json', REQUEST), '--headers', file('h.json', headers), '--json')
    const together = await run(file('both.json', { headers, body: REQUEST }), '--json')
    const whole = file('w.json', { method: 'POST', url: '/v1/messages', headers })
    const nested = await run(file('r.json', REQUEST), '--headers', whole, '--json')
    for (const { out } of [apart, together, nested]) {
      expect(JSON.parse(out)).toMatchObject({
        request: { requestClass: 'auxiliary', messages: 1 },
        route: 'background: auxiliary request',
        targets: [{ target: 'openai,o3', keys: 2, problem: null }],
      })
    }
  })

  it('asks the custom router, whose answer is among the rules', async () => {
    const router = file('router.cjs', "module.exports = async () => 'openai,o3'")
    const config = { ...CONFIG, CUSTOM_ROUTER_PATH: router }
    writeFileSync(home.configFile, JSON.stringify(config))
    const { out } = await run(file('r.json', REQUEST))
    expect(out).toMatch(/>>> {2}custom router {2}openai,o3/)
  })

  it('says why no rule takes a request, and ends with 1', async () => {
    writeFileSync(home.configFile, JSON.stringify({ ...CONFIG, Router: {} }))
    const { code, out } = await run(file('r.json', REQUEST))
    expect(code).toBe(1)
    expect(out).toContain('Error:   No model is chosen for this request.')
    expect(out).toContain('Router.default is not set')
  })

  it.each([
    ['no JSON', '{', 'is not a JSON object'],
    ['no request', { model: 'x' }, 'is not a request'],
  ])('refuses %s', async (_, value, expected) => {
    const { code, err } = await run(file('r.json', value))
    expect(code).toBe(1)
    expect(err).toContain(expected)
  })
})

describe('ccr explain last', () => {
  it('needs a running session', async () => {
    const { code, err } = await run('last')
    expect(code).toBe(1)
    expect(err).toContain('is not running')
  })
})
