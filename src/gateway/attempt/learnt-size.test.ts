/** From which answers the size of later requests is learnt: estimates choose routes. */
import { expect, it } from 'vitest'
import type { ModelConfig } from '../../config/config.ts'
import { emptyConfig } from '../../config/defaults.ts'
import { parseRequest } from '../../messages/request.ts'
import type { Upstream } from '../../upstream/send.ts'
import type { RequestContext } from '../request-context.ts'
import { createTargets } from '../targets/targets.ts'
import { RequestMetrics } from '../telemetry/request-metrics.ts'
import { ANY_TARGET, createEstimator, sizeOf } from '../tokens/estimator.ts'
import { createAttempt } from './attempt.ts'

const WORDS = 'word '.repeat(8_000)
const user = (content: unknown) => ({ role: 'user', content })
const TOOL = { name: 't', description: WORDS, input_schema: { type: 'object' } }

const MESSAGE = {
  type: 'message',
  content: [{ type: 'text', text: 'Hi.' }],
  stop_reason: 'end_turn',
}
const CHOICE = { index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }

/** The estimate for 40,000 bytes to any target, once a model has answered a request. */
async function estimateAfter(
  url: string,
  fields: object,
  {
    counted,
    details = { abilities: {} },
  }: { readonly counted: number; readonly details?: ModelConfig },
): Promise<number> {
  const config = {
    ...emptyConfig(),
    providers: [
      { name: 'p', url, apiKey: 'k', models: ['m'], missing: [], modelDetails: { m: details } },
    ],
  }
  const body = JSON.stringify({ model: 'x', max_tokens: 9, messages: [user(WORDS)], ...fields })
  const answer = url.endsWith('/messages')
    ? { ...MESSAGE, usage: { input_tokens: counted, output_tokens: 1 } }
    : { choices: [CHOICE], usage: { prompt_tokens: counted, completion_tokens: 1 } }
  const upstream: Upstream = {
    send: () =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: (async function* () {
          yield await Promise.resolve(Buffer.from(JSON.stringify(answer)))
        })(),
        release: () => undefined,
      }),
    close: () => Promise.resolve(),
  }
  const estimator = createEstimator()
  const request = parseRequest(body)
  const [candidate] = createTargets(config).of([{ provider: 'p', model: 'm' }])
  const context = {
    request,
    bytes: Buffer.from(body),
    client: { headers: {}, query: '' },
    metrics: new RequestMetrics('default'),
    size: sizeOf(request, body.length),
    signal: new AbortController().signal,
    via: '',
  } as unknown as RequestContext
  const chunks: unknown[] = []
  const attempt = createAttempt({ upstream, estimator })
  for await (const chunk of attempt(context, candidate)) chunks.push(chunk)
  expect(chunks).toHaveLength(1)
  return estimator.estimate(ANY_TARGET, { bytes: 40_000, images: 0 })
}

const ANTHROPIC = 'https://api.anthropic.com/v1/messages'
const CHAT = 'https://chat.example/v1/chat/completions'

it.each([ANTHROPIC, CHAT])('what a provider counted is learnt (%s)', async (url) => {
  expect(await estimateAfter(url, {}, { counted: 20_000 })).toBeGreaterThan(19_900)
})

it('nothing is learnt from a message thread, whose earlier messages were counted too', async () => {
  const thread = { type: 'continue', previous_message_id: 'msg_1' }
  expect(await estimateAfter(ANTHROPIC, { thread }, { counted: 20_000 })).toBe(10_000)
})

it('nothing is learnt from a request whose tools were left out', async () => {
  const details = { abilities: { tools: false } }
  expect(await estimateAfter(CHAT, { tools: [TOOL] }, { counted: 10_000, details })).toBe(10_000)
})
