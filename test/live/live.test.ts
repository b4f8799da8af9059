/** The live run itself, against providers on loopback that are written by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { calls, refusal, text } from '../support/replies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { converseWith } from '../../src/cli/commands/doctor/live.ts'
import { emptyConfig } from '../../src/config/defaults.ts'
import { HANG, startLocalServer } from '../support/local-servers.ts'
import { table, verify } from './live.ts'

const KEY = 'planted-secret-of-the-test'
const env = { TEST_KEY: KEY }

let upstream: Upstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.close())

const row = (url: string) => ({ name: 'fake', variable: 'TEST_KEY', url, model: 'm' })
const CALL = { name: 'look_up', input: { word: 'otter' } }

describe('a live run', () => {
  it.each(['chatUrl', 'messagesUrl'] as const)('verifies a provider at its %s', async (kind) => {
    upstream.script([calls([CALL]), text('blue-47')])
    const { outcome, recorded } = await verify(row(upstream[kind]), env)
    expect(outcome).toBe('verified')
    expect(recorded).toEqual([])
    expect(upstream.requests).toHaveLength(2)
  })

  it('says what a provider lacks, and never its key', async () => {
    upstream.script([text('I would call it.')])
    const lacking = await verify(row(upstream.chatUrl), env)
    expect(lacking.outcome).toBe('did not call the tool it was asked to')
    upstream.script([refusal(401, `Incorrect API key provided: ${KEY}`)])
    const refused = await verify(row(upstream.chatUrl), env)
    expect(refused.outcome).toMatch(/^failed: 401 /)
    expect(refused.outcome).not.toContain(KEY)
  })

  it('says that there was no answer in time', async () => {
    const server = await startLocalServer({ 'POST /v1/chat/completions': HANG })
    const url = `${server.origin}/v1/chat/completions`
    const provider = { name: 'p', url, apiKey: '', models: ['m'], missing: [] }
    const parts = { provider, model: 'm', config: emptyConfig(), env: {}, limitMs: 20 }
    await expect(converseWith(parts)).rejects.toThrow('no answer in 0.02 s')
    await server.close()
  })

  it('skips providers whose key is not set', async () => {
    expect((await verify(row(upstream.chatUrl), {})).outcome).toBe('skipped')
    expect(upstream.requests).toHaveLength(0)
  })

  it('records the answers without the key', async () => {
    upstream.script([calls([CALL]), text(`blue-47 ${KEY}`, { pieces: 1 })])
    const { recorded, outcome } = await verify(row(upstream.chatUrl), env, true)
    expect(outcome).toBe('verified')
    expect(recorded).toHaveLength(2)
    expect(recorded[0]).toContain('look_up')
    expect(recorded[1]).toContain('blue-47 removed')
    expect(recorded.join('')).not.toContain(KEY)
  })

  it('records nothing where the key is in an answer in pieces', async () => {
    upstream.script([calls([CALL]), text(`blue-47 ${KEY}`, { pieces: 9 })])
    const { recorded, outcome } = await verify(row(upstream.chatUrl), env, true)
    expect(outcome).toContain('nothing is kept')
    expect(recorded).toEqual([])
  })

  it('writes a table that keeps what was seen before', () => {
    const chat = row('https://a.example')
    const first = table([{ row: chat, outcome: 'verified', recorded: [] }], '2026-01-01', '')
    expect(first).toContain('| fake | m | verified | 2026-01-01 |')
    const skipped = [{ row: chat, outcome: 'skipped', recorded: [] }]
    expect(table(skipped, '2026-02-02', first)).toContain('| fake | m | verified | 2026-01-01 |')
    expect(table(skipped, '2026-02-02', '')).toContain('not yet: no key')
    const servers = '\n## Servers on this machine\n\n| llama.cpp |\n'
    const whole = table(skipped, '2026-02-02', `${first}${servers}`)
    expect(table(skipped, '2026-02-02', whole)).toBe(
      `${table(skipped, '2026-02-02', first)}${servers}`,
    )
  })
})
