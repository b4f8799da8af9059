/** Requests that the gateway itself makes, against a scripted provider. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answer, http, never, text } from '../../../test/support/replies.ts'
import { startUpstream, type Upstream } from '../../../test/support/upstream.ts'
import type { BudgetGuard } from '../../budget/budget-guard.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { type Logger, silent } from '../../lib/log.ts'
import { GatewayError } from '../../messages/error.ts'
import type { RequestRow } from '../../store/ledger.ts'
import { createUpstream, type Upstream as Connections } from '../../upstream/send.ts'
import { timeoutsFrom } from '../../upstream/timeouts.ts'
import { createAttempt } from '../attempt/attempt.ts'
import { createSessionFailover } from '../targets/session-failover.ts'
import { createTargets } from '../targets/targets.ts'
import { pricesOf } from '../telemetry/usage-record.ts'
import { createEstimator } from '../tokens/estimator.ts'
import { type AskModel, type Borrower, createAskModel, type LentRequest } from './lent-request.ts'

let upstream: Upstream
let connections: Connections
let rows: RequestRow[]
beforeEach(async () => {
  upstream = await startUpstream()
  connections = createUpstream({
    limits: timeoutsFrom(emptyConfig()),
    network: { proxyUrl: '', env: {} },
  })
  rows = []
})
afterEach(async () => {
  await connections.close()
  await upstream.close()
})

const LENT: LentRequest = {
  model: { provider: 'eye', model: 'v' },
  reason: 'lend: vision',
  body: { max_tokens: 100, messages: [{ role: 'user', content: 'what is it?' }] },
  limits: { ms: 10_000, bytes: 10_000 },
}

function borrower(more: Partial<Borrower> = {}): Borrower {
  return {
    request: { model: 'm', messages: [] },
    conversation: 'conversation-1',
    via: 'deadbeef',
    signal: new AbortController().signal,
    ...more,
  }
}

/** A lender of one provider, with two keys. */
function lender(log: Logger = silent, url = upstream.chatUrl, guard?: BudgetGuard): AskModel {
  const provider = { name: 'eye', url, apiKey: 'k1', apiKeys: ['k1', 'k2'], models: ['v'] }
  const broken = { name: 'broken', url, apiKey: '', models: ['v'], missing: ['GONE'] }
  const config = {
    ...emptyConfig(),
    retry: { repeats: 0, repeatWithinMs: 0, afterSend: false },
    providers: [{ ...provider, missing: [] }, { ...broken, name: 'other', missing: [] }, broken],
    prices: { eye: { input: 1, output: 2 } },
    fallback: { default: ['other,v'] },
  }
  const attempt = createAttempt({ upstream: connections, estimator: createEstimator() })
  const failover = createSessionFailover({ config, env: {}, restart: 'ccr restart' })
  const session = { id: 'deadbeef', preference: 'fast', alias: 'ccr-deadbeef' }
  return createAskModel({
    targets: Promise.resolve(createTargets(config)),
    answer: (context, reservation) =>
      failover.answer(context, async function* (candidate) {
        await reservation?.reserve('eye', 1)
        yield* attempt(context, candidate)
      }),
    budgetGuard: guard && (() => guard),
    recorder: {
      config,
      session,
      prices: pricesOf(config),
      log,
      onRequest: (row) => rows.push(row),
      onRoute: () => {
        throw new Error('a lent request is no request of the client')
      },
    },
  })
}

async function failure(asked: Promise<unknown>): Promise<GatewayError> {
  return asked.then(
    () => expect.fail('it was answered'),
    (thrown: unknown) => {
      if (!(thrown instanceof GatewayError)) throw thrown
      return thrown
    },
  )
}

