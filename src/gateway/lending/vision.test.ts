/** Describing images, with a lender that the test plays. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { withResolvers } from '../../../test/support/upstream.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { type Logger, silent } from '../../lib/log.ts'
import { GatewayError } from '../../messages/error.ts'
import type { MessagesRequest } from '../../messages/request.ts'
import { createTargets } from '../targets/targets.ts'
import { createDescriptions } from './descriptions.ts'
import type { AskModel, LentAnswer } from './lent-request.ts'
import { createVision, type DescribableRequest, type Vision } from './vision.ts'

const LENDER = { provider: 'eye', model: 'v' }

let time: number
let ask: ReturnType<typeof vi.fn<AskModel>>
let warn: ReturnType<typeof vi.fn<Logger['warn']>>
beforeEach(() => {
  time = 0
  ask = vi.fn<AskModel>()
  warn = vi.fn<Logger['warn']>()
})

function vision(descriptions = createDescriptions()): Vision {
  const config = { ...emptyConfig(), lend: { vision: 'eye,v' } }
  return createVision({
    config,
    session: { preference: 'text,m' },
    routerOf: () => Promise.resolve(undefined),
    ask,
    targets: Promise.resolve(createTargets(config)),
    refusals: { of: () => [] },
    descriptions,
    log: { ...silent, warn },
    now: () => time,
  })
}

const answered = (text: string): LentAnswer => ({
  content: [{ type: 'text', text }],
  stopReason: 'end_turn',
  usage: undefined,
  dropped: [],
})

function showing(data: readonly string[], more: Partial<DescribableRequest> = {}) {
  const content = data.map((one) => ({
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data: one },
  }))
  const request: MessagesRequest = { model: 'm', messages: [{ role: 'user', content }] }
  const size = { bytes: 100, images: data.length }
  const signal = new AbortController().signal
  return { request, size, conversation: 'c', via: 'deadbeef', signal, ...more }
}

const error = new GatewayError('api_error', 'down')

describe('descriptions', () => {
  it('are asked for once by requests at the same time, and last where the first of them is given up', async () => {
    const answer = withResolvers<LentAnswer>()
    ask.mockReturnValue(answer.promise)
    const seeing = vision()
    const client = new AbortController()
    const first = seeing.describe(showing(['a'], { signal: client.signal }), LENDER)
    const second = seeing.describe(showing(['a', 'a']), LENDER)
    client.abort()
    await expect(first).rejects.toThrow()
    answer.resolve(answered('A'))
    const { request, size, dropped } = await second
    expect(request.messages[0]?.content).toEqual(
      Array(2).fill({ type: 'text', text: '[Image described by eye,v: A]' }),
    )
    expect(size).toEqual({ bytes: 100 + 2 * '[Image described by eye,v: A]'.length, images: 0 })
    expect(dropped).toEqual(['image (described by eye,v)'])
    expect(ask).toHaveBeenCalledTimes(1)
    expect(ask.mock.calls[0]?.[1].signal.aborted).toBe(false)
  })

  it('outlive the gateway', async () => {
    const kept = createDescriptions()
    ask.mockResolvedValue(answered('A'))
    await vision(kept).describe(showing(['a']), LENDER)
    await vision(kept).describe(showing(['a']), LENDER)
    expect(ask).toHaveBeenCalledTimes(1)
  })

  it('are tried again after a pause', async () => {
    const seeing = vision()
    ask.mockRejectedValue(error)
    const shown = showing(['a', 'b', 'c', 'd', 'e', 'f'])
    expect((await seeing.describe(shown, LENDER)).request).toBe(shown.request)
    // Those that were under way; the others did not even begin.
    expect(ask).toHaveBeenCalledTimes(4)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(String(warn.mock.calls[0]?.[1])).toContain('eye,v could not describe images (down)')
    time = 59_999
    await seeing.describe(shown, LENDER)
    expect(ask).toHaveBeenCalledTimes(4)
    time = 60_000
    ask.mockResolvedValue(answered('A'))
    expect((await seeing.describe(shown, LENDER)).size.images).toBe(0)
  })

  it('that fail because the client is gone are no failure', async () => {
    const seeing = vision()
    ask.mockImplementation(
      (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error))),
    )
    const client = new AbortController()
    const given = seeing.describe(showing(['a'], { signal: client.signal }), LENDER)
    client.abort()
    await expect(given).rejects.toThrow()
    ask.mockResolvedValue(answered('A'))
    expect((await seeing.describe(showing(['a']), LENDER)).size.images).toBe(0)
    expect(warn).not.toHaveBeenCalled()
  })

  it('refused by a budget are no failure of the lender: the next request tries again', async () => {
    const seeing = vision()
    const refusal = new GatewayError('billing_error', 'used up', { origin: 'gateway' })
    ask.mockRejectedValue(refusal)
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    await seeing.describe(showing(many), LENDER)
    // Those that were under way: the budget has nothing for the others of this request either.
    expect(ask).toHaveBeenCalledTimes(4)
    expect(warn.mock.calls.map(([, text]) => text)).toEqual([
      'eye,v describes no images for now (used up); the request goes on without',
    ])
    ask.mockResolvedValue(answered('A'))
    expect((await seeing.describe(showing(many), LENDER)).size.images).toBe(0)
  })

  it('refused because running requests hold what is left of a budget are left out alone', async () => {
    const seeing = vision()
    const held = new GatewayError('rate_limit_error', 'held', {
      origin: 'gateway',
      retryAfter: '2',
    })
    ask.mockRejectedValueOnce(held).mockResolvedValue(answered('A'))
    expect(
      (await seeing.describe(showing(['a', 'b', 'c', 'd', 'e', 'f']), LENDER)).size.images,
    ).toBe(1)
    expect((await seeing.describe(showing(['a', 'b']), LENDER)).size.images).toBe(0)
  })

  it('refused by the provider for its own limits leave the lender alone for a while', async () => {
    const seeing = vision()
    ask.mockRejectedValue(new GatewayError('billing_error', 'no credit'))
    await seeing.describe(showing(['a']), LENDER)
    await seeing.describe(showing(['b']), LENDER)
    expect(ask).toHaveBeenCalledTimes(1)
  })

  it('are cut where they are very long', async () => {
    ask.mockResolvedValue(answered('x'.repeat(100_000)))
    const { size } = await vision().describe(showing(['a']), LENDER)
    expect(size.bytes).toBeLessThan(25_000)
  })

  it('are not begun two minutes after the first ones; the next request goes on', async () => {
    const seeing = vision()
    const shown = showing(['a', 'b', 'c', 'd', 'e'])
    ask.mockImplementation(() => {
      time += 40_000
      return Promise.resolve(answered('A'))
    })
    expect((await seeing.describe(shown, LENDER)).size.images).toBe(1)
    expect((await seeing.describe(shown, LENDER)).size.images).toBe(0)
    expect(ask).toHaveBeenCalledTimes(5)
  })

  it('of older images come where the newest ones are refused', async () => {
    const seeing = vision()
    const data = Array.from({ length: 25 }, (_, n) => `n${String(n)}`)
    ask.mockImplementation(({ body }) => {
      const isOld = /"n[0-4]"/.test(JSON.stringify(body.messages))
      if (isOld) return Promise.resolve(answered('A'))
      return Promise.reject(new GatewayError('invalid_request_error', 'bad image'))
    })
    expect((await seeing.describe(showing(data), LENDER)).size.images).toBe(25)
    expect((await seeing.describe(showing(data), LENDER)).size.images).toBe(20)
    expect(ask).toHaveBeenCalledTimes(25)
  })
})