describe('a request to a lent model', () => {
  it.each(['chatUrl', 'messagesUrl'] as const)(
    'is answered whole, and recorded as its own (%s)',
    async (url) => {
      upstream.script(answer([{ text: 'a cat' }], { usage: { input: 10, output: 5 } }))
      const log = { ...silent, info: vi.fn() }
      const { content, stopReason, usage } = await lender(log, upstream[url])(LENT, borrower())
      expect(content).toEqual([{ type: 'text', text: 'a cat' }])
      expect(stopReason).toBe('end_turn')
      expect(usage).toMatchObject({ input_tokens: 10, output_tokens: 5 })
      expect(rows).toMatchObject([
        {
          session: 'deadbeef',
          preference: 'fast',
          conversation: 'conversation-1',
          class: 'lend',
          route: 'lend: vision',
          provider: 'eye',
          model: 'v',
          input: 10,
          output: 5,
          cost: (10 + 2 * 5) / 1e6,
          outcome: 'ok',
          attempts: 1,
        },
      ])
      expect(log.info).toHaveBeenCalledWith(
        expect.objectContaining({ target: 'eye,v', route: 'lend: vision' }),
        'request',
      )
      const [seen] = upstream.requests
      expect(seen?.headers['x-ccr-via']).toBe('deadbeef')
    },
  )

  it('belongs to the conversation that the metadata name', async () => {
    upstream.script(text('x'))
    const metadata = { user_id: JSON.stringify({ session_id: 'from-metadata' }) }
    const request = { model: 'm', messages: [], metadata }
    await lender()(LENT, borrower({ request, conversation: undefined }))
    expect(rows[0]?.conversation).toBe('from-metadata')
  })

  it('tries the next key of the provider, and no fallback of the config', async () => {
    upstream.script([http(401, { error: { message: 'wrong key' } }), text('seen')])
    await lender()(LENT, borrower())
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer k1',
      'Bearer k2',
    ])
    upstream.script(http(500, { error: { message: 'down' } }))
    expect((await failure(lender()(LENT, borrower()))).message).toContain('down')
    expect(upstream.requests).toHaveLength(3)
    expect(rows.at(-1)).toMatchObject({ outcome: 'error', status: 500, provider: 'eye' })
  })

  it('that takes too long is given up, closed and recorded as an error', async () => {
    upstream.script(never())
    const limits = { ...LENT.limits, ms: 1_000 }
    const error = await failure(lender()({ ...LENT, limits }, borrower()))
    expect(error.kind).toBe('timeout_error')
    expect(error.message).toContain('eye,v did not answer within 1 s')
    expect(rows).toMatchObject([{ outcome: 'error', error: 'timeout_error' }])
    expect(await (await upstream.request(0)).ended).toBe('client-left')
  })

  it('ends with the client’s own', async () => {
    upstream.script(never())
    const client = new AbortController()
    const asked = failure(lender()(LENT, borrower({ signal: client.signal })))
    const seen = await upstream.request(0)
    client.abort()
    await asked
    expect(await seen.ended).toBe('client-left')
    expect(rows).toMatchObject([{ outcome: 'aborted' }])
  })

  it('is not made for a client that is gone', async () => {
    await failure(lender()(LENT, borrower({ signal: AbortSignal.abort() })))
    expect(upstream.requests).toEqual([])
  })

  it('whose answer is too long is given up', async () => {
    upstream.script(text('x'.repeat(20_000)))
    const error = await failure(lender()(LENT, borrower()))
    expect(error.message).toContain('eye,v sent a longer answer than was asked for')
    expect(rows).toMatchObject([{ outcome: 'error' }])
  })

  it('to a provider whose key is not set fails and is not recorded', async () => {
    const model = { provider: 'broken', model: 'v' }
    const error = await failure(lender()({ ...LENT, model }, borrower()))
    expect(error.message).toContain('GONE')
    expect(rows).toEqual([])
  })

  it('needs the budgets’ leave, and settles what was set aside', async () => {
    const settle = vi.fn()
    const refused = new GatewayError('billing_error', 'used up', { origin: 'gateway' })
    const reserve = vi.fn<BudgetGuard['reserve']>(() => Promise.resolve({ settle }))
    const guard = { reserve } as unknown as BudgetGuard
    upstream.script(text('x'))
    await lender(silent, upstream.chatUrl, guard)(LENT, borrower())
    expect(settle).toHaveBeenCalledWith(expect.objectContaining({ class: 'lend' }))
    reserve.mockRejectedValue(refused)
    const error = await failure(lender(silent, upstream.chatUrl, guard)(LENT, borrower()))
    expect(error.kind).toBe('billing_error')
    expect(upstream.requests).toHaveLength(1)
  })
})
